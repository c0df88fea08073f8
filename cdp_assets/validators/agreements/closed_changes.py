"""Changes that reach into closed periods: two people launch the same config (validator §7.1).

What was released is corrected by adjustments afterwards (§9.4). Scope: when a second person is
needed, and their approval; not here: the changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from cdp_assets.governance.approvals import DUAL, approve, void_approvals
from cdp_assets.governance.change_job import Change
from resources.codecs import exact_json


def apply_or_approve(
    change: Change,
    resource: tuple[str, str],
    firsts: Mapping[str, int],
    content: Mapping[str, Any],
    write: Callable[[], None],
) -> str:
    """Apply a change, or record one of the two approvals that a closed period needs.

    Approvals are used up by the change that they allow: the same change later needs new ones.

    Args:
        change: Launched by one of the people.
        resource: Kind and key of what is changed.
        firsts: Ordinal of the first period that changes, by chain.
        content: What people agree on; two launches of the same config have the same.
        write: Applies the change.

    Returns:
        What happened, for the person.
    """
    if not any(_reaches_closed_period(change, *one) for one in firsts.items()):
        write()
        return "applied"
    content_hash = hashlib.sha256(exact_json.canonical_text(dict(content)).encode()).hexdigest()
    if len(approve(change, *resource, content_hash)) < DUAL:
        return "approved by one person; another one launches the same config"
    write()
    void_approvals(change, *resource)
    return "applied"


def _reaches_closed_period(change: Change, chain_id: str, first: int) -> bool:
    row = change.cursor.execute(
        """
        select exists (
            select from validators.canonical_periods
            where chain_id = %s and period_ordinal >= %s and is_current and status = 'CLOSED'
        )
        """,
        [chain_id, first],
    ).fetchone()
    return row == (True,)
