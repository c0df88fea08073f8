"""What `cdp verify-integrity` verifies: completeness, versions, payloads, hashes (validator §14).

Everything is read in one snapshot and nothing is written. Chains of versions and orphans are one
statement per table; hashes are computed again from the stored values and bytes.

Scope: the tables of validators and their staging, statements and agreements; not here: rebuilding
rows from staging (``replay``), the audit log (``cdp verify-audit``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Json, set_json_loads

from cdp_assets.validators.agreements.agreement_integrity import (
    agreements_unlike_audit,
    versions_unlike_audit,
)
from cdp_assets.validators.canonical import canonical_tables
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.commissions import line_table
from cdp_assets.validators.pnl import pnl_tables
from cdp_assets.validators.statements.statement_integrity import (
    differences_from_audit,
    statements_unlike_items,
)
from cdp_assets.validators.storage.manifest_parts import manifest_parts
from cdp_assets.validators.storage.payload_store import FetchScope
from cdp_assets.validators.storage.version_checks import rows_without_payload
from cdp_assets.validators.storage.versioned_append import VOID, VersionedRow, VersionedTable
from cdp_assets.validators.verification.verified import Verified
from resources.codecs.exact_json import content_hash, parse_exact

_MODULES: tuple[ModuleType, ...] = (canonical_tables, pnl_tables, line_table)
_READ_ROWS = 500
_JSONB = psycopg.adapters.types["jsonb"].oid


def versioned_tables() -> list[VersionedTable]:
    """Return every table of versions, by name."""
    found = {
        value.name: value
        for module in _MODULES
        for value in vars(module).values()
        if isinstance(value, VersionedTable)
    }
    return [found[name] for name in sorted(found)]


def verify_integrity(
    connection: psycopg.Connection, registry: Registry, period_keys: Mapping[str, Sequence[str]]
) -> Iterator[Verified]:
    """Yield the result of each verification.

    Args:
        connection: Read only, in one snapshot.
        registry: Of chains.
        period_keys: Asset keys of each chain whose partitions are its periods, by chain id.
    """
    for chain in registry.chains:
        yield verify_completeness(connection, chain.chain_id, period_keys[chain.chain_id])
    for table in versioned_tables():
        yield verify_versions(connection, table)
        if "source_payload_id" in table.form.origin:
            yield verify_payload_ids(connection, table)
        yield verify_content(connection, table)
    yield verify_manifests(connection)
    yield verify_payloads(connection)
    yield from verify_statements(connection)
    yield from verify_agreements(connection)


def verify_completeness(
    connection: psycopg.Connection, chain_id: str, asset_keys: Sequence[str]
) -> Verified:
    """Verify that each final period has every table that the chain has in any period."""
    rows = connection.execute(
        """
        with present as (
            select asset_key
            from ops.asset_partition_status
            where asset_key = any(%(keys)s) and version is not null
            group by asset_key
        ),
        final as (
            select period_id, period_ordinal
            from validators.canonical_periods
            where chain_id = %(chain)s and is_current and not is_void
                and status in ('FINAL', 'CLOSED')
        )
        select p.asset_key, f.period_id, s.version is not null and s.error_code is null,
            coalesce(s.error_message, 'was never written')
        from present p
        cross join final f
        left join ops.asset_partition_status s
            on s.asset_key = p.asset_key and s.partition_key = f.period_id
        order by p.asset_key, f.period_ordinal
        """,
        {"keys": list(asset_keys), "chain": chain_id},
    ).fetchall()
    broken = (f"{key} {period}: {why}" for key, period, is_there, why in rows if not is_there)
    return Verified.of(f"final periods of {chain_id} are complete", len(rows), broken)


def verify_versions(connection: psycopg.Connection, table: VersionedTable) -> Verified:
    """Verify that the versions of a key have no gap and follow each other, the last one current."""
    key = sql.SQL(", ").join(map(sql.Identifier, ("chain_id", *table.key)))
    statement = sql.SQL(
        """
        with versions as (
            select {key}, {version} as number, is_current, superseded_at, superseded_by,
                row_number() over following as place,
                lead(recorded_at) over following as replaced_at
            from {table}
            window following as (partition by {key} order by {version})
        )
        select concat_ws(' ', {key}, 'version', number)
        from versions
        where number <> place
            or is_current <> (replaced_at is null)
            or superseded_at is distinct from replaced_at
            or superseded_by is distinct from case when replaced_at is not null then number + 1 end
        order by 1
        """
    ).format(
        key=key,
        version=sql.Identifier(table.form.version),
        table=sql.Identifier(table.schema, table.name),
    )
    broken = (row[0] for row in connection.execute(statement))
    return Verified.of(f"versions of {table.name}", _count(connection, table), broken)


def verify_payload_ids(connection: psycopg.Connection, table: VersionedTable) -> Verified:
    """Verify that each payload that a row was built from is in staging."""
    statement = f"""
        select concat_ws(' ', chain_id, period_id, source_payload_id)
        from {rows_without_payload(table)} t
        order by 1
    """
    broken = (row[0] for row in connection.execute(statement.encode()))
    return Verified.of(f"payloads of {table.name} are stored", _count(connection, table), broken)


def verify_content(connection: psycopg.Connection, table: VersionedTable) -> Verified:
    """Verify that each version has the hash of its values; a tombstone has none."""
    return Verified.of(
        f"content hashes of {table.name}",
        _count(connection, table),
        (name for name, is_good in _contents(connection, table) if not is_good),
    )


def _contents(connection: psycopg.Connection, table: VersionedTable) -> Iterator[tuple[str, bool]]:
    form = table.form
    columns = (
        "chain_id", *table.key, form.version, "is_void", "content_hash", "quality_flags",
        *form.origin, *table.values,
    )  # fmt: skip
    statement = sql.SQL("select {} from {} order by {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(table.schema, table.name),
        sql.SQL(", ").join(map(sql.Identifier, columns[: len(table.key) + 2])),
    )
    with connection.cursor(name="versions_of_a_table") as cursor:
        set_json_loads(_exact, cursor)
        cursor.itersize = _READ_ROWS
        cursor.execute(statement)
        assert cursor.description is not None
        is_json = [column.type_code == _JSONB for column in cursor.description]
        for row in cursor:
            found = [_as_written(*pair) for pair in zip(row, is_json, strict=True)]
            yield _is_content(table, found)


def _is_content(table: VersionedTable, found: Sequence[Any]) -> tuple[str, bool]:
    """Return the name of a version, and whether its hash is that of its content."""
    size, origins = len(table.key) + 1, len(table.form.origin)
    is_void, stored, flags = found[size + 1 : size + 4]
    rest = found[size + 4 :]
    name = " ".join(map(str, (*found[:size], "version", found[size])))
    row = VersionedRow(
        tuple(found[1:size]), tuple(rest[origins:]), tuple(rest[:origins]), tuple(flags or ())
    )
    return name, stored == (VOID if is_void else row.content_hash(table.form))


def _exact(document: str | bytes) -> Any:
    """Parse a stored document; no amount in it passes a float."""
    return parse_exact(document.encode() if isinstance(document, str) else document)


def _as_written(value: Any, is_json: bool) -> Any:
    """Return a value in the form in which its writer handed it over."""
    if is_json and value is not None:
        return Json(value)
    return tuple(value) if isinstance(value, list) else value


def verify_manifests(connection: psycopg.Connection) -> Verified:
    """Verify that each complete fetch has all responses that its manifest lists."""
    listed = manifest_parts("m", data_type="m.data_type", chain_id="m.chain_id", join="left join")
    statement = f"""
        select m.data_type, m.chain_id, m.period_id, part ->> 'asked', s.is_complete is true
        from staging.staging_payloads m
        {listed}
        where m.role = 'manifest'
        order by 1, 2, 3, 4
    """
    rows = connection.execute(statement.encode()).fetchall()
    broken = (" ".join(map(str, row[:-1])) for row in rows if not row[-1])
    return Verified.of("responses listed by manifests are stored", len(rows), broken)


def verify_payloads(connection: psycopg.Connection) -> Verified:
    """Verify that each stored response has the hash of its bytes, and the id of both."""
    row = connection.execute("select count(*) from staging.staging_payloads").fetchone()
    assert row is not None
    return Verified.of("stored responses have their hash", row[0], _broken_payloads(connection))


def _broken_payloads(connection: psycopg.Connection) -> Iterator[str]:
    with connection.cursor(name="payloads") as cursor:
        cursor.itersize = 50  # bodies of up to some megabytes
        cursor.execute(
            "select chain_id, period_id, data_type, provider_name, payload_id, response_hash, "
            "raw_body from staging.staging_payloads order by data_type, payload_id"
        )
        for *scope, payload_id, response_hash, body in cursor:
            good_id = FetchScope(*scope).payload_id(response_hash) == payload_id
            if not good_id or content_hash(bytes(body)) != response_hash:
                yield " ".join((*scope, str(payload_id)))


def verify_statements(connection: psycopg.Connection) -> Iterator[Verified]:
    """Verify that statements have the hash and sum of their items and are as audited."""
    count = _count_rows(connection, "validators", "partner_commission_statements")
    for what, found in (
        ("hashes and totals of statements", statements_unlike_items(connection)),
        ("statements are as the audit log recorded them", differences_from_audit(connection)),
    ):
        yield Verified.of(what, count, (f"statement {key}: {problem}" for key, problem in found))


def verify_agreements(connection: psycopg.Connection) -> Iterator[Verified]:
    """Verify that agreements and their versions are as the audit log recorded them."""
    for table, found in (
        ("agreements", agreements_unlike_audit(connection)),
        ("agreement_versions", versions_unlike_audit(connection)),
    ):
        count = _count_rows(connection, "governance", table)
        yield Verified.of(f"{table} are as the audit log recorded them", count, found)


def _count(connection: psycopg.Connection, table: VersionedTable) -> int:
    return _count_rows(connection, table.schema, table.name)


def _count_rows(connection: psycopg.Connection, *name: str) -> int:
    row = connection.execute(
        sql.SQL("select count(*) from {}").format(sql.Identifier(*name))
    ).fetchone()
    assert row is not None
    return int(row[0])
