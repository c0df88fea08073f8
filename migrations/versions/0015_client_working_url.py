"""Working addresses of clients' pieces at providers, as the URL finder tells them by day."""

from alembic import op

revision = "0015"
down_revision = "0014"

TABLE = """
create table raw_url_finder.client_working_url (
    day date not null,
    client text not null,
    provider text not null,
    working_url text,
    retrievability_percent numeric,
    answer_id bigint not null references raw_url_finder.answers,
    primary key (day, client, provider)
);
create index on raw_url_finder.client_working_url (client, provider, day desc);
comment on table raw_url_finder.client_working_url is
    'One row per UTC day, client and provider that the URL finder was asked for and answered. working_url null: it knows none, or not the pair. retrievability_percent 0 to 100; null: not measured.';
"""

ANSWERS = """
comment on table raw_url_finder.answers is
    'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: {asked}';
"""
PROVIDERS = "the providers of the request, in its order."


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(ANSWERS.format(asked=f"{PROVIDERS} Of a pair: the provider, then the client."))


def downgrade() -> None:
    op.execute("drop table raw_url_finder.client_working_url")
    op.execute(ANSWERS.format(asked=PROVIDERS))
