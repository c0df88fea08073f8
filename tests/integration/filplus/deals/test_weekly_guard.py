"""When a week is made, and when it is refused (U-09); what a failing check marks (U-20, U-23)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import dagster as dg
import psycopg
import pytest

from bench.deal_tables import HOURLY, WEEKLY
from cdp_assets.core.dbt import assets as dbt_assets
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.errors import MissingUpstream
from sensors.alerts import FailureCursor, record_outcomes
from tests.integration.filplus.pipeline import Pipeline

pytestmark = pytest.mark.integration

MONDAY = datetime(2024, 3, 11, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
FIRST = datetime(2024, 2, 19, tzinfo=UTC)
DEAL: LiteralString = (
    'insert into unified_verified_deal ("clientId", "providerId", "pieceCid", "pieceSize", '
    '"termStart") values '
)
LATE_IN_THE_HOUR = MONDAY + timedelta(hours=2, minutes=50)


@pytest.fixture
def closed(worked_example: Pipeline) -> Pipeline:
    """The worked example with all hours up to Monday 03:00 made at that instant."""
    worked_example.at(MONDAY + 3 * HOUR).sync()
    assert all(r.is_good for r in worked_example.build(HOURLY, FIRST, MONDAY + 3 * HOUR))
    return worked_example


def test_a_week_with_an_hour_removed_is_refused_and_the_hour_is_named(closed: Pipeline) -> None:
    closed.at(MONDAY + 2 * HOUR)
    with closed.warehouse.connect() as connection:
        connection.execute(
            "delete from ops.asset_partition_status where partition_key = '2024-03-04-01:00'"
        )
    with pytest.raises(MissingUpstream, match=r"1 hour .* 2024-03-04-01:00 \(missing\)") as caught:
        closed.build(WEEKLY, MONDAY - WEEK, MONDAY)
    assert "refresh filplus/unified_verified_deal_hourly first" in str(caught.value)
    assert closed.rows("client_provider_distribution_weekly") == []


def test_a_week_with_an_hour_that_a_later_sync_touched_is_refused(closed: Pipeline) -> None:
    closed.at(MONDAY + 2 * HOUR)
    with psycopg.connect(closed.dmob) as source:
        source.execute(
            'update unified_verified_deal set "pieceSize" = 31 where "termStart" = 3706920'
        )
    closed.sync()
    with pytest.raises(MissingUpstream, match=r"2024-03-04-01:00 \(changed since\)"):
        closed.build(WEEKLY, MONDAY - WEEK, MONDAY)


def test_an_hour_made_before_it_ended_keeps_its_week_open(worked_example: Pipeline) -> None:
    worked_example.at(LATE_IN_THE_HOUR).sync()
    worked_example.build(HOURLY, FIRST, MONDAY + 3 * HOUR)
    worked_example.at(LATE_IN_THE_HOUR + HOUR)
    worked_example.build(HOURLY, MONDAY + 3 * HOUR, MONDAY + 4 * HOUR)
    with pytest.raises(MissingUpstream, match=r"2024-03-11-02:00 \(built before it ended\)"):
        worked_example.build(WEEKLY, MONDAY, MONDAY + WEEK)


def test_running_totals_without_the_piece_history_before_them_are_refused(closed: Pipeline) -> None:
    closed.at(MONDAY + 2 * HOUR)
    with pytest.raises(MissingUpstream, match=r"2 earlier weeks of the piece table .* 2024-02-19"):
        closed.build(WEEKLY, MONDAY - WEEK, MONDAY)


def test_a_running_week_made_minutes_after_its_hour_does_not_count_what_started_in_between(
    worked_example: Pipeline,
) -> None:
    # The deals of 02:00:00 and 02:00:30 are in the hour; one starts between the two runs.
    with psycopg.connect(worked_example.dmob) as source:
        source.execute(
            'insert into unified_verified_deal ("clientId", "providerId", "pieceCid", "pieceSize", '
            "\"termStart\") values ('100', '200', 'Q', 8, 3727310)"  # 02:55:00
        )
    worked_example.at(LATE_IN_THE_HOUR).sync()
    worked_example.build(HOURLY, FIRST, MONDAY + 3 * HOUR)
    worked_example.at(LATE_IN_THE_HOUR + timedelta(minutes=8))
    worked_example.build(WEEKLY, FIRST, MONDAY)
    results = worked_example.build(WEEKLY, MONDAY, MONDAY + WEEK)
    assert [r.unique_id for r in results if not r.is_good] == []
    totals = [row[3] for row in worked_example.rows("client_provider_distribution_weekly")]
    assert sum(totals) == 32 + 32 + 32 + 64 + 32 + 16


@pytest.mark.usefixtures("nobody_known")
def test_a_deal_deleted_between_the_guard_and_the_first_statement_is_gone_after_the_next_run(
    closed: Pipeline, definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed.refresh(definitions)
    now = MONDAY + 4 * HOUR
    _in_source(closed, DEAL + "('100', '200', 'N', 8, 3727300)")
    closed.at(now).sync()
    assert all(r.is_good for r in closed.build(HOURLY, MONDAY, now + HOUR))
    guard = dbt_assets.run_variables

    def overtaken(*arguments: Any) -> dict[str, object]:
        variables = guard(*arguments)
        _in_source(closed, "delete from unified_verified_deal where \"providerId\" = '202'")
        closed.sync()
        return variables

    with monkeypatch.context() as patched:
        patched.setattr(dbt_assets, "run_variables", overtaken)
        closed.build(WEEKLY, MONDAY, MONDAY + WEEK)
    assert closed.gained[-1] == "2024-03-11"
    closed.refresh(definitions)
    with closed.warehouse.connect() as connection:
        left = connection.execute(
            "select count(*) from intermediate.client_provider_piece_weekly where provider_id = 202"
        ).fetchall()
    assert left == [(0,)]
    for table in ("client_provider_distribution_weekly", "client_provider_distribution"):
        assert [row for row in closed.rows(table) if "f0202" in row] == []


def _in_source(pipeline: Pipeline, statement: LiteralString) -> None:
    with psycopg.connect(pipeline.dmob) as source:
        source.execute(statement)


def test_a_broken_hour_is_marked_alone_and_everything_else_is_reported(
    definitions: dg.Definitions, instance: dg.DagsterInstance, worked_example: Pipeline
) -> None:
    pipeline = worked_example.at(MONDAY + 4 * HOUR)
    pipeline.sync()
    with pipeline.warehouse.connect() as connection:  # a defect that only the check can see
        connection.execute(
            "update raw_dmob.unified_verified_deal set piece_size = -1, deal_id = 7 "
            "where started_at = '2024-03-11 02:00:00'"
        )
    refresher = Refresher(
        definitions, instance, pipeline.warehouse, as_of=MONDAY + 4 * HOUR, user="ann"
    )
    chosen = {dg.AssetKey(["filplus", name]) for name in HOURLY}
    report = refresher.refresh(chosen, (MONDAY, MONDAY + 4 * HOUR))
    assert [(run.first, run.last) for run in report.runs] == [
        ("2024-03-11-00:00", "2024-03-11-03:00")
    ]
    error = report.runs[0].error or ""
    assert "hourly_ddo_is_part_of_all (fail: Got 1 result" in error
    assert "client_claims_hourly (skipped" in error
    with pipeline.warehouse.connect() as connection:
        states = connection.execute(
            "select partition_key, state, error_code from ops.asset_partition_status "
            "where asset_key = 'filplus/unified_verified_deal_hourly' order by 1"
        ).fetchall()
        skipped = connection.execute(
            "select distinct state, version from ops.asset_partition_status "
            "where asset_key = 'filplus/client_claims_hourly'"
        ).fetchall()
        outcomes = connection.execute(
            "select asset_key, outcome, rows_written from ops.runs "
            "where asset_key like 'filplus/%' order by 1"
        ).fetchall()
    assert [(key[-5:], state) for key, state, _ in states] == [
        ("00:00", "MATERIALIZED"),
        ("01:00", "MATERIALIZED"),
        ("02:00", "CHECK_FAILED"),
        ("03:00", "MATERIALIZED"),
    ]
    assert [code for _, _, code in states if code] == ["check:hourly_ddo_is_part_of_all"]
    assert skipped == [("FAILED", None)]
    assert outcomes[1][2] == 3
    _assert_dagster_saw_the_failing_check(instance)
    hour = "2024-03-11-02:00"
    assert _alerts(instance, pipeline) == [
        ("check", "hourly_ddo_is_part_of_all", hour, hour),
        ("run", "", "2024-03-11-00:00", "2024-03-11-03:00"),
    ]
    _assert_mended_it_is_good_and_nothing_is_due(refresher, chosen, pipeline)
    assert _alerts(instance, pipeline) == []


def _alerts(instance: dg.DagsterInstance, pipeline: Pipeline) -> list[tuple[str, ...]]:
    """Let the sensor of failures look; return what is open."""
    with pipeline.warehouse.connect(autocommit=True) as connection:
        record_outcomes(instance, connection, FailureCursor())
        return connection.execute(
            "select kind, check_name, first_partition, last_partition from ops.open_alerts "
            "order by 1, 2"
        ).fetchall()


def _assert_mended_it_is_good_and_nothing_is_due(
    refresher: Refresher, chosen: set[dg.AssetKey], pipeline: Pipeline
) -> None:
    pipeline.sync()  # the whole comparison finds what was broken by hand
    window = (MONDAY, MONDAY + 4 * HOUR)
    assert [run.error for run in refresher.refresh(chosen, window).runs] == [None]
    assert refresher.refresh(chosen, window).runs == []
    with pipeline.warehouse.connect() as connection:
        states = connection.execute(
            "select distinct state, error_code, window_end - window_start "
            "from ops.asset_partition_status where asset_key like 'filplus/%hourly'"
        ).fetchall()
    assert states == [("MATERIALIZED", None, HOUR)]


def _assert_dagster_saw_the_failing_check(instance: dg.DagsterInstance) -> None:
    run_id = instance.get_run_records(limit=1)[0].dagster_run.run_id
    checks = [
        event.dagster_event.asset_check_evaluation_data
        for event in instance.all_logs(run_id)
        if event.dagster_event and event.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    by_name = {check.check_name: check for check in checks}
    assert by_name["hourly_ids_are_actor_ids"].passed
    broken = by_name["hourly_ddo_is_part_of_all"]
    assert not broken.passed
    assert broken.severity == dg.AssetCheckSeverity.ERROR
    assert broken.metadata["failing_rows"].value == 1
    assert broken.metadata["samples"].value[0]["hour"] == "2024-03-11 02:00:00"
    assert "select" in broken.metadata["sql"].value
    assert broken.description.startswith("1 row breaks the rule.")
