"""Alerts about windows that nobody makes by itself any more (``gap``); runs in progress by index."""

from alembic import op

revision = "0027"
down_revision = "0026"

_KINDS = """
alter table ops.alerts drop constraint alerts_kind_check;
alter table ops.alerts add constraint alerts_kind_check check (kind in ({kinds}));
comment on table ops.alerts is '{comment}';
"""


def upgrade() -> None:
    op.execute("create index runs_running on ops.runs (asset_key) where outcome = 'RUNNING'")
    op.execute(
        _KINDS.format(
            kinds="'check', 'run', 'gap'",
            comment="One row per failure of a check or run in a partition, from the first attempt "
            "that failed until one passes, and per stretch of windows that no run makes any more. "
            "Written by the sensors of failures and of unfinished windows.",
        )
    )


def downgrade() -> None:
    op.execute("drop index ops.runs_running")
    op.execute("delete from ops.alerts where kind = 'gap'")
    op.execute(
        _KINDS.format(
            kinds="'check', 'run'",
            comment="One row per failure of a check or run in a partition, from the first attempt "
            "that failed until one passes. Written by the sensor of failures.",
        )
    )
