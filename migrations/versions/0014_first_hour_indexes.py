"""Indexes by which first hours are looked up, in warehouses whose hourly tables are older.

dbt gives them to a table that it makes; one that exists keeps the indexes that it was made with.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

# (table, columns): as in the models' YAML
INDEXES = (
    ("unified_verified_deal_hourly", "provider, hour, client"),
    ("client_claims_hourly", "client, hour"),
)
_MADE = """
do $$ begin
    if to_regclass('filplus.{table}') is not null and not exists (
        select from pg_indexes
        where schemaname = 'filplus' and tablename = '{table}' and indexdef like '%({columns})'
    ) then
        create index {table}_first_hour on filplus.{table} ({columns});
    end if;
end $$
"""


def upgrade() -> None:
    for table, columns in INDEXES:
        op.execute(_MADE.format(table=table, columns=columns))


def downgrade() -> None:
    for table, _ in INDEXES:
        op.execute(f"drop index if exists filplus.{table}_first_hour")
