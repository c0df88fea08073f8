"""A warehouse in which every view of ``api_v1`` has rows, for tests over all routes.

The rows follow from the types of the columns: keys differ, sort columns have ties and nulls, ids
have their forms. What a table demands beyond its types is dropped from this copy: constraints,
triggers and foreign keys are the business of other tests.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from query_layer.registry import ASSETS
from tests.query_layer.warehouse import AS_OF, WEEK

ROWS = 7
ADMIN = uuid.UUID(int=0x5EED0000)
PARTNER = uuid.UUID(int=0x5EED0001)
INTRODUCER = uuid.UUID(int=0xA001)  # of the second and third row of each table
OTHER_INTRODUCER = uuid.UUID(int=0xA000)
CHAIN = "solana-mainnet"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"  # name of a client
_SCHEMAS = ("filplus", "validators", "governance", "audit", "ops", "raw_dmob")
_TABLES = """
select c.oid, c.oid::regclass::text
from pg_class c
where c.relnamespace::regnamespace::text = any(%s)
    and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname not in
        ('users', 'api_keys', 'plans', 'input_override_withdrawals', 'dc_allocation_claim')
    and (c.relnamespace::regnamespace::text <> 'ops' or c.relname in ('ingestion_runs', 'alerts'))
order by 2
"""
_COLUMNS = """
select a.attname, format_type(a.atttypid, null), a.attnotnull,
    exists (
        select from pg_index i
        where i.indrelid = a.attrelid and i.indisunique and a.attnum = any(i.indkey::int2[])
    )
from pg_attribute a
where a.attrelid = %s and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
order by a.attnum
"""
_LIFTED = """
select
    'alter table ' || conrelid::regclass || ' drop constraint ' || quote_ident(conname)
    || ' cascade'
from pg_constraint
where contype in ('c', 'f', 'x') and conislocal and conparentid = 0
    and connamespace::regnamespace::text = any(%s)
"""
# Columns whose values have a form or meaning that a view or a filter needs.
_FIXED: Mapping[str, Any] = {
    "chain_id": CHAIN,
    "is_current": True,
    "is_void": False,
    "superseded_at": None,
    "superseded_by": None,
    "is_metaallocator": False,
    "period_type": "EPOCH",
    "quote_ccy": "USD",
    "absent_since": None,
    "check_retrievability": True,
    "check_number_of_clients": True,
    "check_total_deal_size": True,
    "rejected": False,
    "week": WEEK,
    "report_day": WEEK,
    "effective_from_period": 0,
    "effective_to_period": None,
    "revoked_at": None,
    "added_at": AS_OF - timedelta(days=30),
    "rules": json.dumps([{"rule_id": "r", "method": "FIXED_SHARE", "validators": "all"}]),
    "expires_at": datetime(2100, 1, 1, tzinfo=UTC),
}
_AUDITS = [
    {"started": f"2026-0{month}-01T00:00:00Z", "ended": f"2026-0{month}-09T00:00:00Z"}
    | {"dc_allocated": None, "outcome": "passed", "datacap_amount_pib": 5}
    for month in (1, 3, 6)
]
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": ("FINAL", "CLOSED"),
    "average_of": ("all", "open_data", "open_data_edition_5", "open_data_edition_6"),
    "subject": ("allocators", "providers"),
    "measure": ("num_of_clients", "biggest_client_share", "retrievability"),
    "data_type": ("openData", "enterprise"),
}
_OF_ALL_CHAINS = ("chain_registry", "fx_rates", "partner_commission_statements")
_ACTORS = (
    "allocator",
    "allocator_id",
    "client",
    "client_id",
    "provider",
    "other_client",
    "first_client",
    "entity_id",
    "address_id",
    "verifier_address_id",
)


def fill(dsn: str) -> None:
    """Write rows into every table that a view reads, publish them and add a user who sees all."""
    with psycopg.connect(dsn) as connection:
        for (command,) in connection.execute(_LIFTED, [list(_SCHEMAS)]).fetchall():
            connection.execute(command)
        connection.execute("set session_replication_role = replica")
        for oid, table in connection.execute(_TABLES, [list(_SCHEMAS)]).fetchall():
            columns = connection.execute(_COLUMNS, [oid]).fetchall()
            connection.execute(f"delete from {table}".encode())
            for row in _rows(table, columns):
                _insert(connection, table, row)
        connection.execute("update filplus.client set name = %s where id = 'f01001'", [HOSTILE])
        connection.cursor().executemany(
            "insert into governance.users "
            "(user_id, email, role, introducer_id, is_active, created_at) "
            "values (%s, %s, %s, %s, true, %s)",
            [
                (ADMIN, "admin@example.org", "admin", None, AS_OF),
                (PARTNER, "partner@example.org", "partner", INTRODUCER, AS_OF),
            ],
        )
        connection.execute(
            "insert into ops.clock (as_of) values (%s) "
            "on conflict (is_only) do update set as_of = excluded.as_of",
            [AS_OF],
        )
        published = sorted({_published(key) for asset in ASSETS.values() for key in asset.reads})
        connection.cursor().executemany(
            "insert into ops.asset_version (asset_key, version, materialized_at) "
            "values (%s, 3, %s)",
            [(key, AS_OF) for key in published],
        )
        connection.cursor().executemany(
            "insert into ops.asset_catalog "
            "(asset_key, description, owner, asset_group, layer, cadence) "
            "values (%s, 'A table.', 'owner@example.org', 'group', 'mart', 'daily')",
            [(key,) for key in published],
        )


def _published(key: str) -> str:
    """Return the key under which one chain's part of a table is published."""
    schema, table = key.split("/")
    is_by_chain = schema == "validators" and table not in _OF_ALL_CHAINS
    return f"{schema}/solana_mainnet/{table}" if is_by_chain else key


