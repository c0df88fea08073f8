"""The catalog: what is served, how fresh it is and whether its checks pass.

Scope: entries of the registry beside their state in ``ops``; not here: their routes
(``query_layer.routes.catalog``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from query_layer.read.database import Reader
from query_layer.read.statements import statement
from query_layer.read.versions import AssetStatus, combined
from query_layer.registry.asset import Asset

_UNKNOWN: Mapping[str, Any] = dict.fromkeys(
    ("owner", "cadence", "failed_partitions", "failing_check", "failing_severity", "failing_since")
)


async def catalog_entries(
    reader: Reader, assets: Sequence[Asset], now: datetime
) -> list[dict[str, Any]]:
    """Return one entry per asset, in the order given."""
    keys = sorted({key for asset in assets for key in (asset.key, *asset.reads)})
    rows = [dict(row) for row in await reader.fetch(statement("catalog"), keys)]
    return [_entry(asset, rows, now) for asset in assets]


def with_columns(entry: Mapping[str, Any], asset: Asset) -> dict[str, Any]:
    """Return an entry with its columns and parameters."""
    columns = [
        {
            "name": column.name,
            "kind": column.kind,
            "description": column.description,
            "nullable": column.nullable,
        }
        for column in asset.columns
    ]
    filters = [{"name": f.name, "description": f.description} for f in asset.filters]
    return {**entry, "columns": columns, "filters": filters, "sorts": list(asset.sorts)}


def _entry(asset: Asset, rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    own = [row for row in rows if _table(row["asset_key"]) == asset.key]
    read = [row for row in rows if _table(row["asset_key"]) in (asset.reads or (asset.key,))]
    first = own[0] if own else _UNKNOWN
    status = combined([_status(row) for row in (own if asset.is_row_scoped else read)] or [_NEVER])
    return {
        "asset": asset.name,
        "view": asset.view,
        "asset_key": asset.key,
        "description": asset.description,
        "rows": f"/v1/assets/{asset.name}/rows",
        "scope": asset.scope,
        "owner": first["owner"],
        "cadence": first["cadence"],
        "key": [*([asset.partition.column] if asset.partition else ()), *asset.key_columns],
        "partition_column": asset.partition.column if asset.partition else None,
        **status.meta(now),
        "partitions": {
            "count": sum(row["partitions"] for row in own),
            "first": min((r["first_partition"] for r in own if r["first_partition"]), default=None),
            "newest": max(
                (r["newest_partition"] for r in own if r["newest_partition"]), default=None
            ),
            "failed": sum(row["failed_partitions"] or 0 for row in own),
        },
        "last_check": _check(own, is_built=status.version is not None),
    }


_NEVER = AssetStatus("", None, None, None, None)


def _status(row: Mapping[str, Any]) -> AssetStatus:
    names = ("asset_key", "version", "materialized_at", "data_as_of", "max_age_seconds")
    return AssetStatus(*(row[name] for name in names))


def _table(asset_key: str) -> str:
    schema, *_, name = asset_key.split("/")
    return f"{schema}/{name}"


def _check(rows: Sequence[Mapping[str, Any]], *, is_built: bool) -> dict[str, Any] | None:
    """Return the outcome of the checks: an alert is open for as long as one fails."""
    if not is_built:
        return None
    failing = [row for row in rows if row["failing_check"]]
    if not failing:
        return {"outcome": "passed", "check": None, "since": None}
    worst = min(failing, key=lambda row: (row["failing_severity"], row["failing_since"]))
    outcome = "failed" if worst["failing_severity"] == "ERROR" else "warned"
    return {"outcome": outcome, "check": worst["failing_check"], "since": worst["failing_since"]}
