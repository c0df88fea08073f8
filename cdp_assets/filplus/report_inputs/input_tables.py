"""The input tables of reports, and whether they exist and passed.

Scope: their names, versions and existence; not here: their rows (``allocator_inputs``,
``client_inputs``, ``client_deals``, ``provider_inputs``).
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg.rows import tuple_row

from cdp_assets.errors import MissingUpstream

INPUT_TABLES = (
    "raw_dmob.verifier",
    "raw_dmob.verified_client",
    "raw_dmob.verified_client_allowance",
    "raw_dmob.client_contract",
    "filplus.allocator_registry",
    "filplus.allocator_client_bookkeeping",
    "filplus.client_provider_distribution",
    "filplus.client_replica_distribution",
    "filplus.cid_sharing",
    "filplus.client_claims_hourly",
    "filplus.storage_provider_url_finder_metric",
    "filplus.storage_provider_url_finder_metric_value",
    "filplus.provider_ipni_reporting",
    "filplus.provider_ip_info",
    "raw_lotus.client_status",
    "raw_url_finder.client_working_url",
)
# Without rows of these a report says "unknown"; without the others it would say something false.
_MAY_BE_UNBUILT = frozenset(
    {
        "filplus.provider_ip_info",
        "raw_lotus.client_status",
        "raw_url_finder.client_working_url",
    }
)
_NOT_PASSED = """
select distinct on (asset_key) asset_key, partition_key, state
from ops.asset_partition_status
where asset_key = any(%s) and state in ('CHECK_FAILED', 'FAILED')
order by asset_key, partition_key
"""
# What people changed of the inputs; its version is bumped by every change.
OVERRIDE_TABLE = "governance.input_overrides"


def require_inputs(connection: psycopg.Connection, tables: Sequence[str] = INPUT_TABLES) -> None:
    """Refuse when an input table does not exist.

    Raises:
        MissingUpstream: Every absent one is named.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            "select name from unnest(%s::text[]) with ordinality t (name, place) "
            "where to_regclass(name) is null order by place",
            [list(tables)],
        )
        absent = [name for (name,) in cursor.fetchall()]
    if absent:
        raise MissingUpstream(
            f"input tables do not exist: {', '.join(absent)}",
            hint="run `cdp migrate`, then `cdp refresh`",
        )


def require_passing_inputs(connection: psycopg.Connection) -> None:
    """Refuse reports over tables that do not exist, were never built or did not pass.

    Raises:
        MissingUpstream: Every such table is named.
    """
    require_inputs(connection)
    _require_built(connection)
    _require_passed(connection)


def _require_built(connection: psycopg.Connection) -> None:
    """Refuse inputs that were never built: empty, they look like zeros and unreported providers.

    Raises:
        MissingUpstream: Every one of them is named.
    """
    needed = [table.replace(".", "/") for table in INPUT_TABLES if table not in _MAY_BE_UNBUILT]
    watermarks = input_watermarks(connection)
    missing = [key for key in needed if not watermarks[key]]
    if missing:
        raise MissingUpstream(
            f"reports need tables that were never built: {', '.join(missing)}",
            hint=f"`cdp refresh --select {missing[0]}`",
        )


def _require_passed(connection: psycopg.Connection) -> None:
    """Refuse inputs with rows that a check refused, or hours that no run could build.

    A report never changes, so it would contain their numbers for good.

    Raises:
        MissingUpstream: Every such table is named, with the first of its partitions.
    """
    keys = [table.replace(".", "/") for table in INPUT_TABLES]
    rows = connection.execute(_NOT_PASSED, [keys]).fetchall()
    if rows:
        listed = ", ".join(f"{key} {partition} ({state.lower()})" for key, partition, state in rows)
        raise MissingUpstream(
            f"reports need tables whose checks pass: {' '.join(listed.split())}",
            hint="fix the source or the table, then `cdp refresh`; the UI names the checks",
        )


def input_watermarks(connection: psycopg.Connection) -> dict[str, int]:
    """Return the committed version of each input, 0 where it has none."""
    keys = [table.replace(".", "/") for table in (*INPUT_TABLES, OVERRIDE_TABLE)]
    cursor = connection.execute(
        "select asset_key, version from ops.asset_version where asset_key = any(%s)", [keys]
    )
    found: dict[str, int] = dict(cursor.fetchall())
    return {key: found.get(key, 0) for key in sorted(keys)}
