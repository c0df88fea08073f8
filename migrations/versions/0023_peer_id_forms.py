"""A peer id is stored in one form: those stored in another are rewritten.

Advertisements of a provider whose peer id was stored in two forms count as those of one; the tables
that read them are due where anything was rewritten. A downgrade brings the older form not back.
"""

import base64

from alembic import op
from sqlalchemy import text

revision = "0023"
down_revision = "0022"

COLUMNS = (
    ("raw_ipni.publisher", "provider_id", "raw_ipni/publisher"),
    ("raw_ipni.publisher", "publisher_id", "raw_ipni/publisher"),
    ("raw_ipni.advertisement", "provider_id", "raw_ipni/advertisement"),
    ("raw_ipni.advertisement", "walked_for", "raw_ipni/advertisement"),
    ("raw_ipni.broken_link", "walked_for", "raw_ipni/broken_link"),
    ("raw_ipni.provider_reporting", "peer_id", "raw_ipni/provider_reporting"),
    ("raw_lotus.miner_info", "peer_id", "raw_lotus/miner_info"),
    ("raw_lotus.miner_info", "lotus_peer_id", "raw_lotus/miner_info"),
    ("raw_lotus.miner_info", "contract_peer_id", "raw_lotus/miner_info"),
    (
        "filplus.ipni_publisher_advertisement", "publisher_id",
        "filplus/ipni_publisher_advertisement",
    ),
)  # fmt: skip
# Of the forms that a CID of a key may have, base 32 is the one that is written.
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DROP_SECOND_FORM = """
delete from raw_ipni.publisher p
using unnest(cast(:old as text[]), cast(:new as text[])) as f (old, new)
where p.provider_id = f.old and exists (select from raw_ipni.publisher q where q.provider_id = f.new)
"""
MARK_DUE = """
update ops.asset_version set version = version + 1, materialized_at = clock_timestamp()
where asset_key = any(:changed)
"""


def in_base58(cid: str) -> str | None:
    """Return the multihash of a CID of a key in base 58; null for a text that is none."""
    try:
        data = base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))[2:]
    except ValueError:
        return None
    if len(data) < 3 or data[1] != len(data) - 2:
        return None
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        digits = BASE58[rest] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def upgrade() -> None:
    connection = op.get_bind()
    changed = set()
    for table, column, asset_key in COLUMNS:
        found = connection.execute(
            text(f"select distinct {column} from {table} where {column} like 'bafz%'")
        )
        forms = {cid: in_base58(cid) for (cid,) in found}
        old = [cid for cid in sorted(forms) if forms[cid] is not None]
        if not old:
            continue
        pairs = {"old": old, "new": [forms[cid] for cid in old]}
        if column == "provider_id" and table == "raw_ipni.publisher":
            connection.execute(text(DROP_SECOND_FORM), pairs)
        connection.execute(
            text(
                f"update {table} t set {column} = f.new "
                "from unnest(cast(:old as text[]), cast(:new as text[])) as f (old, new) "
                f"where t.{column} = f.old"
            ),
            pairs,
        )
        changed.add(asset_key)
    connection.execute(text(MARK_DUE), {"changed": sorted(changed)})


def downgrade() -> None:
    """Leave the form: an older release reads it as well."""
