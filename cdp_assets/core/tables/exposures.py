"""What readers see of the graph, as external assets: views and endpoints of marts (D-10).

Scope: reading them out of the dbt manifest; not here: creating the views
(``cdp_assets.stack.migrate``) or serving them (``query_layer``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import dagster as dg

from cdp_assets.core.tables.api_views import table_behind, view_columns
from cdp_assets.core.tables.contracts import COLUMN_SCHEMA, schema_of
from cdp_assets.settings import get_settings
from resources.dbt_runner import require_manifest

_VIEWS = "api_v1"
_ENDPOINTS = "query_layer"


def build_exposures(tables: Sequence[dg.AssetsDefinition]) -> list[dg.AssetSpec]:
    """Return one external asset per view of ``api_v1`` and per dbt exposure.

    A view has the domain and the owner of the tables of its group.

    Args:
        tables: Assets of the domains.

    Raises:
        BadConfiguration: The manifest is missing or old.
    """
    manifest = require_manifest()
    specs = [spec for assets in tables for spec in assets.specs]
    views = [n for n in manifest["nodes"].values() if n.get("schema") == _VIEWS]
    exposures = [
        *(_view(manifest, node, specs) for node in views),
        *(_endpoint(manifest, node) for node in manifest["exposures"].values()),
    ]
    by_group = {spec.group_name: spec for spec in specs}
    return [_as_its_group(spec, by_group[spec.group_name]) for spec in exposures]


def _as_its_group(spec: dg.AssetSpec, table: dg.AssetSpec) -> dg.AssetSpec:
    return spec.replace_attributes(
        owners=table.owners, tags={**spec.tags, "domain": table.tags["domain"]}
    )


@lru_cache(maxsize=1)
def endpoints() -> dict[str, list[str]]:
    """Return the addresses at which the query layer serves each table, by asset key."""
    manifest = require_manifest()
    found: dict[str, list[str]] = {}
    for node in manifest["exposures"].values():
        views = [manifest["nodes"][parent] for parent in node["depends_on"]["nodes"]]
        for parent in {parent for view in views for parent in view["depends_on"]["nodes"]}:
            table = _behind(manifest, parent)
            found.setdefault(f"{table['schema']}/{table['name']}", []).append(_url(node))
    return found


def _url(node: Mapping[str, Any]) -> str:
    """Return the address of an exposure; one on loopback gets the configured port."""
    url = str(node["url"])
    parts = urlsplit(url)
    if parts.hostname != "127.0.0.1":
        return url
    return parts._replace(netloc=f"127.0.0.1:{get_settings().query_port}").geturl()


def _view(
    manifest: Mapping[str, Any], node: Mapping[str, Any], specs: Sequence[dg.AssetSpec]
) -> dg.AssetSpec:
    read = _read_by(manifest, node)
    # No asset builds the versions of the rules: the run that first uses one records it.
    deps = [
        key
        for table in read
        if not table["meta"].get("built_by_no_asset")
        for key in _keys(table, specs)
    ]
    columns = view_columns(node)
    description = str(node["description"]).strip() or table_behind(node).description
    return dg.AssetSpec(
        key=[_VIEWS, node["alias"]],
        deps=deps,
        description=f"{description} Replaced in place by cdp migrate; rights are the reader's own.",
        group_name=next(filter(None, (_group(manifest, table) for table in read))),
        kinds={"postgres", "view"},
        tags=_tags("view"),
        metadata={COLUMN_SCHEMA: schema_of(columns)} if columns else {},
    )


def _keys(table: Mapping[str, Any], specs: Sequence[dg.AssetSpec]) -> list[dg.AssetKey]:
    """Return the assets that write a table: one, or several that each write a part of its rows."""
    name = table.get("alias") or table["name"]  # of a view that another view reads
    parts = [s.key for s in specs if (s.key.path[0], s.key.path[-1]) == (table["schema"], name)]
    return parts or [dg.AssetKey([table["schema"], name])]


def _behind(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    """Return what a view reads: a model, or a table that dbt does not build."""
    found: Mapping[str, Any] = {**manifest["nodes"], **manifest["sources"]}[unique_id]
    return found


def _read_by(manifest: Mapping[str, Any], view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a view reads in the order of its text; dbt's own order differs by the parse."""
    read = [_behind(manifest, parent) for parent in view["depends_on"]["nodes"]]
    text, absent = str(view["raw_code"]), len(str(view["raw_code"]))

    def place(table: Mapping[str, Any]) -> tuple[int, str]:
        quoted = (f"{quote}{table['name']}{quote}" for quote in "'\"")
        found = [at for at in map(text.find, quoted) if at >= 0]
        return min(found, default=absent), str(table["unique_id"])

    return sorted(read, key=place)


def _group(manifest: Mapping[str, Any], table: Mapping[str, Any]) -> str | None:
    """Return the group of a table; a dbt source has it in its ``meta``, a landing has none.

    A view is in the group of the first table that it reads.
    """
    if table["schema"] == _VIEWS:
        return _group(manifest, _read_by(manifest, table)[0])
    group = table.get("group") or table["meta"].get("group")
    return str(group) if group else None


def _endpoint(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> dg.AssetSpec:
    views = [manifest["nodes"][parent] for parent in node["depends_on"]["nodes"]]
    return dg.AssetSpec(
        key=[_ENDPOINTS, node["name"]],
        deps=[dg.AssetKey([_VIEWS, view["alias"]]) for view in views],
        description=f"{node['label']}. {str(node['description']).strip()}",
        group_name=_group(manifest, views[0]),
        kinds={"http"},
        tags=_tags("endpoint"),
        metadata={"url": dg.MetadataValue.url(_url(node))},
    )


def _tags(layer: str) -> dict[str, str]:
    return {"layer": layer, "cadence": "live", "pii": "none", "tier": "1"}
