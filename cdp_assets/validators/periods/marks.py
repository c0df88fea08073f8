"""Marks: what makes periods stale without being a partition of theirs.

Agreements, overrides, client mappings and prices are in no partition of a chain. A change of them
gives the affected periods a new version under a key of its own in ``ops`` (``ChainKeys``:
``term_changes``, ``mapping_changes``, ``price_changes``), which a step names among its inputs, so
that exactly those periods are stale. Triggers set the marks of everything in ``governance``
(migration 38), for every writer. Scope: marks that runs set; not here: which periods are stale
(``period_plan``).
"""

from __future__ import annotations

import psycopg


def mark_periods(
    cursor: psycopg.Cursor,
    chain_id: str,
    key: str,
    start: int,
    end: int | None,
    run_id: str,
) -> None:
    """Mark the periods of a range, in the transaction of the change.

    Args:
        cursor: Of that transaction.
        chain_id: The chain.
        key: ``term_changes`` or ``price_changes`` of its ``ChainKeys``.
        start: Ordinal of the first period.
        end: Ordinal after the last period; null: open.
        run_id: Of the run that made the change.
    """
    cursor.execute(
        "select validators.mark_periods(%s, %s, %s, %s, %s)",
        [key.rsplit("/", 1)[1], chain_id, start, end, run_id],
    )