def _rows(table: str, columns: list[tuple[str, str, bool, bool]]) -> Iterator[dict[str, Any]]:
    seen = set()
    keys = [name for name, _, _, is_key in columns if is_key]
    for number in range(ROWS):
        row = {
            name: _value(table, name, kind, number, required or is_key, keys)
            for name, kind, required, is_key in columns
        }
        identity = tuple(row[key] for key in keys)
        if keys and identity in seen:
            continue
        seen.add(identity)
        yield row


def _value(table: str, name: str, kind: str, number: int, required: bool, keys: list[str]) -> Any:
    if name in _FIXED and not (keys == [name] and number > 0):
        return _FIXED[name]
    if name == "week":
        return WEEK - timedelta(days=7 * number)
    if name in _CHOICES and kind == "text":
        choices = _CHOICES[name]
        return choices[number % len(choices)]
    if not required and number % 3 == 2 and name != "period_ordinal":
        return None
    if kind == "bigint" and name in ("client_id", "provider_id"):
        return 1000 + number
    if kind == "bigint" and name.endswith("_timestamp"):
        return 1_700_000_000 + number
    if name in _ACTORS or (
        table in ("filplus.allocator", "filplus.client", "filplus.provider") and name == "id"
    ):
        return f"f0{1000 + number}"
    position = number if name in keys else number // 2
    return _by_type(name, kind, position)


def _by_type(name: str, kind: str, number: int) -> Any:
    instant = AS_OF - timedelta(days=number)
    if kind == "text":
        return _text(name, number)
    if kind.endswith("[]"):
        return [1.5] if kind.startswith("double") else [f"item {number}"]
    if kind in ("json", "jsonb"):
        return json.dumps(_AUDITS if name == "audits" else {"n": number, "big": 2**60})
    values: dict[str, Any] = {
        "integer": number + 1,
        "bigint": 2**53 + number,
        "smallint": number + 1,
        "numeric": Decimal(10) ** 17 + number,
        "double precision": number / 8,
        "boolean": number % 2 == 0,
        "date": date(2026, 11, 2) - timedelta(days=number),
        "timestamp with time zone": instant,
        "timestamp without time zone": instant.replace(tzinfo=None, hour=0),
        "uuid": uuid.UUID(int=0xA000 + number),
        "bytea": b"x",
    }
    return values[kind]


def _text(name: str, number: int) -> str:
    if name in ("month", "statement_month"):
        return f"2026-{number + 1:02}"
    if name.endswith(("_hash", "hash")):
        return f"{number:064x}"
    if name == "action":
        return "CREATE_AGREEMENT" if number % 2 else "UPDATE_RULE"
    if name in ("check", "check_code", "metric"):
        return f"{name.upper()}_{number}"
    if name == "country":
        return "DE" if number % 2 else "FR"
    if name == "chain_id":
        return f"chain-{number}"
    return f"Name {number}, 50%_off" if name in ("name", "address") else f"{name}-{number}"


def _insert(connection: psycopg.Connection, table: str, row: Mapping[str, Any]) -> None:
    target = sql.SQL(table.replace('"', ""))  # names of our own schemas
    query = sql.SQL("insert into {} ({}) overriding system value values ({})").format(
        target,
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join([sql.Placeholder()] * len(row)),
    )
    connection.execute(query, list(row.values()))
