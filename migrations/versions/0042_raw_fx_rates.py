"""Responses of the source of prices, stored as received before they are read."""

from alembic import op

from migrations.grants import default_privilege, grant

revision = "0042"
down_revision = "0040"

RESPONSES = """
create table raw_fx_rates.responses (
    response_id bigint generated always as identity primary key,
    day date not null,
    request_fingerprint text not null,
    entities text[] not null,
    http_status integer not null,
    is_complete boolean not null,
    fetched_at timestamptz not null,
    response_hash text not null,
    body bytea,
    unique (day, request_fingerprint, response_hash)
)
"""


def upgrade() -> None:
    op.execute("create schema raw_fx_rates")
    grant("usage on schema raw_fx_rates", "cdp_writer")
    default_privilege("raw_fx_rates", "select, insert, update, delete on tables", "cdp_writer")
    default_privilege("raw_fx_rates", "usage on sequences", "cdp_writer")
    op.execute(RESPONSES)


def downgrade() -> None:
    op.execute("drop schema raw_fx_rates cascade")
