"""Root and proofs over the released statements of a chain and month, computed on demand (§9.3)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

from cdp_assets.validators.statements.documents.merkle_proof import Sibling, merkle_root, proof_of


@dataclass(frozen=True)
class MonthRoot:
    """The released statements of a chain and month.

    Attributes:
        content_hashes: By partner, in the order of their ids.
    """

    content_hashes: dict[UUID, str]

    @property
    def root(self) -> str | None:
        """Return the root, hexadecimal; null for a month without released statements."""
        leaves = list(self.content_hashes.values())
        return merkle_root(leaves) if leaves else None

    def proof_for(self, introducer_id: UUID) -> tuple[Sibling, ...] | None:
        """Return what leads from a partner's statement to the root; null: it is not released."""
        if introducer_id not in self.content_hashes:
            return None
        place = list(self.content_hashes).index(introducer_id)
        return proof_of(list(self.content_hashes.values()), place)


def read_month_root(cursor: psycopg.Cursor, chain_id: str, month: str) -> MonthRoot:
    """Return the leaves of a chain and month, ``YYYY-MM``: statements RELEASED or PAID."""
    rows = cursor.execute(
        "select introducer_id, content_hash from validators.partner_commission_statements "
        "where chain_id = %s and month = %s and status in ('RELEASED', 'PAID') "
        "order by introducer_id",
        [chain_id, month],
    ).fetchall()
    return MonthRoot(dict(rows))
