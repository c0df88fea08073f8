"""Runs of the command line are recorded as the webserver records those it launches."""

# No postponed annotations here: the framework reads types from the signature.

from datetime import UTC, datetime

import dagster as dg
import pytest

from cdp_assets.core.planning import planner as refresh
from cdp_assets.core.runs.in_process_runs import execute_here
from cdp_assets.core.runs.run_tags import range_tags
from resources.postgres.warehouse import Warehouse

HOURS = dg.HourlyPartitionsDefinition("2026-08-01-00:00", end_date="2026-08-02-00:00")
FIRST, SECOND = dg.AssetKey("first"), dg.AssetKey("second")


@dg.multi_asset(
    specs=[dg.AssetSpec(FIRST), dg.AssetSpec(SECOND)],
    partitions_def=HOURS,
    can_subset=True,
    check_specs=[dg.AssetCheckSpec("is_whole", asset=FIRST), dg.AssetCheckSpec("b", asset=SECOND)],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def hours(context: dg.AssetExecutionContext):
    for key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=key)
    for check in context.selected_asset_check_keys:
        yield dg.AssetCheckResult(asset_key=check.asset_key, check_name=check.name, passed=True)


@dg.asset(name="third")
def broken() -> None:
    raise ValueError("no third")


@dg.asset_check(asset=SECOND, name="daily")
def daily() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.resource
def folder(_context: dg.InitResourceContext) -> None:
    raise ValueError("no such folder")


@dg.asset(name="fourth", required_resource_keys={"folder"})
def needs_folder() -> None:
    raise AssertionError("the folder was there")


@pytest.fixture
def job() -> dg.JobDefinition:
    defs = dg.Definitions(
        assets=[hours, broken], asset_checks=[daily], executor=dg.in_process_executor
    )
    return defs.resolve_implicit_global_asset_job_def()


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def test_a_run_shows_its_assets_checks_partitions_and_place(
    instance: dg.DagsterInstance, job: dg.JobDefinition
) -> None:
    check = dg.AssetCheckKey(FIRST, "is_whole")
    tags = {"task": "hours", **range_tags("2026-08-01-03:00", "2026-08-01-05:00")}
    result = execute_here(instance, job, [FIRST], [check], tags=tags, config={})
    assert result.success
    (run,) = instance.get_runs()
    assert run.asset_selection == {FIRST}
    assert run.asset_check_selection == {check}
    assert tags.items() <= run.tags.items()
    assert run.tags["dagster/code_location"] == "cdp"  # by it the timeline finds the run
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.repository_origin.get_label() == "__repository__@cdp"
    assert instance.get_materialized_partitions(FIRST) == {
        f"2026-08-01-0{hour}:00" for hour in (3, 4, 5)
    }
    assert instance.get_materialized_partitions(SECOND) == set()


def test_a_run_of_checks_alone_shows_them_and_no_asset(
    instance: dg.DagsterInstance, job: dg.JobDefinition
) -> None:
    check = dg.AssetCheckKey(SECOND, "daily")
    assert execute_here(instance, job, [], [check], tags={}, config={}).success
    (run,) = instance.get_runs()
    assert run.asset_selection == frozenset()
    assert run.asset_check_selection == {check}
    assert [r.event.asset_check_evaluation.check_name for r in _evaluations(instance)] == ["daily"]


def test_a_failure_is_in_the_result_and_in_the_record(
    instance: dg.DagsterInstance, job: dg.JobDefinition
) -> None:
    result = execute_here(instance, job, [dg.AssetKey("third")], [], tags={}, config={})
    assert not result.success
    (run,) = instance.get_runs()
    assert run.status is dg.DagsterRunStatus.FAILURE


def test_a_run_that_fails_before_its_first_step_says_why(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    defs = dg.Definitions(
        assets=[needs_folder], resources={"folder": folder}, executor=dg.in_process_executor
    )
    monkeypatch.setattr(refresh, "source_version", lambda *_: "1")
    monkeypatch.setattr(refresh, "this_process", lambda _: "host:1:a")
    refresher = refresh.Refresher(
        defs,
        instance,
        Warehouse(),
        as_of=datetime(2026, 8, 1, tzinfo=UTC),
        user="ann",
        progress=said.append,
    )
    planned = refresh.PlannedRun("fourth", (dg.AssetKey("fourth"),), "", "", 1)
    error = "the run failed outside its steps: ValueError: no such folder"
    assert refresher.launch(planned).error == error
    (line,) = said
    assert line.startswith("fourth: FAILED in ")
    assert line.endswith(error)


def _evaluations(instance: dg.DagsterInstance):
    keys = [dg.AssetCheckKey(SECOND, name) for name in ("b", "daily")]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return [record for record in found.values() if record.event is not None]
