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

from cdp_assets.core.tables.contracts import Column, Table, columns_of, tables
from cdp_assets.settings import PROJECT_ROOT
from resources.dbt_runner import require_manifest

CATALOGUE = PROJECT_ROOT / "query_layer" / "catalogue.json"
VIEWS = "api_v1"
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
    """Return the columns of a view in their order.

    A view with SQL of its own declares its columns in its YAML.

    Args:
        view: Its node of the manifest.
    """
    view_of = view["config"]["meta"].get("view_of")
    if view_of is None:
        return columns_of(view)
    described = {c["name"]: c["description"] for c in view["columns"].values()}
    own = {c["name"]: c for c in view["columns"].values() if c["name"] in view_of["joined"]}
    return (
        *(
            replace(column, description=described.get(column.name) or column.description)
            for column in _listed(table_behind(view), view_of)
        ),
        *columns_of({"columns": own}),
    )


def table_behind(view: Mapping[str, Any]) -> Table:
    """Return the table whose rows a view shows; one with SQL of its own declares it."""
    declared = view["config"]["meta"].get("table")
    if declared is not None:
        return tables()[declared]
    first = view["depends_on"]["nodes"][0]
    return next(table for table in tables().values() if table.unique_id == first)


def _is_view(node: Mapping[str, Any] | None) -> bool:
    return node is not None and node["schema"] == VIEWS


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
    """Return the catalogue: every view with its text, table, inputs, key and columns."""
    nodes = require_manifest()["nodes"].values()
    views = sorted((n for n in nodes if _is_view(n)), key=lambda node: str(node["alias"]))
    content = {f"{view['schema']}.{view['alias']}": _entry(view) for view in views}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _entry(view: Mapping[str, Any]) -> dict[str, Any]:
    table = table_behind(view)
    return {
        "asset": f"{table.schema}/{table.name}",
        "reads": sorted(set(_inputs(view))),
        "description": " ".join(str(view["description"]).split()) or table.description,
        "key": _key(view, table),
        "columns": [_shown(column) for column in view_columns(view)],
    }


def _inputs(view: Mapping[str, Any]) -> Iterator[str]:
    """Return the keys of the assets that a view reads, through the views that it reads."""
    manifest = require_manifest()
    for unique_id in view["depends_on"]["nodes"]:
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        meta = node["config"]["meta"]
        if _is_view(node):
            yield from _inputs(node)
        elif meta.get("built_by_no_asset"):
            yield from meta.get("derived_from", ())
        else:
            yield f"{node['schema']}/{node.get('alias') or node['name']}"


def _key(view: Mapping[str, Any], table: Table) -> list[str]:
    """Return the columns of a view that identify a row, as the view names them."""
    meta = view["config"]["meta"]
    names = dict(item.split(" as ") for item in meta.get("view_of", {}).get("renamed", ()))
    return list(meta.get("primary_key", [names.get(name, name) for name in table.primary_key]))


def _shown(column: Column) -> dict[str, Any]:
    return {name: value for name, value in asdict(column).items() if name != "is_written"}


def write_served_catalogue() -> Path:
    """Write the catalogue that the query layer reads, if it is absent or differs."""
    content = served_catalogue()
    if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != content:
        CATALOGUE.write_text(content, encoding="utf-8")
    return CATALOGUE
