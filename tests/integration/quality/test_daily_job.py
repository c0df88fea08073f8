"""The daily job as Dagster runs it: one run, many results, a config that refuses nonsense."""

from __future__ import annotations

import dagster as dg
import psycopg
import pytest

from cdp_assets.quality.check_homes import about
from cdp_assets.quality.daily_checks import CHECKS, QUALITY_JOB, TableChecksConfig
from cdp_assets.quality.row_counts import CHECK
from cdp_assets.quality.source_warnings import DEAL_WARNINGS
from cdp_assets.quality.suites import load_suites
from cdp_assets.settings import publish_environment
from resources.dbt_runner import make_manifest
from resources.postgres.warehouse import Warehouse

pytestmark = pytest.mark.integration


@pytest.fixture
def definitions(built: Warehouse) -> dg.Definitions:
    """The code location over a copy of the built warehouse."""
    make_manifest()
    from cdp_assets.definitions import build_defs  # the manifest must be there first

    publish_environment({"DATABASE_URL": built.url})
    return build_defs(resource_overrides={"warehouse": built})


def _results(run: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {":".join(about(each)): each for each in run.get_asset_check_evaluations()}


def test_one_run_reports_every_check_and_a_red_one_does_not_stop_it(
    definitions: dg.Definitions, built: Warehouse
) -> None:
    with psycopg.connect(built.url) as owner:
        owner.execute("update filplus.client_provider_distribution set claims_count = 0")
    job = definitions.resolve_job_def(QUALITY_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(instance=instance)
    assert run.success
    results = _results(run)
    expected = sum(len(suite.expectations) for suite in load_suites())
    watched = [name for name in results if name.endswith(f":{CHECK}")]
    assert len(results) == expected + len(CHECKS) + len(DEAL_WARNINGS) + len(watched)
    assert {
        f"filplus/unified_verified_deal_hourly:{CHECK}",
        f"filplus/providers_weekly:{CHECK}",
        f"filplus/client_report:{CHECK}",
        f"filplus/clients_stats_daily:{CHECK}",
    } <= set(watched)
    for name in ("pairs_equal_their_hours", "claims_are_counted"):
        red = results[f"filplus/client_provider_distribution:{name}"]
        assert (red.passed, red.severity) == (False, dg.AssetCheckSeverity.ERROR), name
    for name, each in results.items():
        assert {"failing_rows", "sql"} <= set(each.metadata), name
        assert each.passed is (each.metadata["failing_rows"].value == 0), name
        assert each.description, name


def test_a_single_check_can_be_run_alone(definitions: dg.Definitions) -> None:
    chosen = dg.AssetCheckKey(
        dg.AssetKey(["ops", "filplus_sources_quality"]),
        "unified_verified_deal__deals_are_not_slashed",
    )
    job = definitions.resolve_job_def(QUALITY_JOB)
    alone = job.get_subset(asset_selection=set(), asset_check_selection={chosen})
    with dg.DagsterInstance.ephemeral() as instance:
        run = alone.execute_in_process(instance=instance)
    assert set(_results(run)) == {"raw_dmob/unified_verified_deal:deals_are_not_slashed"}


@pytest.mark.parametrize(
    "chosen",
    [
        dg.AssetCheckKey(
            dg.AssetKey(["ops", "filplus_sources_quality"]),
            "unified_verified_deal__deals_are_not_slashed",
        ),
        dg.AssetCheckKey(
            dg.AssetKey(["ops", "filplus_entities_quality"]),
            "client_provider_distribution__claims_are_counted",
        ),
    ],
    ids=["in Postgres", "by Great Expectations"],
)
def test_a_run_says_who_launched_it_and_of_which_source_version(
    definitions: dg.Definitions, chosen: dg.AssetCheckKey
) -> None:
    job = definitions.resolve_job_def(QUALITY_JOB)
    alone = job.get_subset(asset_selection=set(), asset_check_selection={chosen})
    scheduled = {"dagster/schedule_name": "data_quality_daily_schedule"}
    with dg.DagsterInstance.ephemeral() as instance:
        run = alone.execute_in_process(instance=instance, tags=scheduled)
        tags = instance.get_run_by_id(run.run_id).tags
    assert tags["user"] == "schedule:data_quality_daily_schedule"
    assert int(tags["source_version"]) > 0


def test_a_day_that_has_not_ended_fails_the_run_with_what_to_write(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def(QUALITY_JOB)
    config = {"ops": {"table_checks": {"config": {"day": "2024-03-15"}}}}
    with (
        dg.DagsterInstance.ephemeral() as instance,
        pytest.raises(dg.Failure, match="2024-03-15 is no UTC day that ended by 2024-03-15 12:00"),
    ):
        job.execute_in_process(instance=instance, run_config=config)


@pytest.mark.parametrize("wrong", [{"history_weeks": "many"}, {"weeks": 8}], ids=str)
def test_a_value_of_the_wrong_kind_is_refused_before_the_launch(
    definitions: dg.Definitions, wrong: dict[str, object]
) -> None:
    job = definitions.resolve_job_def(QUALITY_JOB)
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"ops": {"table_checks": {"config": wrong}}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "11.3.2024"},
        {"history_weeks": 0},
        {"factor": 1},
        {"minimum_history": 0},
        {"smallest_count": -1},
    ],
    ids=str,
)
def test_a_value_out_of_its_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TableChecksConfig(**wrong)


def test_every_field_of_the_config_says_what_it_is_and_has_a_default() -> None:
    fields = TableChecksConfig.model_fields
    assert {n for n, field in fields.items() if field.is_required() or not field.description} == (
        set()
    )
