"""The audit log: one row per change by a person, each hash covering the row before.

The form of an entry of version 1 is that of validator §12, "Audit". Version 2 hashes, besides, who
acted for whom and how the identity was proven (decision 0051).

Scope: the canonical text of an entry, its hash, appending and verifying; not here: permissions, or
the change itself, which is in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from resources.codecs import exact_json

FIRST_HASH = "0" * 64
VERSION = 2  # of new entries; entries of version 1 verify by their own form


@dataclass(frozen=True)
class AuditEntry:
    """One change.

    Attributes:
        at: Clock of the change, UTC.
        actor_id: Who did it.
        action: Verb and noun in capitals, such as ``CREATE_OVERRIDE``.
        resource_type: What was changed.
        resource_id: Which one.
        before: State before, JSON with amounts as text; null: there was none.
        after: State after; null: there is none.
        reason: Why; null: the action needs none.
        correlation_id: The run or request; null: neither.
        org_id: Organisation of the actor; null: none.
        entity_name: Name of what was changed, for people; null: none.
        api_key_id: Key that the request used; null: none.
        ip_address: Where the request came from; null: unknown.
        user_agent: Program that sent the request; null: unknown.
        identity_proof: How the identity of the actor was proven; null: the actor is no person.
        schema_version: Which fields the hash covers: 1 those before ``org_id``, 2 all.
    """

    at: datetime
    actor_id: str
    action: str
    resource_type: str
    resource_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None
    correlation_id: str | None
    org_id: UUID | None = None
    entity_name: str | None = None
    api_key_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    identity_proof: str | None = None
    schema_version: int = VERSION


class Head(NamedTuple):
    """The last entry of the chain at some time: its number and its hash."""

    seq: int
    change_hash: str


def canonical_text(entry: AuditEntry, seq: int) -> str:
    """Return the text that is hashed: sorted keys, no spaces, times UTC with six decimals."""
    content = {
        "action": entry.action,
        "actor_id": entry.actor_id,
        "after": entry.after,
        "before": entry.before,
        "correlation_id": entry.correlation_id,
        "reason": entry.reason,
        "resource_id": entry.resource_id,
        "resource_type": entry.resource_type,
        "seq": seq,
        "ts": entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    if entry.schema_version >= 2:
        content |= {
            "api_key_id": entry.api_key_id,
            "entity_name": entry.entity_name,
            "identity_proof": entry.identity_proof,
            "ip_address": entry.ip_address,
            "org_id": None if entry.org_id is None else str(entry.org_id),
            "schema_version": entry.schema_version,
            "user_agent": entry.user_agent,
        }
    return exact_json.canonical_text(content)


def change_hash(entry: AuditEntry, seq: int, prev_hash: str) -> str:
    """Return the hash of an entry after its predecessor, hexadecimal SHA-256."""
    return hashlib.sha256(f"{prev_hash}\n{canonical_text(entry, seq)}".encode()).hexdigest()


def append(cursor: psycopg.Cursor, entry: AuditEntry) -> int:
    """Write an entry in the caller's transaction and return its number; numbers have no gap."""
    # Until the transaction ends no other session takes the next number: a rollback leaves no gap.
    cursor.execute("select pg_advisory_xact_lock(hashtextextended('audit.log', 0))")
    last = cursor.execute(
        "select seq, change_hash from audit.log order by seq desc limit 1"
    ).fetchone()
    seq, prev_hash = (int(last[0]) + 1, str(last[1])) if last else (1, FIRST_HASH)
    cursor.execute(
        """
        insert into audit.log (seq, ts, actor_id, action, resource_type, resource_id, before,
            after, reason, correlation_id, org_id, entity_name, api_key_id, ip_address, user_agent,
            identity_proof, schema_version, prev_hash, change_hash)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            seq,
            entry.at,
            entry.actor_id,
            entry.action,
            entry.resource_type,
            entry.resource_id,
            _json(entry.before),
            _json(entry.after),
            entry.reason,
            entry.correlation_id,
            entry.org_id,
            entry.entity_name,
            entry.api_key_id,
            entry.ip_address,
            entry.user_agent,
            entry.identity_proof,
            entry.schema_version,
            prev_hash,
            change_hash(entry, seq, prev_hash),
        ],
    )
    return seq


def hold(connection: psycopg.Connection) -> None:
    """Lock the log for the session, before a transaction that reads one snapshot.

    Such a transaction does not see an entry that is committed after it began, and would reuse its
    number. Other sessions wait until this one ends.
    """
    connection.execute("select pg_advisory_lock(hashtextextended('audit.log', 0))")
    connection.commit()


def newest(connection: psycopg.Connection) -> Head | None:
    """Return the newest entry; null for an empty log."""
    row = connection.execute(
        "select seq, change_hash from audit.log order by seq desc limit 1"
    ).fetchone()
    return None if row is None else Head(int(row[0]), str(row[1]))


def hash_of(connection: psycopg.Connection, seq: int) -> str | None:
    """Return the hash that an entry has now; null: there is no such entry."""
    row = connection.execute("select change_hash from audit.log where seq = %s", [seq]).fetchone()
    return None if row is None else str(row[0])


def first_broken(connection: psycopg.Connection, known: Head | None = None) -> int | None:
    """Return the number of the first entry that was edited, or follows a removed one; null: none.

    Reads the full log in order.

    Args:
        connection: Of the warehouse.
        known: An entry that the log once had; without it, a log whose newest entries were removed,
            or that was hashed again, passes.
    """
    expected, prev_hash = 1, FIRST_HASH
    cursor = connection.execute(
        """
        select seq, prev_hash, change_hash, ts, actor_id, action, resource_type, resource_id,
            before, after, reason, correlation_id, org_id, entity_name, api_key_id, ip_address,
            user_agent, identity_proof, schema_version
        from audit.log order by seq
        """
    )
    for seq, stored_prev, stored_hash, *columns in cursor:
        if (
            seq != expected
            or stored_prev != prev_hash
            or stored_hash != change_hash(AuditEntry(*columns), seq, prev_hash)
            or (known is not None and seq == known.seq and stored_hash != known.change_hash)
        ):
            return int(seq)
        expected, prev_hash = seq + 1, stored_hash
    return expected if known is not None and expected <= known.seq else None


def _json(content: Mapping[str, Any] | None) -> Jsonb | None:
    return None if content is None else Jsonb(dict(content))
