"""What reports read of allocators: the chain's rows, the registry, which clients belong to which.

One statement per input table, for all entities at once. Only this knows the names and columns of
these inputs. Ids are prefixed, times aware UTC. Scope: statements and typed rows; not here: any
rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import psycopg


class RegistryEntry(NamedTuple):
    """An allocator's file in the registry of the current edition."""

    allocator: str
    address: str
    data_type: str
    audit: tuple[str, ...]
    data_types: tuple[str, ...]
    required_copies: str | None
    required_sps: str | None
    tranche_schedule: str | None
    first_audit_ended: datetime | None

    @property
    def number_of_copies(self) -> int | None:
        """Return the required copies; null where the file has no plain number ("5+", "n/a")."""
        text = self.required_copies
        return int(text) if text is not None and text.isdecimal() else None


class Verifier(NamedTuple):
    """An allocator as the chain knows it. ``allocator`` is its id."""

    row_id: int
    allocator: str
    address: str | None
    name: str | None
    org_name: str | None
    is_multisig: bool
    is_meta: bool
    is_virtual: bool
    dc_source: str | None
    address_eth: str | None
    created_at_height: int | None


def registry(connection: psycopg.Connection) -> list[RegistryEntry]:
    """Return the registry of the current edition, ascending by allocator."""
    cursor = connection.execute(
        """
        select allocator_id, allocator_address, data_type, coalesce(audit, '{}'),
            coalesce(data_types, '{}'), required_replicas, required_sps, tranche_schedule,
            first_audit_ended_at at time zone 'UTC'
        from filplus.allocator_registry order by allocator_id
        """
    )
    return [
        RegistryEntry._make((*row[:3], tuple(row[3]), tuple(row[4]), *row[5:])) for row in cursor
    ]


def verifiers(connection: psycopg.Connection) -> list[Verifier]:
    """Return every allocator with an id, ascending by row id."""
    cursor = connection.execute(
        """
        select id, address_id, address, name, org_name, coalesce(is_multisig, false),
            coalesce(is_meta_allocator, false), coalesce(is_virtual, false), dc_source,
            address_eth, created_at_height
        from raw_dmob.verifier where address_id is not null order by id
        """
    )
    return [Verifier(*row) for row in cursor]


def clients_of(connection: psycopg.Connection, allocators: Iterable[str]) -> list[tuple[str, str]]:
    """Return (allocator, client) of the clients that are no contract, ascending by row id."""
    cursor = connection.execute(
        """
        select v.verifier_address_id, v.address_id
        from raw_dmob.verified_client v
        where v.verifier_address_id = any(%s) and v.address_id <> ''
            and not exists (
                select from raw_dmob.client_contract c where c.address_id = v.address_id
            )
        order by v.id
        """,
        [list(allocators)],
    )
    return [(row[0], row[1]) for row in cursor]
