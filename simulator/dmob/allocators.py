"""Allocators and the datacap they received: `verifier` and `verifier_allowance`.

Scope: which allocators exist, and their own grants; not here: their grants to clients
(``clients``), which are passed in as sums so that both agree.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from cdp_assets.units import FILECOIN_EPOCH_SECONDS, FILECOIN_GENESIS_UNIX_S, FILPLUS_START_HEIGHT
from simulator.dmob.addresses import (
    delegated_address,
    ethereum_address,
    message_cid,
    mixed_case,
    robust_address,
)
from simulator.dmob.calibration import PIB, TIB
from simulator.dmob.scale import DmobScale
from simulator.randomness import stream

AUTO_VERIFIER = "f0121877"  # gives 32 GiB to any client on request (compliance §1.1)
EXCLUDED_ALLOCATOR = "f01858410"  # one of those excluded from the datacap history (compliance §1.1)
EARLIER_HEIGHTS = 2 * 365 * 2_880  # grants of earlier editions are in the two years before START

Kind = Literal["auto", "root", "meta", "virtual"]


@dataclass(frozen=True)
class Allocator:
    """One row of `verifier` before its amounts are known.

    Attributes:
        number: From 1; also `verifier.id`.
        address_id: ``f0…``.
        kind: The automatic one, one of the root key holders, a metaallocator, or one below it.
        earlier: Whether it received datacap before the current edition.
        removed: Whether its allowance was taken back.
        dc_source: ``f080`` or the Ethereum address of its metaallocator, in lower case.
        address_eth: Its own Ethereum address, where it has one.
    """

    number: int
    address_id: str
    kind: Kind
    earlier: bool
    removed: bool
    dc_source: str
    address_eth: str | None

    @property
    def gives_now(self) -> bool:
        """Whether it may give datacap in the current edition."""
        return not self.removed and self.kind != "meta"


@dataclass
class Given:
    """Bytes that an allocator gave to clients, before and in the current edition."""

    earlier: int = 0
    current: int = 0


@dataclass(frozen=True)
class Grant:
    """One row of `verifier_allowance`; bytes may be negative (taken back) or zero."""

    allocator: Allocator
    height: int
    amount: int


def allocator_set(scale: DmobScale) -> list[Allocator]:
    """Draw the allocators of a database, ordered by number.

    [V] of 386: 5 metaallocators, 92 virtual ones, 168 removed, 135 of the current edition.
    """
    rng = stream("allocators", scale.seed, scale.allocators)
    metas = max(1, round(scale.allocators * 5 / 386))
    virtuals = max(1, round(scale.allocators * 92 / 386))
    sources = [ethereum_address(rng) for _ in range(metas)]
    result: list[Allocator] = []
    for number in range(1, scale.allocators + 1):
        kind: Kind = "root"
        if number == 1:
            kind = "auto"
        elif number > scale.allocators - metas:
            kind = "meta"
        elif number > scale.allocators - metas - virtuals:
            kind = "virtual"
        earlier = number <= 2 or (kind == "root" and rng.random() < 0.6)
        removed = number > 2 and kind == "root" and rng.random() < (0.7 if earlier else 0.1)
        eth = sources[scale.allocators - number] if kind == "meta" else ethereum_address(rng)
        result.append(
            Allocator(
                number=number,
                address_id={1: AUTO_VERIFIER, 2: EXCLUDED_ALLOCATOR}.get(
                    number, f"f0{500_000 + 13 * number}"
                ),
                kind=kind,
                earlier=earlier,
                removed=removed,
                dc_source=rng.choice(sources) if kind == "virtual" else "f080",
                address_eth=None if earlier else eth,
            )
        )
    return result


def insert_allocators(
    connection: psycopg.Connection[Any], scale: DmobScale, given: dict[str, Given]
) -> None:
    """Write `verifier` and `verifier_allowance`.

    Args:
        connection: Where the empty tables are.
        scale: Sizes and seed.
        given: What each allocator (address id) gave; it always received enough for that.
    """
    rng = stream("allocator grants", scale.seed)
    allocators = allocator_set(scale)
    grants: list[Grant] = []
    below: dict[str, int] = {}
    for allocator in sorted(allocators, key=lambda one: (one.kind == "meta", one.number)):
        if allocator.kind == "meta":
            own = _meta_grants(rng, scale, allocator, below.get(allocator.address_eth or "", 0))
        else:
            own = _own_grants(rng, scale, allocator, given.get(allocator.address_id, Given()))
            received = sum(grant.amount for grant in own)
            below[allocator.dc_source] = below.get(allocator.dc_source, 0) + received
        grants.extend(own)
    _write_verifiers(connection, scale, allocators, grants, given)
    _write_allowances(connection, scale, grants)


def _meta_grants(
    rng: random.Random, scale: DmobScale, allocator: Allocator, below: int
) -> list[Grant]:
    height = rng.randint(FILPLUS_START_HEIGHT, scale.end_height - 1)
    return [Grant(allocator, height, max(50 * PIB, below * 13 // 10))]


def _own_grants(
    rng: random.Random, scale: DmobScale, allocator: Allocator, given: Given
) -> list[Grant]:
    """Return tranches that cover what was given, with some corrections, zeros and removals."""
    border, end = FILPLUS_START_HEIGHT, scale.end_height
    rows: list[Grant] = []
    if allocator.earlier:
        total = max(100 * TIB, given.earlier * rng.randint(110, 200) // 100)
        rows += _tranches(rng, allocator, total, border - EARLIER_HEIGHTS, border)
    if allocator.gives_now or given.current:
        total = max(5 * PIB, given.current * 12 // 10)
        rows += _tranches(rng, allocator, total, border, end)
    if allocator.removed:
        left = sum(row.amount for row in rows) - given.earlier - given.current
        height = rng.randint(border, end - 1) if rng.random() < 0.5 else border - 1
        if rows and left:
            rows.append(Grant(allocator, max([height, *(row.height for row in rows)]), -left))
    elif scale.dirt and rng.random() < 0.3:
        wrong = rng.randint(1, 64) * TIB
        height = max(row.height for row in rows)
        rows += [Grant(allocator, height, wrong), Grant(allocator, height, -wrong)]
    if scale.dirt and rng.random() < 0.08:
        rows.append(Grant(allocator, max((row.height for row in rows), default=border), 0))
    return rows


def _tranches(
    rng: random.Random, allocator: Allocator, total: int, low: int, high: int
) -> list[Grant]:
    count = rng.randint(1, 4)
    heights = sorted(rng.randint(low, high - 1) for _ in range(count))
    amounts = [total // count + (total % count if place == 0 else 0) for place in range(count)]
    return [
        Grant(allocator, height, amount) for height, amount in zip(heights, amounts, strict=True)
    ]


def _write_verifiers(
    connection: psycopg.Connection[Any],
    scale: DmobScale,
    allocators: list[Allocator],
    grants: list[Grant],
    given: dict[str, Given],
) -> None:
    rng = stream("verifier rows", scale.seed)
    received: dict[str, int] = {}
    first: dict[str, int] = {}
    for grant in grants:
        key = grant.allocator.address_id
        received[key] = received.get(key, 0) + grant.amount
        first[key] = min(first.get(key, grant.height), grant.height)
    statement = """copy public.verifier ("id", "addressId", "address", "initialAllowance",
        "allowance", "createdAtHeight", "auditTrail", "name", "createMessageTimestamp",
        "isMultisig", "removed", "orgName", "addressEth", "isVirtual", "isMetaAllocator",
        "dcSource") from stdin"""
    with connection.cursor().copy(statement) as copy:
        for allocator in allocators:
            key = allocator.address_id
            total = received.get(key, 0)
            used = given.get(key, Given())
            height = first.get(key, FILPLUS_START_HEIGHT)
            # [V] the sum differs for 29 of 386 in the source itself.
            off = scale.dirt and (allocator.number == 3 or rng.random() < 29 / 386)
            copy.write_row(
                (
                    allocator.number,
                    key,
                    delegated_address(allocator.address_eth)
                    if allocator.kind == "meta" and allocator.address_eth
                    else robust_address(rng, 1 + allocator.number % 2),
                    total + (TIB if off else 0),
                    max(0, total - used.earlier - used.current),
                    height,
                    "n/a" if rng.random() < 0.5 else f"https://issues.example/{allocator.number}",
                    _name(allocator),
                    unix_time(height),
                    allocator.number % 2 == 1,
                    allocator.removed,
                    f"Organisation {allocator.number}",
                    allocator.address_eth,
                    allocator.kind == "virtual",
                    allocator.kind == "meta",
                    allocator.dc_source,
                )
            )
    _restart_identity(connection, "verifier", len(allocators))


def _name(allocator: Allocator) -> str | None:
    """Return a name as the source has them: clean, padded, 'n/a' or null."""
    spelled = f"Allocator {allocator.number}"
    choices: tuple[str | None, ...] = (spelled, spelled, spelled, f" {spelled} ", "n/a", None)
    return choices[allocator.number % len(choices)]


def _write_allowances(
    connection: psycopg.Connection[Any], scale: DmobScale, grants: list[Grant]
) -> None:
    rng = stream("verifier allowance rows", scale.seed)
    ordered = sorted(grants, key=lambda row: (row.height, row.allocator.number, row.amount))
    statement = """copy public.verifier_allowance ("id", "addressId", "height", "allowance",
        "verifierId", "auditTrail", "msgCID", "createMessageTimestamp", "auditStatus",
        "isVirtual", "dcSource") from stdin"""
    with connection.cursor().copy(statement) as copy:
        for number, grant in enumerate(ordered, start=1):
            allocator = grant.allocator
            source = allocator.dc_source
            # [V] 54 of 187 rows spell the metaallocator's address with upper-case letters.
            if source != "f080" and scale.dirt and rng.random() < 54 / 187:
                source = mixed_case(source)
            copy.write_row(
                (
                    number,
                    allocator.address_id,
                    grant.height,
                    grant.amount,
                    allocator.number,
                    None,
                    message_cid(rng),
                    unix_time(grant.height),
                    rng.choice(("notAudited", "passed", "passedConditionally", None)),
                    allocator.kind == "virtual",
                    source,
                )
            )
    _restart_identity(connection, "verifier_allowance", len(ordered))


def unix_time(height: int) -> int:
    """Return the Unix seconds of a height."""
    return FILECOIN_GENESIS_UNIX_S + FILECOIN_EPOCH_SECONDS * height


def _restart_identity(connection: psycopg.Connection[Any], table: str, last: int) -> None:
    connection.execute(
        "select setval(pg_get_serial_sequence(%s, 'id'), %s)", (f"public.{table}", max(1, last))
    )
