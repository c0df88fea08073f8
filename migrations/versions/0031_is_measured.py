"""Whether the 0 of a week's retrievability was measured; weeks of before are due (code)."""

from alembic import op

revision = "0031"
down_revision = "0030"

TABLES = ("providers_weekly", "providers_weekly_acc", "allocators_weekly", "allocators_weekly_acc")


def upgrade() -> None:
    for table in TABLES:
        op.execute(
            f"alter table if exists filplus.{table} add column if not exists is_measured boolean"
        )
        op.execute(
            "update ops.asset_partition_status set code_version = 'before is_measured' "
            f"where asset_key = 'filplus/{table}'"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(
            f"alter table if exists filplus.{table} drop column if exists is_measured cascade"
        )
