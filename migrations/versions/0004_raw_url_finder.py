"""Landing of the URL finder: raw answers first, then one observation per provider and day."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
create table raw_url_finder.answers (
    answer_id bigint generated always as identity primary key,
    day date not null,
    request_fingerprint text not null,
    asked text[] not null,
    http_status integer not null,
    is_complete boolean not null,
    fetched_at timestamptz not null,
    response_hash text not null,
    body bytea not null,
    unique (day, request_fingerprint, response_hash)
);
comment on table raw_url_finder.answers is
    'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the providers of the request, in its order.';

create table raw_url_finder.provider_retrievability (
    day date not null,
    provider text not null,
    retrievability_percent numeric,
    answer_id bigint not null references raw_url_finder.answers,
    primary key (day, provider)
);
comment on table raw_url_finder.provider_retrievability is
    'One row per UTC day and provider that the URL finder knows. retrievability_percent 0 to 100; null: known, not measured.';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop table raw_url_finder.provider_retrievability, raw_url_finder.answers")
