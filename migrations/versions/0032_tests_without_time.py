"""A snapshot of a provider whose test has no time is stored without it; its ratios are left out.

A downgrade deletes such snapshots: the older release has no room for them.
"""

from alembic import op

revision = "0032"
down_revision = "0031"

TABLE = "filplus.storage_provider_url_finder_daily_snapshot"
FORGET = f"""
delete from filplus.storage_provider_url_finder_metric_value v
using {TABLE} s where s.id = v.snapshot_id and s.tested_at is null;
delete from {TABLE} where tested_at is null;
"""


def upgrade() -> None:
    op.execute(f"alter table {TABLE} alter column tested_at drop not null")


def downgrade() -> None:
    op.execute(FORGET)
    op.execute(f"alter table {TABLE} alter column tested_at set not null")
