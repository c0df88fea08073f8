"""The smallest size of a piece in a week is null where no deal of it has one (decision 0036).

Where the landing has deals without a size, the weeks that counted them as 0 bytes are due.
"""

from alembic import op

revision = "0020"
down_revision = "0019"

PIECES = "intermediate.client_provider_piece_weekly"
NULLABLE = f"alter table if exists {PIECES} alter column unique_data_size drop not null"
DUE = """
delete from ops.asset_partition_status
where asset_key = 'intermediate/client_provider_piece_weekly' and exists (
    select from raw_dmob.unified_verified_deal
    where piece_size is null and started_at >= timestamp '2024-03-01 00:00:00'
)
"""
KNOWN = f"""
do $$ begin
    if to_regclass('{PIECES}') is not null then
        update {PIECES} set unique_data_size = 0 where unique_data_size is null;
        alter table {PIECES} alter column unique_data_size set not null;
    end if;
end $$
"""


def upgrade() -> None:
    op.execute(NULLABLE)
    op.execute(DUE)


def downgrade() -> None:
    op.execute(KNOWN)
