"""Files of the archive (edition 5) say nothing about a data type, and who is in a population (§6.6)."""

from alembic import op

revision = "0024"
down_revision = "0023"

ARCHIVE = "filplus.allocator_registry_archive"
NONE = "Always null: files of edition 5 have no audit and no data type (compliance §1.4)."
BY_AUDIT = (
    "enterprise when an element of application.audit is one of the enterprise audits, else "
    "openData, also without any (compliance §1.4)."
)
POPULATION = (
    "all; providers also open_data; allocators also registered (not rejected in registry or "
    "archive), edition_5, edition_6, {more}"
)
COMMENT = "comment on column filplus.compliance_histogram_weekly.population is '{}'"
NOW = POPULATION.format(
    more="and open_data, which for allocators is open_data_edition_6. "
    "No population holds a metaallocator."
)
BEFORE = POPULATION.format(more="open_data, open_data_edition_6.")


def upgrade() -> None:
    op.execute(f"alter table {ARCHIVE} alter column data_type drop not null")
    op.execute(f"update {ARCHIVE} set data_type = null")
    op.execute(f"comment on column {ARCHIVE}.data_type is '{NONE}'")
    op.execute(COMMENT.format(NOW))


def downgrade() -> None:
    op.execute(f"update {ARCHIVE} set data_type = 'openData'")
    op.execute(f"alter table {ARCHIVE} alter column data_type set not null")
    op.execute(f"comment on column {ARCHIVE}.data_type is '{BY_AUDIT}'")
    op.execute(COMMENT.format(BEFORE))
