"""The order of reports of one clock value, and all that a look-up tells of a place (§6.1)."""

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

_MEANINGS = {
    "ip": "Address that the place is of",
    "org": "Network that holds the address",
    "postal": "Postal code",
    "timezone": "Time zone",
}
_NULL = "ull: not told, or looked up before it was kept."
_PLACES = (
    "filplus.client_report_storage_provider_distribution_location",
    "filplus.allocator_report_storage_provider_distribution_location",
)


def upgrade() -> None:
    op.execute(ORDER)
    for column, meaning in _MEANINGS.items():
        op.execute(f"alter table filplus.provider_ip_info add column {column} text")
        op.execute(f"comment on column filplus.provider_ip_info.{column} is '{meaning}. N{_NULL}'")
        for table in _PLACES:
            op.execute(f"comment on column {table}.{column} is '{meaning}; n{_NULL}'")
    for table in _PLACES:
        op.execute(f"comment on column {table}.hostname is 'Host name; never filled, always null.'")


def downgrade() -> None:
    for column in _MEANINGS:
        op.execute(f"alter table filplus.provider_ip_info drop column {column} cascade")
    op.execute(OLD_ORDER)
