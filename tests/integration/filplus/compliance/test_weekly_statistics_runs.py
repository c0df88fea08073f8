"""Weekly statistics in Dagster: built after their inputs, refused without, final with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
import pytest

from cdp_assets import partitions
from cdp_assets.core.dbt.assets import build_dbt_assets
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.core.planning.staleness import stale_partitions
from cdp_assets.filplus.compliance.statistics_variables import WEEKLY_STATISTICS
from cdp_assets.filplus.compliance.weekly_assets import build_compliance_assets
from cdp_assets.filplus.deals.weekly_variables import weekly_variables
from resources.dbt_runner import DbtRunner
from tests.integration.filplus.report_world import NOW, ReportWorld
from tests.integration.filplus.weekly_world import (
    INPUTS_BY_WEEK,
    WEEK,
    entity,
    inputs_made,
    run_week,
    week_of_one_allocator,
)

pytestmark = pytest.mark.integration
_KEYS = [
    dg.AssetKey(["filplus", name])
    for name in (
        "allocator_score_weekly",
        "allocator_sps_compliance_weekly",
        "compliance_histogram_weekly",
        "retrievability_average_weekly",
    )
]
_INPUTS = (*INPUTS_BY_WEEK, "filplus/allocators_weekly_acc")
_DERIVED = build_dbt_assets("filplus", weekly_variables, [WEEKLY_STATISTICS])[-1:]
ALL = [*build_compliance_assets(frozenset()), *_DERIVED]
_PUBLISHED = """
select asset_key, row_count, is_final from ops.asset_partition_status
where asset_key = any(%s) and version is not null order by 1
"""


def run(
    world: ReportWorld,
    assets: Sequence[dg.AssetsDefinition] = ALL,
    selection: Sequence[dg.AssetKey] | None = None,
) -> dg.ExecuteInProcessResult:
    return run_week(world, assets, selection)


def published(world: ReportWorld) -> list[tuple]:
    return world.rows(_PUBLISHED, [key.to_user_string() for key in _KEYS])


def test_weekly_statistics_are_built_after_the_classes_and_published(
    run_world: ReportWorld,
) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world, by_week=_INPUTS)
    result = run(run_world)
    assert result.success
    assert [e.check_name for e in result.get_asset_check_evaluations() if not e.passed] == []
    ((buckets,),) = run_world.rows("select count(*) from filplus.compliance_histogram_weekly")
    assert buckets > 0
    assert published(run_world) == [
        ("filplus/allocator_score_weekly", 0, True),
        ("filplus/allocator_sps_compliance_weekly", 32, True),
        ("filplus/compliance_histogram_weekly", buckets, True),
        ("filplus/retrievability_average_weekly", 4, True),
    ]


def failure_texts(result: dg.ExecuteInProcessResult) -> list[str]:
    return [
        str(event.step_failure_data.user_failure_data.description)
        for event in result.filter_events(lambda event: event.is_step_failure)
        if event.step_failure_data.user_failure_data
    ]


def test_a_week_without_its_inputs_is_refused_and_none_of_the_statistics_is_built(
    run_world: ReportWorld,
) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world, by_week=_INPUTS)
    assert run(run_world, build_compliance_assets(frozenset())).success
    run_world.connection.execute(
        "delete from ops.asset_partition_status where asset_key = 'filplus/allocators_weekly_acc'"
    )
    result = run(run_world, _DERIVED)
    assert not result.success
    (text,) = failure_texts(result)
    assert "filplus/allocators_weekly_acc (missing)" in text
    assert "2026-03-02" in text
    assert published(run_world) == []


def test_a_red_check_marks_the_week_of_its_table_and_no_other_table(run_world: ReportWorld) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world, by_week=_INPUTS)
    assert run(run_world).success
    run_world.connection.execute(
        "update filplus.providers_weekly_acc set avg_retrievability_success_rate_url_finder = 7"
    )
    result = run(run_world, _DERIVED, [_KEYS[3]])
    assert not result.success
    assert "means_within_range" in failure_texts(result)[0]
    states = run_world.rows(
        "select asset_key, error_code from ops.asset_partition_status where state = 'CHECK_FAILED'"
    )
    assert states == [("filplus/retrievability_average_weekly", "check:means_within_range")]


def test_a_week_without_reports_has_no_scores_and_is_not_refused(
    run_world: ReportWorld,
) -> None:
    """It is not final before the source has published who is a metaallocator."""
    assert run(run_world, _DERIVED, [_KEYS[0]]).success
    assert published(run_world) == [("filplus/allocator_score_weekly", 0, False)]


def test_a_closed_week_is_stale_when_an_input_was_rebuilt(run_world: ReportWorld) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world, by_week=_INPUTS)
    run(run_world)
    known = [dg.AssetSpec(key.split("/"), partitions_def=partitions.weeks) for key in _INPUTS]
    resources = {"warehouse": run_world.warehouse(), "dbt": DbtRunner()}
    graph = dg.Definitions(assets=[*known, *ALL], resources=resources).resolve_asset_graph()

    def due() -> list[str]:
        window = (WEEK, WEEK + timedelta(days=7))
        return [
            key.path[-1]
            for key in _KEYS
            if stale_partitions(run_world.connection, graph, [key], window, NOW)
        ]

    assert due() == []
    inputs_made(run_world, by_week=["filplus/storage_provider_compliance_weekly"], as_a_whole=[])
    assert due() == ["allocator_sps_compliance_weekly"]
    assert run(run_world, _DERIVED).success
    assert due() == []


def test_a_refresh_corrects_the_histograms_of_an_earlier_release(run_world: ReportWorld) -> None:
    """An installation of before counted metaallocators and was published as version 2."""
    week_of_one_allocator(run_world)
    entity(run_world, "f0300", is_meta=True)
    inputs_made(run_world, by_week=_INPUTS)
    assert run(run_world).success
    counted = (
        "select count(*) from filplus.compliance_histogram_weekly where subject = 'allocators'"
    )
    run_world.connection.execute(
        "insert into filplus.compliance_histogram_weekly values "
        "(%s, 'allocators', 'num_of_clients', 'all', 0, 1, 1, 7, 1, false)",
        [WEEK.replace(tzinfo=None)],
    )
    run_world.connection.execute(
        "update ops.asset_partition_status set code_version = '2' "
        "where asset_key = 'filplus/compliance_histogram_weekly'"
    )
    assert run_world.rows(counted) == [(1,)]
    known = [dg.AssetSpec(key.split("/"), partitions_def=partitions.weeks) for key in _INPUTS]
    defs = dg.Definitions(
        assets=[*known, *ALL],
        resources={"warehouse": run_world.warehouse(), "dbt": DbtRunner()},
        executor=dg.in_process_executor,
    )
    with dg.DagsterInstance.ephemeral() as instance:
        refresher = Refresher(defs, instance, run_world.warehouse(), as_of=NOW, user="test")
        window = (WEEK, WEEK + timedelta(days=7))
        done = refresher.refresh(set(_KEYS), window)
        again = refresher.refresh(set(_KEYS), window)
    assert [(one.first, one.last, one.error) for one in done.runs] == [
        ("2026-03-02", "2026-03-02", None)
    ]
    assert run_world.rows(counted) == [(0,)]
    assert again.runs == []
