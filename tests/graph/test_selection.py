"""Selections that people type: what they mean, and a sentence where they mean nothing."""

from __future__ import annotations

import dagster as dg
import pytest

from cdp_assets.core.planning.selection import named_asset, select_assets
from cdp_assets.errors import BadConfiguration

pytestmark = pytest.mark.graph


@pytest.mark.parametrize(
    "text", ["filplus/providers_weekly", "key:filplus/providers_weekly", "group:filplus_weekly"]
)
def test_a_key_and_a_group_select_the_asset(graph: dg.AssetGraph, text: str) -> None:
    assert dg.AssetKey(["filplus", "providers_weekly"]) in select_assets(graph, text)


def test_a_selection_holds_no_view_of_the_query_layer(graph: dg.AssetGraph) -> None:
    chosen = select_assets(graph, 'key:"filplus/providers_weekly_acc"+')
    assert dg.AssetKey(["filplus", "providers_weekly_acc"]) in chosen
    assert {key.path[0] for key in chosen} == {"filplus"}


@pytest.mark.parametrize(
    ("text", "near"),
    [
        pytest.param("filplus/provider_weekly", "filplus/providers_weekly", id="misspelt key"),
        pytest.param("key:filplus/provider_weekly", "filplus/providers_weekly", id="no such key"),
        pytest.param("group:filplus_weakly", "group:filplus_weekly", id="misspelt group"),
        pytest.param("+++bad(", "the UI lists all assets", id="not the syntax"),
        pytest.param("tag:cadence=yearly", "the UI lists all assets", id="tag of nothing"),
    ],
)
def test_a_selection_of_nothing_is_refused_with_the_nearest_names(
    graph: dg.AssetGraph, text: str, near: str
) -> None:
    with pytest.raises(BadConfiguration, match="matches no asset") as refused:
        select_assets(graph, text)
    assert near in str(refused.value)
    assert text in str(refused.value)


def test_an_unknown_asset_is_refused_with_the_nearest_names(graph: dg.AssetGraph) -> None:
    with pytest.raises(BadConfiguration, match="did you mean filplus/client_claims_hourly"):
        named_asset(graph, "filplus/client_claim_hourly")
