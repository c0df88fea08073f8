"""Weekly compliance in the framework: when a week is made, refused, final, and by which rules."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
import pytest

from cdp_assets.filplus.compliance.weekly_assets import build_compliance_assets
from cdp_assets.filplus.compliance.weekly_tables import OPEN_DATA_INPUTS
from tests.integration.filplus.report_world import ReportWorld
from tests.integration.filplus.weekly_world import (
    INPUTS_BY_WEEK,
    RULES,
    inputs_made,
    rules_were_other,
    run_week,
    week_of_one_allocator,
)

pytestmark = pytest.mark.integration
WEEKLY = build_compliance_assets(frozenset())
_OF_A_WEEK = """
select asset_key, row_count, is_final from ops.asset_partition_status
where asset_key like '%%compliance_weekly' and version is not null order by 1
"""


def run(
    world: ReportWorld, assets: Sequence[dg.AssetsDefinition] = WEEKLY
) -> dg.ExecuteInProcessResult:
    return run_week(world, assets)


def failure_text(result: dg.ExecuteInProcessResult) -> str:
    failure, *_ = result.filter_events(lambda event: event.is_step_failure)
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert told.description is not None
    return told.description


def test_weeks_of_compliance_are_made_and_published(run_world: ReportWorld) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world)
    result = run(run_world)
    assert result.success
    assert [e.check_name for e in result.get_asset_check_evaluations() if not e.passed] == []
    assert run_world.rows("select count(*) from filplus.allocator_compliance_weekly") == [(8,)]
    assert run_world.rows(_OF_A_WEEK) == [
        ("filplus/allocator_compliance_weekly", 8, True),
        ("filplus/storage_provider_compliance_weekly", 4, True),
    ]


def test_a_week_that_has_ended_is_not_final_when_an_input_was_made_before_its_end(
    run_world: ReportWorld,
) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world, is_final=False)
    assert run(run_world).success
    assert [is_final for *_, is_final in run_world.rows(_OF_A_WEEK)] == [False, False]


@pytest.mark.parametrize("absent", OPEN_DATA_INPUTS)
def test_a_week_is_not_final_when_what_tells_open_data_was_never_made(
    run_world: ReportWorld, absent: str
) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world)
    run_world.rows("delete from ops.asset_version where asset_key = %s returning 1", absent)
    assert run(run_world).success
    assert [is_final for *_, is_final in run_world.rows(_OF_A_WEEK)] == [False, False]


def test_allocators_are_not_classed_before_the_providers_of_their_week(
    run_world: ReportWorld,
) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world)
    result = run(run_world, WEEKLY[1:])
    assert "filplus/storage_provider_compliance_weekly (missing)" in failure_text(result)
    assert run_world.rows("select count(*) from filplus.allocator_compliance_weekly") == [(0,)]
    assert run_world.rows(_OF_A_WEEK) == []


@pytest.mark.parametrize("bad", INPUTS_BY_WEEK)
def test_a_week_with_an_input_whose_checks_failed_is_refused_by_name(
    run_world: ReportWorld, bad: str
) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world)
    inputs_made(run_world, by_week=[bad], state="CHECK_FAILED")
    result = run(run_world)
    assert f"not ready: {bad} (check_failed)" in failure_text(result)
    assert run_world.rows("select count(*) from filplus.allocator_compliance_weekly") == [(0,)]


def test_a_week_whose_inputs_are_absent_fails_with_their_names(run_world: ReportWorld) -> None:
    inputs_made(run_world)
    run_world.connection.execute(
        "drop table filplus.client_allocator_distribution_weekly_acc cascade"
    )
    result = run(run_world)
    assert not result.success
    assert "filplus.client_allocator_distribution_weekly_acc" in failure_text(result)


def test_classes_keep_the_rules_that_they_were_made_with(run_world: ReportWorld) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world)
    assert run(run_world).success
    assert run_world.rows("select version, content_hash from filplus.rule_version") == [
        (RULES.version, RULES.content_hash)
    ]


def test_no_class_is_made_by_rules_that_were_edited_under_their_version(
    run_world: ReportWorld,
) -> None:
    week_of_one_allocator(run_world)
    inputs_made(run_world)
    rules_were_other(run_world)
    assert "changed under a version" in failure_text(run(run_world))
    assert run_world.rows(_OF_A_WEEK) == []
