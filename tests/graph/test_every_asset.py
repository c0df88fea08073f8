"""What the definitions say of every asset, check and job: columns, versions, owners (D-04…D-08)."""

from __future__ import annotations

import dagster as dg
import pytest

from cdp_assets.core.planning.asset_facts import source_settings
from resources.dbt_runner import require_manifest

pytestmark = pytest.mark.graph

COLUMNS = "dagster/column_schema"


def _made(graph: dg.AssetGraph) -> list:
    return [graph.get(key) for key in sorted(graph.materializable_asset_keys)]


def test_every_asset_that_is_made_has_the_version_of_its_code(graph: dg.AssetGraph) -> None:
    assert [n.key.to_user_string() for n in _made(graph) if not n.code_version] == []


def test_every_table_declares_its_columns(graph: dg.AssetGraph) -> None:
    without = [node.key.to_user_string() for node in _made(graph) if COLUMNS not in node.metadata]
    assert without == []


def test_every_declared_column_has_a_type_and_a_description(graph: dg.AssetGraph) -> None:
    bare = [
        f"{node.key.to_user_string()}.{column.name}"
        for node in _made(graph)
        if COLUMNS in node.metadata
        for column in node.metadata[COLUMNS].columns
        if not column.type or not column.description
    ]
    assert bare == []


def test_what_is_skipped_without_a_source_takes_what_requires_it_along(
    graph: dg.AssetGraph,
) -> None:
    """Else a refresh without that source would launch a step that its guard refuses."""
    required = {
        node["alias"]: node["config"]["meta"]["inputs"]["by_week"]
        for node in require_manifest()["nodes"].values()
        if "inputs" in node["config"]["meta"]
    }
    assert len(required) >= 4
    settings = {
        node.key.to_user_string(): set(source_settings(graph, node.key)) for node in _made(graph)
    }
    refused = [
        (table, key)
        for table, keys in required.items()
        for key in keys
        if not settings[key] <= settings[f"filplus/{table}"]
    ]
    assert refused == []


def test_no_asset_takes_a_slot_that_outlives_its_process(defs: dg.Definitions) -> None:
    ops = {node.name: node.pools for asset in defs.assets or [] for node in _ops(asset)}
    assert ops
    assert {name: pools for name, pools in ops.items() if pools} == {}


def _ops(asset: object) -> list[dg.OpDefinition]:
    return [asset.op] if isinstance(asset, dg.AssetsDefinition) and asset.is_executable else []


def test_every_asset_has_a_check(graph: dg.AssetGraph) -> None:
    checked = {key.asset_key for key in graph.asset_check_keys}
    left = graph.materializable_asset_keys - checked
    assert sorted(key.to_user_string() for key in left) == []


def test_an_asset_names_its_owner_as_an_address_or_a_team(graph: dg.AssetGraph) -> None:
    owners = {owner for node in _made(graph) for owner in node.owners}
    assert owners
    assert [owner for owner in owners if "@" not in owner and not owner.startswith("team:")] == []
