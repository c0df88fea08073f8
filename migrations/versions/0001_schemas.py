"""Schemas of the warehouse and who may use them (spec README, "Roles" and "Names")."""

from alembic import op

from migrations.grants import default_privilege, grant

revision = "0001"
down_revision = None

SCHEMAS = (
    "raw_dmob",
    "raw_url_finder",
    "staging",
    "intermediate",
    "filplus",
    "validators",
    "governance",
    "audit",
    "api_v1",
)
WRITTEN_BY_RUNS = (*SCHEMAS, "ops")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"create schema {schema}")
    for schema in WRITTEN_BY_RUNS:
        grant(f"usage on schema {schema}", "cdp_writer")
        default_privilege(schema, "select, insert, update, delete on tables", "cdp_writer")
        default_privilege(schema, "usage on sequences", "cdp_writer")
    for schema in ("api_v1", "filplus", "validators", "ops"):
        grant(f"usage on schema {schema}", "api_ro", "analyst", "metrics")


def downgrade() -> None:
    for schema in reversed(SCHEMAS):
        op.execute(f"drop schema {schema}")
