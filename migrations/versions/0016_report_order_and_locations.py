"""The order of reports of one clock value."""

from alembic import op

revision = "0016"
down_revision = "0015"

# Existing rows are numbered as they lie, which in a table without updates is as they were written.
ORDER = """
alter table filplus.allocator_report
    add column report_number bigint generated always as identity unique;
comment on column filplus.allocator_report.report_number is
    'Number in the order of writing: the newest of an allocator is the last of its newest create_date.';
drop index filplus.allocator_report_allocator_create_date_id_idx;
create index on filplus.allocator_report (allocator, create_date desc, report_number desc);
"""
OLD_ORDER = """
alter table filplus.allocator_report drop column report_number cascade;
create index on filplus.allocator_report (allocator, create_date desc, id desc);
"""


def upgrade() -> None:
    op.execute(ORDER)


def downgrade() -> None:
    op.execute(OLD_ORDER)
