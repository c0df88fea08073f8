"""Requests to override an input of reports: they wait until another person approves them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change
from resources.codecs import exact_json


class PendingRequest(NamedTuple):
    """A request that nobody approved yet; ``email`` is the requester's."""

    action: str
    content: dict[str, Any]
    content_hash: str
    reason: str
    user_id: UUID
    email: str


def request_change(change: Change, action: str, content: Mapping[str, Any]) -> int:
    """Write a request with its audit row; return its number."""
    content_hash = hashlib.sha256(exact_json.canonical_text(dict(content)).encode()).hexdigest()
    row = change.cursor.execute(
        """
        insert into governance.input_override_requests (action, content, content_hash, reason,
            requested_by, requested_at, run_id)
        values (%s, %s, %s, %s, %s, %s, %s) returning request_id
        """,
        [
            action,
            Jsonb(dict(content)),
            content_hash,
            change.reason,
            change.actor.user_id,
            change.now,
            change.run_id,
        ],
    ).fetchone()
    assert row is not None
    change.audit(
        "REQUEST_INPUT_OVERRIDE",
        "input_override_request",
        row[0],
        None,
        {"action": action, **content},
    )
    return int(row[0])


def pending_request(cursor: psycopg.Cursor, number: int) -> PendingRequest:
    """Return a request, locked until the transaction ends.

    Raises:
        PermanentFailure: There is none, or it was approved already.
    """
    row = cursor.execute(
        """
        select r.action, r.content, r.content_hash, r.reason, r.requested_by, u.email,
            r.approved_at is not null
        from governance.input_override_requests r
        join governance.users u on u.user_id = r.requested_by
        where r.request_id = %s
        for update of r
        """,
        [number],
    ).fetchone()
    if row is None or row[6]:
        raise PermanentFailure(
            f"request {number} {'is approved already' if row else 'does not exist'}",
            key="request_id",
            hint="look pending ones up in governance.input_override_requests",
        )
    return PendingRequest(*row[:6])


def mark_approved(change: Change, number: int, override_id: int) -> None:
    """Record who approved a request, and the override that it became or ended."""
    change.cursor.execute(
        """
        update governance.input_override_requests
        set approved_by = %s, approved_at = %s, override_id = %s where request_id = %s
        """,
        [change.actor.user_id, change.now, override_id, number],
    )
