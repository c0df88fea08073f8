"""A check that hangs on a table is evaluated by the run that materializes it."""

from __future__ import annotations

import dagster as dg
import pytest

from cdp_assets.quality.check_homes import TABLE
from cdp_assets.quality.daily_checks import QUALITY_JOB

pytestmark = pytest.mark.graph


def _homes(graph: dg.AssetGraph) -> set[dg.AssetKey]:
    groups = {key: graph.get(key).group_name for key in graph.get_all_asset_keys()}
    return {
        key
        for key, group in groups.items()
        if group == "ops" and key not in graph.materializable_asset_keys
    }


def test_every_check_of_a_table_is_evaluated_by_the_run_that_materializes_it(
    graph: dg.AssetGraph,
) -> None:
    apart = [
        str(key)
        for key in graph.asset_check_keys
        if key.asset_key in graph.materializable_asset_keys
        and key not in graph.get(key.asset_key).assets_def.check_keys
    ]
    assert apart == []


def test_the_daily_checks_hang_on_assets_that_nothing_materializes(
    defs: dg.Definitions, graph: dg.AssetGraph
) -> None:
    daily = defs.resolve_job_def(QUALITY_JOB).asset_layer.asset_graph.asset_check_keys
    assert len(daily) > 190
    assert {key.asset_key for key in daily} == _homes(graph)


def test_each_home_is_downstream_of_the_tables_that_its_checks_name(graph: dg.AssetGraph) -> None:
    about: dict[dg.AssetKey, set[dg.AssetKey]] = {}
    for key in graph.asset_check_keys:
        if key.asset_key in _homes(graph):
            table = graph.get_check_spec(key).metadata[TABLE].value
            assert key.name.startswith(f"{table.path[-1]}__"), key
            about.setdefault(key.asset_key, set()).add(table)
    assert about == {home: set(graph.get(home).parent_keys) for home in _homes(graph)}
    for home, tables in about.items():
        groups = {graph.get(table).group_name for table in tables}
        assert {f"{group}_quality" for group in groups} == {home.path[-1]}
