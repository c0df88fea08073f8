"""Approvals: people who agreed to a content, each by a launch of their own.

An approval holds for one content, known by its hash. When the content changes, the approvals of the
earlier one are void. Scope: recording, counting and voiding; not here: how many are needed and who
is excluded (the jobs that need approvals), rights (``people``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import psycopg

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.people import require_proof

DUAL: Final = 2  # different people that a dual approval needs


@dataclass(frozen=True)
class Approval:
    """One person's approval that holds.

    Attributes:
        user_id: Who approved.
        email: Their address.
        approved_at: When, UTC.
        identity_proof: How the identity was proven.
    """

    user_id: UUID
    email: str
    approved_at: datetime
    identity_proof: str


def approve(
    change: Change,
    resource_type: str,
    resource_id: str,
    content_hash: str,
    *,
    excluded: Collection[UUID] = (),
) -> list[Approval]:
    """Record that the change's user approves a content; return all approvals that hold for it.

    Approvals of another content of the same thing are voided.

    Args:
        change: Launched by the person who approves; the caller has checked the right.
        resource_type: Kind of thing, such as ``statement``.
        resource_id: Which one.
        content_hash: Of the content that is approved.
        excluded: Users who may not be one of those who approve it, such as its authors.

    Raises:
        PermanentFailure: The user approved it already, is excluded, or is unproven in production.
    """
    actor = change.actor
    require_proof(actor)
    _lock(change.cursor, resource_type, resource_id)
    if actor.user_id in excluded:
        raise PermanentFailure(
            f"may not approve {resource_type} {resource_id}, as its author",
            key=actor.email,
            hint="let another person approve it",
        )
    void_approvals(change, resource_type, resource_id, unless=content_hash)
    before = approvals_of(change.cursor, resource_type, resource_id, content_hash, excluded)
    if any(one.user_id == actor.user_id for one in before):
        raise PermanentFailure(
            f"has approved {resource_type} {resource_id} already",
            key=actor.email,
            hint="let another person approve it",
        )
    change.cursor.execute(
        """
        insert into governance.approvals (approval_id, resource_type, resource_id, content_hash,
            user_id, approved_at, identity_proof, run_id)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            _next_id(change.cursor, resource_type, resource_id),
            resource_type,
            resource_id,
            content_hash,
            actor.user_id,
            change.now,
            actor.identity_proof,
            change.run_id,
        ],
    )
    after = approvals_of(change.cursor, resource_type, resource_id, content_hash, excluded)
    change.audit(
        f"APPROVE_{resource_type.upper()}",
        resource_type,
        resource_id,
        {"approvals": len(before)},
        {"approvals": len(after), "content_hash": content_hash},
    )
    return after


def void_approvals(
    change: Change, resource_type: str, resource_id: str, *, unless: str | None = None
) -> int:
    """Void the approvals of a thing whose content changed; return how many there were.

    Args:
        change: That changed the content.
        resource_type: Kind of thing.
        resource_id: Which one.
        unless: Hash of the content that it has now, whose approvals stay; null: void all.
    """
    cursor = change.cursor.execute(
        """
        update governance.approvals set voided_at = %s
        where resource_type = %s and resource_id = %s and voided_at is null
            and content_hash is distinct from %s
        """,
        [change.now, resource_type, resource_id, unless],
    )
    voided = cursor.rowcount
    if voided:
        change.audit(
            f"VOID_{resource_type.upper()}_APPROVALS",
            resource_type,
            resource_id,
            {"approvals": voided},
            {"approvals": 0},
        )
    return voided


def approvals_of(
    cursor: psycopg.Cursor,
    resource_type: str,
    resource_id: str,
    content_hash: str,
    excluded: Collection[UUID] = (),
) -> list[Approval]:
    """Return the approvals that hold for a content, in the order in which they were given.

    An approval does not count where its user was closed since, or is excluded by now: who has
    approved a statement may have created an override in it afterwards.
    """
    rows = cursor.execute(
        """
        select a.user_id, u.email, a.approved_at, a.identity_proof
        from governance.approvals a join governance.users u using (user_id)
        where a.resource_type = %s and a.resource_id = %s and a.content_hash = %s
            and a.voided_at is null and u.is_active and u.disabled_at is null
            and a.user_id <> all(%s::uuid[])
        order by a.approved_at, a.approval_id
        """,
        [resource_type, resource_id, content_hash, list(excluded)],
    ).fetchall()
    return [Approval(*row) for row in rows]


def _lock(cursor: psycopg.Cursor, resource_type: str, resource_id: str) -> None:
    """Let two people who approve at the same moment count each other."""
    cursor.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [f"approval {resource_type} {resource_id}"],
    )


def _next_id(cursor: psycopg.Cursor, resource_type: str, resource_id: str) -> UUID:
    row = cursor.execute(
        "select count(*) from governance.approvals where resource_type = %s and resource_id = %s",
        [resource_type, resource_id],
    ).fetchone()
    assert row is not None
    return governance_id("approval", resource_type, resource_id, row[0])
