"""What readers see of the graph, as external assets: views and endpoints of marts (D-10).

Belongs here: reading them out of the dbt manifest. Does not: making the views
(``cdp_assets.migrate``) or serving them (``query_layer``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import dagster as dg

from cdp_assets.settings import get_settings
from resources.dbt_runner import require_manifest

_VIEWS = "api_v1"
_ENDPOINTS = "query_layer"
_OWNER = "query-layer@example.org"


def build_exposures() -> list[dg.AssetSpec]:
    """Return one external asset per view of ``api_v1`` and per dbt exposure.

    Raises:
        BadConfiguration: The manifest is missing or old.
    """
    manifest = require_manifest()
    views = [n for n in manifest["nodes"].values() if n.get("schema") == _VIEWS]
    return [
        *(_view(manifest, node) for node in views),
        *(_endpoint(manifest, node) for node in manifest["exposures"].values()),
    ]


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
    """Return the address of an exposure; on this machine with the port that is set."""
    url = str(node["url"])
    parts = urlsplit(url)
    if parts.hostname != "127.0.0.1":
        return url
    return parts._replace(netloc=f"127.0.0.1:{get_settings().query_port}").geturl()


def _view(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> dg.AssetSpec:
    read = [_behind(manifest, parent) for parent in node["depends_on"]["nodes"]]
    # Versions of the rules are noted by whoever uses them first: no asset makes them.
    deps = [table for table in read if not table["meta"].get("made_by_no_asset")]
    description = str(node["description"]).strip()
    return dg.AssetSpec(
        key=[_VIEWS, node["alias"]],
        # A view may stand on another view, whose key is its alias.
        deps=[dg.AssetKey([dep["schema"], dep.get("alias") or dep["name"]]) for dep in deps],
        description=f"{description} Replaced in place by cdp migrate; rights are the reader's own.",
        group_name=_group(manifest, deps[0]),
        owners=[_OWNER],
        kinds={"postgres", "view"},
        tags=_tags("view"),
    )


def _behind(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    """Return what a view reads: a model, or a table that is made without dbt."""
    found: Mapping[str, Any] = {**manifest["nodes"], **manifest["sources"]}[unique_id]
    return found


def _group(manifest: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    """Return the group of a table; one without dbt says it in its declaration as a source.

    A view is in the group of the first that it reads.
    """
    if table["schema"] == _VIEWS:
        return _group(manifest, _behind(manifest, table["depends_on"]["nodes"][0]))
    return str(table.get("group") or table["meta"]["group"])


def _endpoint(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> dg.AssetSpec:
    views = [manifest["nodes"][parent] for parent in node["depends_on"]["nodes"]]
    return dg.AssetSpec(
        key=[_ENDPOINTS, node["name"]],
        deps=[dg.AssetKey([_VIEWS, view["alias"]]) for view in views],
        description=f"{node['label']}. {str(node['description']).strip()}",
        group_name=_group(manifest, views[0]),
        owners=[node["owner"]["email"]],
        kinds={"http"},
        tags=_tags("endpoint"),
        metadata={"url": dg.MetadataValue.url(_url(node))},
    )


def _tags(layer: str) -> dict[str, str]:
    return {"domain": "filplus", "layer": layer, "cadence": "live", "pii": "none", "tier": "1"}
