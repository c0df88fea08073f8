"""Later changes of the registers of a source database: grants, allocators, clients, claims.

Scope: rows of the six tables beside the deals that are added, changed and deleted; not here: deals
(``mutations``); the view of providers follows the deals when it is refreshed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from cdp_assets.units import FILPLUS_START_HEIGHT
from simulator.dmob.database import require_scale


@dataclass(frozen=True)
class _Register:
    """How rows of one table change; each expression is over a picked row ``r`` and its hash ``h``.

    Attributes:
        table: In schema ``public``.
        added: Columns of a row that is added beside a picked one, and their expressions.
        changed: Expressions by column; of each picked row one of them, by the hash, changes.
    """

    table: LiteralString
    added: dict[LiteralString, LiteralString]
    changed: dict[LiteralString, LiteralString]


# A grant of today or of the past: one in four from before the programme.
_HEIGHT: LiteralString = """case
    when h & 3 = 0 then %(programme)s - 1 - ((h >> 8) & 65535)
    else %(start)s + (h >> 8) %% (%(end)s - %(start)s) end"""
_SMALLER: LiteralString = 'trunc(r."allowance" / (2 + (h & 3)))'
_REGISTERS = (
    _Register(
        "verified_client_allowance",
        {
            "addressId": 'r."addressId"',
            "verifierAddressId": 'r."verifierAddressId"',
            "height": _HEIGHT,
            "allowance": _SMALLER,
        },
        {
            "allowance": _SMALLER,
            "height": _HEIGHT,
            "addressId": 'other."addressId"',
            "verifierAddressId": 'other."verifierAddressId"',
        },
    ),
    _Register(
        "verifier_allowance",
        {"addressId": 'r."addressId"', "height": _HEIGHT, "allowance": _SMALLER},
        {"allowance": _SMALLER, "height": _HEIGHT, "addressId": 'other."addressId"'},
    ),
    _Register(
        "verifier",
        {
            "addressId": "'f0' || 910000 + h %% 80000",
            "address": "'f2' || to_hex(h)",
            "name": "'Allocator ' || h %% 100",
            "allowance": "h %% 1000",
        },
        {
            "name": "case when h & 4 = 0 then ' Renamed ' else 'n/a' end",
            "isMetaAllocator": 'not r."isMetaAllocator"',
            "address": "'f2' || to_hex(h)",
        },
    ),
    _Register(
        "verified_client",
        {
            "addressId": 'r."addressId"',
            "verifierAddressId": "'f0' || 910000 + h %% 80000",
            "initialAllowance": "h %% 4096 + 0.5",
            "allowance": "h %% 512",
            "name": "'Client'",
        },
        {
            "allowance": _SMALLER,
            "initialAllowance": 'r."initialAllowance" + h %% 64',
            "name": "case when h & 4 = 0 then ' Renamed ' end",
            "auditTrail": "'n/a'",
        },
    ),
    _Register(
        "dc_allocation_claim",
        {
            "id": '(select max("id") from public.dc_allocation_claim) + place',
            "clientId": 'r."clientId"',
            "type": "'claim'",
            "createdAt": 'r."createdAt"',
            "updatedAt": 'r."updatedAt"',
        },
        {
            "type": 'case when r."type" = $$claim$$ then $$allocation$$ else $$claim$$ end',
            "clientId": 'other."clientId"',
        },
    ),
    _Register(
        "client_contract",
        {
            "addressId": "'f0' || 990000000 + h %% 9000000",
            "address": "'f4' || to_hex(h)",
            "addressEth": "'0x' || to_hex(h)",
        },
        {"addressId": "'f0' || 980000000 + h %% 9000000"},
    ),
)
REGISTERS = tuple(register.table for register in _REGISTERS)

# Rows by the order of their hashes; ``other`` is the one after.
_PICKED: LiteralString = """
    select *,
        coalesce(lead("id") over hashed, first_value("id") over hashed) as other_id,
        row_number() over hashed as place
    from (
        select "id", hashint8extended("id", %(seed)s::bigint) & 4611686018427387903 as h
        from public.{table}
    ) drawn
    window hashed as (order by h, "id")
    order by place
    limit %(wanted)s"""


def mutate_registers(connection: psycopg.Connection[Any], seed: int, *, rows: int = 2) -> None:
    """Add, change and delete rows of each register, in one transaction.

    A row added beside another has its client or allocator; where its key exists already it is not
    added. The same seed changes the same rows in the same way.

    Args:
        connection: Of a simulated database.
        seed: Of what is picked.
        rows: How many of each kind and table; the last row of a table is never deleted.

    Raises:
        ValueError: The database is not a simulated one.
    """
    scale = require_scale(connection)
    values = {
        "programme": FILPLUS_START_HEIGHT,
        "start": scale.start_height,
        "end": scale.end_height,
        "wanted": rows,
    }
    with connection.transaction():
        for register in _REGISTERS:
            for number, statement in enumerate(
                (_delete(register), _change(register), _add(register))
            ):
                connection.execute(statement, {**values, "seed": 3 * seed + number})


def _delete(register: _Register) -> LiteralString:
    picked = _PICKED.replace("{table}", register.table)
    return (
        f'delete from public.{register.table} where "id" in (select "id" from ({picked}) p '
        f'where "id" <> (select max("id") from public.{register.table}))'
    )


def _change(register: _Register) -> LiteralString:
    picked = _PICKED.replace("{table}", register.table)
    kinds = str(len(register.changed))
    sets = ", ".join(
        f'"{column}" = case when (h >> 4) %% {kinds} = {place} then {expression} '
        f'else r."{column}" end'
        for place, (column, expression) in enumerate(register.changed.items())
    )
    return (
        f"update public.{register.table} t set {sets} from ({picked}) p "
        f'join public.{register.table} r on r."id" = p."id" '
        f'join public.{register.table} other on other."id" = p.other_id '
        'where t."id" = p."id"'
    )


def _add(register: _Register) -> LiteralString:
    picked = _PICKED.replace("{table}", register.table)
    columns = ", ".join(f'"{column}"' for column in register.added)
    return (
        f"insert into public.{register.table} ({columns}) "
        f"select {', '.join(register.added.values())} from ({picked}) p "
        f'join public.{register.table} r on r."id" = p."id" on conflict do nothing'
    )
