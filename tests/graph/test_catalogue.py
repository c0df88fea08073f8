"""Every asset says what it is: description, owner, kinds, tags, group, checks (D-01…D-07)."""

from __future__ import annotations

import re
import warnings
from urllib.parse import unquote

import dagster as dg
import pytest

from cdp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.graph

GROUPS = {
    "filplus_sources", "filplus_hourly", "filplus_daily", "filplus_weekly", "filplus_entities",
    "filplus_scores", "filplus_reports", "validator_staging", "validator_canonical",
    "validator_pnl", "commissions", "ops",
}  # spec README, "Names"  # fmt: skip
TAGS = {"domain", "layer", "cadence", "pii", "tier"}


def _incomplete(graph: dg.AssetGraph, problem) -> dict[str, str]:
    found = {key.to_user_string(): problem(graph.get(key)) for key in graph.get_all_asset_keys()}
    return {key: text for key, text in found.items() if text}


def test_every_asset_is_in_a_group_of_the_specification(graph: dg.AssetGraph) -> None:
    assert _incomplete(graph, lambda n: "" if n.group_name in GROUPS else n.group_name) == {}


def test_every_asset_has_a_description(graph: dg.AssetGraph) -> None:
    assert _incomplete(graph, lambda n: "" if n.description else "no description") == {}


def test_every_asset_has_an_owner_and_kinds(graph: dg.AssetGraph) -> None:
    assert _incomplete(graph, lambda n: "" if n.owners and n.kinds else "no owner or kinds") == {}


def test_every_asset_has_the_five_tags(graph: dg.AssetGraph) -> None:
    assert _incomplete(graph, lambda n: ", ".join(sorted(TAGS - set(n.tags)))) == {}


def test_the_readme_shows_the_lineage_of_each_layer(graph: dg.AssetGraph) -> None:
    text = (PROJECT_ROOT / "README.md").read_text()
    (address,) = re.findall(r"/asset-groups~(\S+)/>", text)
    layers = {graph.get(key).tags["layer"] for key in graph.get_all_asset_keys()}
    assert layers >= {"landing", "mart", "canonical", "view"}
    for layer in layers:
        words = unquote(address).replace("mart", layer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)
            chosen = dg.AssetSelection.from_string(words, include_sources=True).resolve(graph)
        assert chosen, words
        assert {graph.get(key).tags["layer"] for key in chosen} == {layer}


def test_everything_that_is_made_has_a_freshness_policy(graph: dg.AssetGraph, defs) -> None:
    without = [
        spec.key.to_user_string()
        for spec in defs.resolve_all_asset_specs()
        if spec.key in graph.materializable_asset_keys and spec.freshness_policy is None
    ]
    assert without == []


def test_every_mart_and_canonical_table_has_a_check(graph: dg.AssetGraph) -> None:
    checked = {key.asset_key for key in graph.asset_check_keys}
    layers = {"mart", "intermediate", "canonical"}
    unchecked = [
        key.to_user_string()
        for key in graph.materializable_asset_keys
        if graph.get(key).tags["layer"] in layers and key not in checked
    ]
    assert unchecked == []


def test_marts_carry_their_column_schema_and_what_they_read(graph: dg.AssetGraph) -> None:
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        if node.tags["layer"] == "mart":
            columns = node.metadata["dagster/column_schema"].columns
            assert columns, key
            assert all(column.description for column in columns), key
            assert "bounded" in node.metadata["reads"] or "of the" in node.metadata["reads"], key


def test_views_and_endpoints_hang_on_their_marts(graph: dg.AssetGraph) -> None:
    endpoint = graph.get(dg.AssetKey(["query_layer", "storage_providers"]))
    assert endpoint.parent_keys == {dg.AssetKey(["api_v1", "providers_weekly_acc"])}
    view = graph.get(dg.AssetKey(["api_v1", "providers_weekly_acc"]))
    assert view.parent_keys == {dg.AssetKey(["filplus", "providers_weekly_acc"])}


def test_a_view_on_a_view_hangs_on_it_and_is_in_its_group(graph: dg.AssetGraph) -> None:
    shares = dg.AssetKey(["api_v1", "allocator_score_shares"])
    dashboard = graph.get(dg.AssetKey(["api_v1", "dashboard_shares"]))
    assert shares in dashboard.parent_keys
    assert dashboard.group_name == graph.get(shares).group_name == "filplus_reports"


def test_reports_scores_and_provider_sources_are_seen_downstream(graph: dg.AssetGraph) -> None:
    for table, group in (
        ("client_report", "filplus_reports"),
        ("allocator_report_check_result", "filplus_reports"),
        ("allocator_score_explained", "filplus_scores"),
        ("compliance_alerts", "filplus_reports"),
        ("allocator_compliance_weekly", "filplus_weekly"),
        ("compliance_histogram_weekly", "filplus_weekly"),
        ("allocator_score_weekly", "filplus_weekly"),
        ("provider_ipni_reporting", "filplus_daily"),
    ):
        made = dg.AssetKey(["filplus", table])
        assert made in graph.materializable_asset_keys
        assert graph.get(made).group_name == group
        view = graph.get(dg.AssetKey(["api_v1", table]))
        assert (view.parent_keys, view.group_name) == ({made}, group)


def test_each_model_is_made_by_exactly_one_function(defs, graph: dg.AssetGraph) -> None:
    from resources.dbt_runner import require_manifest

    models = {
        dg.AssetKey([n["schema"], n["name"]])
        for n in require_manifest()["nodes"].values()
        if n["resource_type"] == "model" and n["config"]["materialized"] == "incremental"
    }
    made = [
        key
        for assets in defs.assets
        if isinstance(assets, dg.AssetsDefinition)
        for key in assets.keys
        if key in models
    ]
    assert sorted(made) == sorted(models)
    assert models <= graph.materializable_asset_keys
