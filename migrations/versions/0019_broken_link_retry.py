"""Blocks of IPNI chains that only fail are asked again sooner than those that are gone."""

from alembic import op

revision = "0019"
down_revision = "0018"

BROKEN = """
comment on table raw_ipni.broken_link is
    'One row per advertisement that its publisher {kinds}, or whose entries cannot be counted. Tried again {when}; it leaves the table once it succeeds.';
"""
ADVERTISEMENT = """
comment on table raw_ipni.advertisement is
    'One row per advertisement that the walk has read. entries_number null: its entries are not counted to the end yet; counted_* and next_block_cid say where the counting goes on, mark_cid finds a chain that loops. walked_for: {whose}.';
"""
FOUND = "provider of cid.contact whose chain it was found in"
KEPT = f"{FOUND}; when that one leaves the list, another one of the same chain"


def upgrade() -> None:
    op.execute(
        """
        alter table raw_ipni.broken_link add retry_at timestamptz;
        update raw_ipni.broken_link set retry_at = last_failed_at + interval '7 days';
        alter table raw_ipni.broken_link alter retry_at set not null;
        """
    )
    op.execute(BROKEN.format(kinds="no longer serves or cannot serve", when="at retry_at"))
    op.execute(ADVERTISEMENT.format(whose=KEPT))


def downgrade() -> None:
    op.execute("alter table raw_ipni.broken_link drop retry_at")
    op.execute(BROKEN.format(kinds="no longer serves", when="once a week"))
    op.execute(ADVERTISEMENT.format(whose=FOUND))
