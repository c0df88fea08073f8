"""In which order a refresh takes assets: as whole as can be, and never before what they read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg

from cdp_assets.core.planning.asset_facts import PLANNED_BY
from cdp_assets.core.planning.dependency_order import built_on, groups_in_order

TAGS = {"cadence": "snapshot"}


def _many(name: str, **deps: list[str]) -> dg.AssetsDefinition:
    """Return one function that makes an asset for each keyword, built on the named ones."""

    @dg.multi_asset(
        name=name,
        specs=[
            dg.AssetSpec(["filplus", key], deps=[["filplus", d] for d in of], tags=TAGS)
            for key, of in deps.items()
        ],
        can_subset=True,
    )
    def assets() -> Iterator[dg.MaterializeResult[Any]]:
        yield from ()

    return assets


def _order(*assets: dg.AssetsDefinition) -> list[tuple[str, list[str]]]:
    graph = dg.Definitions(assets=list(assets)).resolve_asset_graph()
    groups = groups_in_order(graph, graph.materializable_asset_keys)
    return [(g.name, [key.path[-1] for key in g.keys]) for g in groups]


def test_a_function_comes_whole_after_all_that_it_reads() -> None:
    weeks = _many("weeks", a_week=["hour"], b_week=["day"])
    assert _order(weeks, _many("hours", hour=[]), _many("days", day=["hour"])) == [
        ("hours", ["hour"]),
        ("days", ["day"]),
        ("weeks", ["a_week", "b_week"]),
    ]


def test_two_functions_that_feed_each_other_are_taken_in_parts() -> None:
    weeks = _many("weeks", pieces=[], balance=["entity"])
    assert _order(weeks, _many("entities", entity=["pieces"])) == [
        ("weeks", ["pieces"]),
        ("entities", ["entity"]),
        ("weeks", ["balance"]),
    ]


def test_the_order_holds_through_assets_that_are_not_chosen() -> None:
    graph = dg.Definitions(
        assets=[_many("a", last=["middle"]), _many("m", middle=["first"]), _many("z", first=[])]
    ).resolve_asset_graph()
    chosen = {dg.AssetKey(["filplus", "last"]), dg.AssetKey(["filplus", "first"])}
    assert [g.name for g in groups_in_order(graph, chosen)] == ["z", "a"]


def test_what_names_a_plan_of_its_domain_is_planned_apart() -> None:
    @dg.asset(key=["source", "relation"], metadata={PLANNED_BY: "sync"})
    def landed() -> None:
        """Write nothing."""

    assert _order(landed, _many("entities", entity=[])) == [("entities", ["entity"])]


def test_what_is_built_on_a_due_asset_goes_into_its_run() -> None:
    graph = dg.Definitions(
        assets=[_many("weeks", pieces=[], pairs=["pieces"], grants=[], totals=["pairs"])]
    ).resolve_asset_graph()
    keys = [dg.AssetKey(["filplus", name]) for name in ("pieces", "pairs", "grants", "totals")]
    assert built_on(graph, keys, {keys[1]}) == (keys[1], keys[3])
    assert built_on(graph, keys, {keys[2]}) == (keys[2],)
    assert built_on(graph, keys, set()) == ()
