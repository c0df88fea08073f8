"""Deals whose client or provider the source writes with f0 are read as that number.

Those landed before have no number and are in no table. Where there are such deals they leave the
landing; the next comparison of their block finds them missing, and lands and counts them.
"""

from alembic import op

revision = "0030"
down_revision = "0029"

FORGET = """
delete from raw_dmob.unified_verified_deal d
using ops.landing_blocks b
where b.asset_key = 'raw_dmob/unified_verified_deal' and b.unplaceable_count > 0
    and d.id >= b.block * 65536 and d.id < (b.block + 1) * 65536
    and (
        (d.client_id is null and d._unparsed ->> 'clientId' ~ '^f0[0-9]{1,18}$')
        or (d.provider_id is null and d._unparsed ->> 'providerId' ~ '^f0[0-9]{1,18}$')
    )
"""


def upgrade() -> None:
    op.execute(FORGET)


def downgrade() -> None:
    """Leave the rows: an older release reads their numbers as well."""
