"""Columns of the views of ``api_v1``, and the catalogue of those that the query layer serves.

The macro ``api_view`` writes a view that lists the columns of a table; this describes the same view
without a database, and a test compares both. Scope: columns of views, and the file that the query
layer reads; not here: which columns an endpoint shows (see ``query_layer.registry``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cdp_assets.core.tables.contracts import Column, Table, tables
from cdp_assets.settings import PROJECT_ROOT
from resources.dbt_runner import require_manifest

CATALOGUE = PROJECT_ROOT / "query_layer" / "catalogue.json"
_HOLDS_MIDNIGHTS = ("week", "month", "date", "snapshot_date")
_DATA_AS_OF = Column(
    name="data_as_of",
    data_type="timestamp with time zone",
    description="Clock of the run that wrote the newest partition of the table "
    "(null before the first).",
    is_nullable=True,
    unit=None,
    is_written=False,
)


def view_columns(view: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a view in their order; empty where the view has SQL of its own.

    Args:
        view: Its node of the manifest.
    """
    view_of = view["config"]["meta"].get("view_of")
    if view_of is None:
        return ()
    described = {c["name"]: c["description"] for c in view["columns"].values()}
    return tuple(
        replace(column, description=described.get(column.name) or column.description)
        for column in _listed(table_behind(view), view_of)
    )


def table_behind(view: Mapping[str, Any]) -> Table:
    """Return the first table that a view reads."""
    first = view["depends_on"]["nodes"][0]
    return next(table for table in tables().values() if table.unique_id == first)


def _listed(table: Table, view_of: Mapping[str, list[str]]) -> Iterator[Column]:
    columns = {column.name: column for column in table.columns}
    names = dict(item.split(" as ") for item in view_of["renamed"])
    added = [item.split(" as ") for item in view_of["added"]]
    newer_names = {words[0]: words[1] for words in added if len(words) == 2}
    at_the_end = {words[0] for words in added if len(words) == 1}
    for name, column in columns.items():
        if name not in {*view_of["omitted"], *at_the_end, "data_as_of"}:
            served = _served(column, names.get(name, name))
            yield _deprecated(served, newer_names[name]) if name in newer_names else served
    yield _served(columns["data_as_of"], "data_as_of") if "data_as_of" in columns else _DATA_AS_OF
    for words in added:
        yield _served(columns[words[0]], words[-1])


def _served(column: Column, name: str) -> Column:
    """Return a column as readers get it: midnights as a date, UTC times with their zone."""
    data_type = column.data_type
    if data_type.startswith("timestamp") and data_type.endswith("without time zone"):
        is_day = column.name in _HOLDS_MIDNIGHTS
        data_type = "date" if is_day else "timestamp with time zone"
    return replace(column, name=name, data_type=data_type)


def _deprecated(column: Column, newer: str) -> Column:
    text = f"Deprecated: {newer} has the same value; removed in the next release."
    return replace(column, description=text)


def served_catalogue() -> str:
    """Return the catalogue: views that a dbt exposure names, each with table, key and columns."""
    manifest = require_manifest()
    ids = {id_ for node in manifest["exposures"].values() for id_ in node["depends_on"]["nodes"]}
    views = sorted((manifest["nodes"][id_] for id_ in ids), key=lambda node: str(node["alias"]))
    content = {f"{view['schema']}.{view['alias']}": _entry(view) for view in views}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _entry(view: Mapping[str, Any]) -> dict[str, Any]:
    table = table_behind(view)
    columns = [asdict(column) for column in view_columns(view)]
    return {
        "asset": f"{table.schema}/{table.name}",
        "key": table.primary_key,
        "columns": [{k: v for k, v in c.items() if k != "is_written"} for c in columns],
    }


def write_served_catalogue() -> Path:
    """Write the catalogue that the query layer reads, if it is absent or differs."""
    content = served_catalogue()
    if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != content:
        CATALOGUE.write_text(content, encoding="utf-8")
    return CATALOGUE
