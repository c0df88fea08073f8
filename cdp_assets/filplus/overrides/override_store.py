"""Overrides in ``governance``: added or withdrawn, never edited; which of them hold at an instant.

Scope: the statements over the two tables, with their audit rows; not here: what a value may be
(``override_values``), who may launch (``override_job``), or applying them (``apply_overrides``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.overrides.override_values import EntityKind, InputName, Value
from cdp_assets.governance.audit_log import AuditEntry, append

OVERRIDES_KEY = "governance/input_overrides"
_RESOURCE = "input_override"
# Where each kind of entity has the row that an override changes.
_KNOWN = {
    "allocator": ("filplus.allocator_registry", "allocator_id"),
    "client": ("filplus.allocator_client_bookkeeping", "client_id"),
    "provider": ("filplus.client_provider_distribution", "provider"),
}


class InputOverride(NamedTuple):
    """An override as reports need it. It holds in [added, ``expires_at``), UTC."""

    override_id: int
    kind: EntityKind
    entity: str
    name: InputName
    value: Value
    reason: str
    requested_by: str
    approver: str
    expires_at: datetime


@dataclass(frozen=True)
class Request:
    """User of a change, reason, approver, time and run.

    Attributes:
        requested_by: Who launched the change.
        approver: Who approved it; never the requester.
        reason: In words.
        at: The clock, UTC.
        run_id: Of the run.
        actor_id: Of the person who launched that run, in the audit log; null: the requester.
        identity_proof: How that person's identity was proven; null: unknown.
    """

    requested_by: str
    approver: str
    reason: str
    at: datetime
    run_id: str
    actor_id: str | None = None
    identity_proof: str | None = None


def overrides_in_force(connection: psycopg.Connection, at: datetime) -> list[InputOverride]:
    """Return the overrides that hold at an instant, one per input at most, ascending.

    Of several for an input the one that was added last holds. One that was withdrawn or expired
    does not hold, at ``expires_at`` itself included; then the one before it holds again, unless it
    was withdrawn or expired, too.
    """
    cursor = connection.execute(
        """
        select distinct on (o.entity_kind, o.entity_id, o.input_name) o.override_id,
            o.entity_kind, o.entity_id, o.input_name, o.value, o.reason, o.requested_by,
            o.approver, o.expires_at
        from governance.input_overrides o
        where o.added_at <= %(at)s and o.expires_at > %(at)s
            and not exists (
                select from governance.input_override_withdrawals w
                where w.override_id = o.override_id and w.withdrawn_at <= %(at)s
            )
        order by o.entity_kind, o.entity_id, o.input_name, o.override_id desc
        """,
        {"at": at},
    )
    return [InputOverride._make((*row[:8], row[8].astimezone(UTC))) for row in cursor]


def require_entity(cursor: psycopg.Cursor, kind: EntityKind, entity: str) -> None:
    """Refuse an entity that has no such input.

    Raises:
        BadConfiguration: No report reads an input of it.
    """
    table, column = _KNOWN[kind]
    found = cursor.execute(
        f"select exists (select from {table} where {column} = %s)", [entity]
    ).fetchone()
    if found != (True,):
        raise BadConfiguration(
            f"no report reads such an input: {table} has no row of this {kind}",
            key=entity,
            hint="give the id, f0 and a number, of an entity that has the input",
        )


def add_override(
    cursor: psycopg.Cursor,
    kind: EntityKind,
    entity: str,
    name: InputName,
    value: Value,
    expires_at: datetime,
    request: Request,
) -> int:
    """Write an override with its audit row and return its number.

    Raises:
        BadConfiguration: No report reads such an input of the entity.
    """
    require_entity(cursor, kind, entity)
    row = cursor.execute(
        """
        insert into governance.input_overrides (entity_kind, entity_id, input_name, value, reason,
            requested_by, approver, added_at, expires_at, run_id)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning override_id
        """,
        [
            kind,
            entity,
            name,
            Jsonb(value),
            request.reason,
            request.requested_by,
            request.approver,
            request.at,
            expires_at,
            request.run_id,
        ],
    ).fetchone()
    assert row is not None
    after = {
        "entity_kind": kind,
        "entity_id": entity,
        "input_name": name,
        "value": value,
        "requested_by": request.requested_by,
        "approver": request.approver,
        "expires_at": expires_at.astimezone(UTC).isoformat(),
    }
    _audit(cursor, request, "CREATE_INPUT_OVERRIDE", int(row[0]), None, after)
    return int(row[0])


def withdraw_override(cursor: psycopg.Cursor, override_id: int, request: Request) -> None:
    """Withdraw an override, with its audit row.

    Raises:
        BadConfiguration: There is no such override, or it does not hold any more.
    """
    before = require_in_force(cursor, override_id, request.at)
    cursor.execute(
        """
        insert into governance.input_override_withdrawals (override_id, reason, requested_by,
            approver, withdrawn_at, run_id)
        values (%s, %s, %s, %s, %s, %s)
        """,
        [
            override_id,
            request.reason,
            request.requested_by,
            request.approver,
            request.at,
            request.run_id,
        ],
    )
    after = {"requested_by": request.requested_by, "approver": request.approver, "withdrawn": True}
    _audit(cursor, request, "WITHDRAW_INPUT_OVERRIDE", override_id, before, after)


def require_in_force(cursor: psycopg.Cursor, override_id: int, at: datetime) -> dict[str, Any]:
    """Return an override that holds at an instant, as audit rows show it.

    Raises:
        BadConfiguration: There is no such override, or it does not hold any more.
    """
    row = cursor.execute(
        """
        select o.expires_at <= %(at)s, w.withdrawn_at is not null, o.entity_kind, o.entity_id,
            o.input_name, o.value
        from governance.input_overrides o
        left join governance.input_override_withdrawals w using (override_id)
        where o.override_id = %(id)s
        """,
        {"id": override_id, "at": at},
    ).fetchone()
    if row is None or row[0] or row[1]:
        why = "there is none" if row is None else "it expired" if row[0] else "it was withdrawn"
        raise BadConfiguration(
            f"the override cannot be withdrawn: {why}",
            key=str(override_id),
            hint="read its number in governance.input_overrides or in a report's input_overrides",
        )
    return dict(zip(("entity_kind", "entity_id", "input_name", "value"), row[2:], strict=True))


def _audit(
    cursor: psycopg.Cursor,
    request: Request,
    action: str,
    override_id: int,
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> None:
    append(
        cursor,
        AuditEntry(
            at=request.at,
            actor_id=request.actor_id or request.requested_by,
            action=action,
            resource_type=_RESOURCE,
            resource_id=str(override_id),
            before=before,
            after=after,
            reason=request.reason,
            correlation_id=request.run_id,
            identity_proof=request.identity_proof,
        ),
    )
