"""Tell hours that only gained deals from hours that lost or changed one."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("alter table ops.touched_hours add column removed_version bigint not null default 0")
    op.execute(
        "comment on column ops.touched_hours.removed_version is "
        "'The landing''s version when a deal of the hour was last changed or taken away; 0: never, "
        "deals were only added.'"
    )


def downgrade() -> None:
    op.execute("alter table ops.touched_hours drop column removed_version")
