"""Clients and the datacap given to them: `verified_client`, its allowances, `client_contract`.

Scope: who gave what to whom and when, so that grants cover what the deals use; not here: deals
(``deals``), what allocators received (``allocators``).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import psycopg

from cdp_assets.units import FILPLUS_START_HEIGHT
from simulator.dmob.addresses import (
    delegated_address,
    ethereum_address,
    message_cid,
    robust_address,
)
from simulator.dmob.allocators import (
    EARLIER_HEIGHTS,
    Allocator,
    Given,
    allocator_set,
    unix_time,
)
from simulator.dmob.calibration import (
    GIB,
    GRANT_BYTES,
    GRANTS_PER_CLIENT,
    MEAN_PIECE_BYTES,
    PIB,
    quantile,
)
from simulator.dmob.pairs import Pair, client_id
from simulator.dmob.scale import DmobScale
from simulator.randomness import stream

_SEVERAL_ALLOCATORS = 152 / 2_052  # [K] clients with more than one allocator
_GRANT_UNIT = 32 * GIB
_MOST_REFILLS = 40
_SPARE = 512 * GIB  # the estimate of a client's use errs by a few pieces


@dataclass
class Holding:
    """What one client has from one allocator: one row of `verified_client`.

    Attributes:
        client: Client number, from 1; those past the clients with deals have grants only.
        allocator: The allocator.
        grants: (height, bytes), ascending by height.
        used: Bytes that deals took from it.
    """

    client: int
    allocator: Allocator
    grants: list[tuple[int, int]] = field(default_factory=list)
    used: int = 0

    @property
    def received(self) -> int:
        """Sum of the grants in bytes."""
        return sum(amount for _, amount in self.grants)


def insert_clients(
    connection: psycopg.Connection[Any], scale: DmobScale, pairs: list[Pair]
) -> dict[str, Given]:
    """Write the three client relations and return what each allocator gave, by address id."""
    holdings = build_holdings(scale, pairs)
    _write_clients(connection, scale, holdings)
    _write_allowances(connection, scale, holdings)
    _write_contracts(connection, scale)
    given: dict[str, Given] = {}
    for holding in holdings:
        total = given.setdefault(holding.allocator.address_id, Given())
        for height, amount in holding.grants:
            if height < FILPLUS_START_HEIGHT:
                total.earlier += amount
            else:
                total.current += amount
    return given


def build_holdings(scale: DmobScale, pairs: list[Pair]) -> list[Holding]:
    """Draw the holdings, ordered by (client, allocator drawn first)."""
    rng = stream("holdings", scale.seed)
    allocators = allocator_set(scale)
    givers = [one for one in allocators if one.gives_now]
    anyone = [one for one in allocators if one.kind != "meta" and (one.earlier or one.gives_now)]
    expected = _expected_use(scale, pairs)
    result: list[Holding] = []
    for client in range(1, scale.clients + max(1, scale.clients // 4) + 1):
        if client <= scale.clients:
            chosen = [givers[1 + int((len(givers) - 1) * rng.random() ** 2)]]
        else:
            chosen = [allocators[0] if rng.random() < 0.4 else rng.choice(anyone)]
        if client == 1 or rng.random() < _SEVERAL_ALLOCATORS:
            others = [one for one in anyone if one not in chosen]
            chosen += rng.sample(others, k=min(rng.choice((1, 1, 1, 2)), len(others)))
        holdings = [Holding(client, allocator) for allocator in chosen]
        for holding in holdings:
            holding.grants = _draw_grants(rng, scale, holding.allocator)
        use = expected.get(client, 0)
        if use:
            _cover(rng, scale, holdings[0], use)
        result.extend(holdings)
    return result


def _expected_use(scale: DmobScale, pairs: list[Pair]) -> dict[int, int]:
    """Return the bytes that the deals of each client use, from its share of the draw."""
    slots = sum(pair.slots for pair in pairs)
    use: dict[int, int] = {}
    for pair in pairs:
        use[pair.client] = use.get(pair.client, 0) + pair.slots
    return {
        client: share * scale.deals * MEAN_PIECE_BYTES // slots for client, share in use.items()
    }


def _draw_grants(
    rng: random.Random, scale: DmobScale, allocator: Allocator
) -> list[tuple[int, int]]:
    if allocator.kind == "auto":
        return [(_grant_height(rng, scale, allocator), _GRANT_UNIT)]
    count = round(quantile(GRANTS_PER_CLIENT, rng.random()))
    amounts = [int(quantile(GRANT_BYTES, rng.random())) for _ in range(count)]
    return sorted(
        (_grant_height(rng, scale, allocator), max(1, amount // _GRANT_UNIT) * _GRANT_UNIT)
        for amount in amounts
    )


def _grant_height(rng: random.Random, scale: DmobScale, allocator: Allocator) -> int:
    """Draw a height: earlier editions, the current one, or (half of these) the simulated period."""
    border, end = FILPLUS_START_HEIGHT, scale.end_height
    if allocator.earlier and (not allocator.gives_now or rng.random() < 0.6):
        return rng.randint(border - EARLIER_HEIGHTS, border - 1)
    low = border if rng.random() < 0.5 else max(border, scale.start_height)
    return rng.randint(low, end - 1)


def _cover(rng: random.Random, scale: DmobScale, holding: Holding, use: int) -> None:
    """Record the use; where the grants are too small, the newest is larger or refills follow."""
    missing = use * 6 // 5 + _SPARE - holding.received
    holding.used = use
    if missing <= 0:
        return
    height, amount = holding.grants[-1]
    if missing <= PIB and height >= FILPLUS_START_HEIGHT:
        holding.grants[-1] = (height, amount + _full_sectors(missing))
        return
    count = min(_MOST_REFILLS, missing // PIB + 1)
    low = max(FILPLUS_START_HEIGHT, scale.start_height)
    each = _full_sectors(missing // count + 1)
    refills = [(rng.randint(low, scale.end_height - 1), each) for _ in range(count)]
    holding.grants = sorted(holding.grants + refills)


def _full_sectors(amount: int) -> int:
    """Round up to whole sectors."""
    return -(-amount // _GRANT_UNIT) * _GRANT_UNIT


def _write_clients(
    connection: psycopg.Connection[Any], scale: DmobScale, holdings: list[Holding]
) -> None:
    rng = stream("client rows", scale.seed)
    statement = """copy public.verified_client ("id", "addressId", "address", "verifierAddressId",
        "initialAllowance", "allowance", "createdAtHeight", "auditTrail", "name",
        "createMessageTimestamp", "orgName", "region", "website", "industry", "isAccount",
        "dcSource") from stdin"""
    rows = 0
    address = {holding.client: robust_address(rng, 1) for holding in holdings}
    with connection.cursor().copy(statement) as copy:
        for rows, holding in enumerate(holdings, start=1):
            height = holding.grants[0][0]
            # [K] the sum differs for 5 of 2,270 rows in the source itself.
            off = scale.dirt and (rows == 1 or rng.random() < 5 / 2_270)
            copy.write_row(
                (
                    rows,
                    f"f0{client_id(holding.client)}",
                    address[holding.client],
                    holding.allocator.address_id,
                    holding.received + (_GRANT_UNIT if off else 0),
                    holding.received - holding.used,
                    height,
                    _application(holding),
                    _name(holding.client),
                    unix_time(height),
                    "n/a" if holding.client % 9 == 0 else f"Client organisation {holding.client}",
                    rng.choice(("Europe", "Asia minus GCR", "North America", None)),
                    None,
                    rng.choice(("Life Science", "Media", "Environment", None)),
                    holding.client % 2 == 0,
                    _source(holding),
                )
            )
        for missing_id in (None, "") if scale.dirt else ():
            rows += 1
            allocator = holdings[0].allocator.address_id
            copy.write_row(
                (rows, missing_id, None, allocator, 0, 0, FILPLUS_START_HEIGHT, "n/a") + (None,) * 8
            )
    connection.execute(
        "select setval(pg_get_serial_sequence('public.verified_client', 'id'), %s)", (rows,)
    )


def _application(holding: Holding) -> str:
    if holding.allocator.kind == "auto" or holding.client % 11 == 0:
        return "n/a"
    return f"https://applications.example/{holding.allocator.number}/issues/{holding.client}"


def _name(client: int) -> str | None:
    spelled = f"Client {client}"
    choices: tuple[str | None, ...] = (spelled, spelled, f"{spelled} ", spelled, "n/a", None, "")
    return choices[client % len(choices)]


def _source(holding: Holding) -> str | None:
    return None if holding.allocator.dc_source == "f080" else holding.allocator.dc_source


def _write_allowances(
    connection: psycopg.Connection[Any], scale: DmobScale, holdings: list[Holding]
) -> None:
    """Write the grants, ids ascending with height; the oldest grant of a holding is used first."""
    rng = stream("client allowance rows", scale.seed)
    rows: list[tuple[int, int, int, Holding, int, int]] = []
    for place, holding in enumerate(holdings):
        left = holding.used
        for number, (height, amount) in enumerate(holding.grants):
            used = min(left, amount)
            left -= used
            rows.append((height, place, number, holding, amount, used))
    rows.sort(key=lambda row: row[:3])
    statement = """copy public.verified_client_allowance ("id", "addressId", "verifierAddressId",
        "height", "allowance", "auditTrail", "msgCID", "issueCreateTimestamp",
        "createMessageTimestamp", "usedAllowance", "hasRemainingAllowance", "allowanceTTD",
        "isFromAutoverifier", "dcSource") from stdin"""
    with connection.cursor().copy(statement) as copy:
        for row_number, (height, _, _, holding, amount, used) in enumerate(rows, start=1):
            waited_seconds = rng.randint(0, 30 * 86_400)
            automatic = holding.allocator.kind == "auto"
            copy.write_row(
                (
                    row_number,
                    f"f0{client_id(holding.client)}",
                    holding.allocator.address_id,
                    height,
                    amount,
                    _application(holding),
                    message_cid(rng),
                    None if automatic else unix_time(height) - waited_seconds,
                    unix_time(height),
                    used,
                    used < amount,
                    None if automatic else waited_seconds,
                    automatic,
                    _source(holding),
                )
            )
    connection.execute(
        "select setval(pg_get_serial_sequence('public.verified_client_allowance', 'id'), %s)",
        (max(1, len(rows)),),
    )


def _write_contracts(connection: psycopg.Connection[Any], scale: DmobScale) -> None:
    """Make one client in a hundred a smart contract."""
    rng = stream("client contracts", scale.seed)
    statement = 'insert into public.client_contract ("addressId", "address", "addressEth") '
    for client in range(scale.clients, 0, -100):
        ethereum = ethereum_address(rng)
        connection.execute(
            statement + "values (%s, %s, %s)",
            (f"f0{client_id(client)}", delegated_address(ethereum), ethereum),
        )
