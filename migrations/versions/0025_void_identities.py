"""A tombstone of an identity ends an earlier version: the check of before could not be false."""

from alembic import op

revision = "0025"
down_revision = "0024"

TABLE = "validators.canonical_validator_identities"
NAME = "canonical_validator_identities_is_void_check"


def upgrade() -> None:
    op.execute(f"alter table {TABLE} drop constraint {NAME}")
    op.execute(f"alter table {TABLE} add constraint {NAME} check (not is_void or version > 1)")


def downgrade() -> None:
    op.execute(f"alter table {TABLE} drop constraint {NAME}")
    op.execute(
        f"alter table {TABLE} add constraint {NAME} check (case when is_void then true else true end)"
    )
