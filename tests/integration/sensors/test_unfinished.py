"""Hours and weeks that ended and that no run finished are asked for again, apart from the ticks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import pytest

from cdp_assets.jobs import HOURLY_JOB, WEEKLY_JOB, build_jobs
from cdp_assets.settings import publish_environment
from cdp_assets.validators.registry import load_registry
from resources.warehouse import Warehouse
from sensors.unfinished_sensor import SENSOR, build_unfinished_sensor, plan_evaluation
from tests.integration.sensors.world import HOUR, HOURS, NOON, PIECES, REPEATED, WEEK, World, every

pytestmark = pytest.mark.integration

CLAIMED = "filplus/client_claims_hourly"
TOTALS = "filplus/client_provider_distribution_weekly_acc"
WEEKLY = (PIECES, REPEATED, TOTALS)
MONDAY = datetime(2026, 8, 10, tzinfo=UTC)  # of the running week
CLOSED = every(MONDAY - 6 * WEEK, 6, WEEK)
ENDED = every(MONDAY - 6 * WEEK, 6 * 168 + 2 * 24 + 11)  # up to ten o'clock


def _asset(key: str, *above: str) -> dg.AssetsDefinition:
    hourly = key in (HOURS, CLAIMED)
    tags = {"domain": "filplus", "cadence": "hourly" if hourly else "weekly", "layer": "mart"}

    @dg.asset(key=key.split("/"), deps=[dg.AssetKey(k.split("/")) for k in above], tags=tags)
    def table() -> None: ...

    return table


JOBS = [job for job in build_jobs(load_registry(), []) if job.name in (HOURLY_JOB, WEEKLY_JOB)]
DEFS = dg.Definitions(
    jobs=JOBS,
    assets=[
        _asset(HOURS), _asset(CLAIMED), _asset(PIECES, HOURS), _asset(REPEATED, PIECES),
        _asset(TOTALS, REPEATED),
    ]
)  # fmt: skip


def _keys(names: Sequence[str]) -> list[dg.AssetKey]:
    return [dg.AssetKey(name.split("/")) for name in names]


def _asked(world: World, now: datetime | None = None) -> tuple[object, ...] | None:
    """Return job, tables, first and last key of what an evaluation asks for; null for nothing."""
    jobs = {HOURLY_JOB: _keys([HOURS, CLAIMED]), WEEKLY_JOB: _keys(WEEKLY)}
    graph = DEFS.resolve_asset_graph()
    request = plan_evaluation(world.connection, graph, jobs, now or world.now)
    if isinstance(request, dg.SkipReason):
        return None
    assert request.run_key is not None
    world.run_keys.append(request.run_key)
    assert request.tags["user"] == f"sensor:{SENSOR}"
    tables = [key.to_user_string() for key in request.asset_selection or []]
    ends = ("start", "end")
    return (
        request.job_name, tables,
        *(request.tags[f"dagster/asset_partition_range_{end}"] for end in ends),
    )  # fmt: skip


@pytest.fixture
def finished(world: World) -> World:
    """Six closed weeks, made; nothing is unfinished."""
    for table in (HOURS, CLAIMED):
        world.make(table, ENDED, HOUR)
    for table in WEEKLY:
        world.make(table, CLOSED, WEEK)
    assert _asked(world) is None
    return world


def _change(world: World, table: str, start: datetime, assignment: str) -> None:
    done = world.connection.execute(
        f"update ops.asset_partition_status set {assignment} "
        "where asset_key = %s and window_start = %s",
        [table, start],
    )
    assert done.rowcount == 1


FAILED = "state = 'FAILED', version = null, is_final = false, error_code = 'Error'"


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(
            "is_final = false, as_of = window_end - interval '1 minute'", id="made before it ended"
        ),
        pytest.param(FAILED, id="never made, the run failed"),
        pytest.param("error_code = 'OperationalError'", id="the last run failed"),
    ],
)
def test_an_hour_that_no_run_finished_is_asked_for_with_those_up_to_the_last(
    finished: World, state: str
) -> None:
    nine = NOON.replace(hour=9, minute=0)
    _change(finished, HOURS, nine, state)
    assert _asked(finished) == (HOURLY_JOB, [HOURS], "2026-08-12-09:00", "2026-08-12-09:00")
    _change(finished, CLAIMED, nine - 20 * HOUR, state)
    tables = [HOURS, CLAIMED]
    assert _asked(finished) == (HOURLY_JOB, tables, "2026-08-11-13:00", "2026-08-12-09:00")


def test_a_gap_is_asked_for_and_what_was_never_made_is_not(world: World) -> None:
    world.make(HOURS, every(NOON.replace(minute=0) - 30 * HOUR, 3), HOUR)
    world.make(HOURS, every(NOON.replace(minute=0) - 5 * HOUR, 4), HOUR)
    assert _asked(world) == (HOURLY_JOB, [HOURS], "2026-08-11-09:00", "2026-08-12-06:00")


def test_an_hour_is_asked_for_at_most_once_an_hour_and_for_seven_days(finished: World) -> None:
    _change(finished, HOURS, NOON.replace(hour=9, minute=0), FAILED)
    for minute in (5, 35, 55):
        assert _asked(finished, NOON.replace(minute=minute)) is not None
    assert len(set(finished.run_keys)) == 1
    _asked(finished, NOON.replace(hour=13))
    assert len(set(finished.run_keys)) == 2
    good = "state = 'MATERIALIZED', version = 1, is_final = true, error_code = null"
    _change(finished, HOURS, NOON.replace(hour=9, minute=0), good)
    _change(finished, HOURS, NOON.replace(minute=0) - 171 * HOUR, FAILED)
    assert _asked(finished) is None


def test_the_hour_that_the_next_tick_makes_is_left_to_it(finished: World) -> None:
    _change(finished, HOURS, NOON.replace(hour=10, minute=0), FAILED)
    assert _asked(finished, NOON.replace(hour=11, minute=5)) is None
    assert _asked(finished, NOON.replace(hour=11, minute=11)) is not None


def test_what_a_check_refuses_is_for_people(finished: World) -> None:
    _change(finished, HOURS, NOON.replace(hour=9, minute=0), "state = 'CHECK_FAILED'")
    _change(finished, TOTALS, CLOSED[-1], "state = 'CHECK_FAILED', error_code = 'check:x'")
    assert _asked(finished) is None


def test_a_week_that_cannot_be_final_yet_is_not_asked_for_each_hour(finished: World) -> None:
    # As classes where no bookkeeping is read: made after the week ended, and all there is.
    _change(finished, REPEATED, CLOSED[-2], "is_final = false")
    assert _asked(finished) is None


def test_a_week_that_no_run_finished_is_asked_for_with_all_later_closed_ones(
    finished: World,
) -> None:
    _change(
        finished, REPEATED, CLOSED[-2], "is_final = false, as_of = window_end - interval '1 minute'"
    )
    tables = [REPEATED, TOTALS]
    assert _asked(finished) == (WEEKLY_JOB, tables, "2026-07-27", "2026-08-03")
    assert _asked(finished, MONDAY + 9 * HOUR) == (WEEKLY_JOB, tables, "2026-07-27", "2026-07-27")


def test_a_run_that_broke_off_between_two_tables_is_finished(finished: World) -> None:
    _change(finished, TOTALS, CLOSED[-2], f"""input_versions = '{{"{REPEATED}": 1}}'""")
    _change(finished, TOTALS, CLOSED[-1], f"""input_versions = '{{"{REPEATED}": 1}}'""")
    assert _asked(finished) is None
    _change(finished, REPEATED, CLOSED[-2], "version = 2")
    assert _asked(finished) == (WEEKLY_JOB, [TOTALS], "2026-07-27", "2026-08-03")
    _change(finished, TOTALS, CLOSED[-2], f"""input_versions = '{{"{REPEATED}": 2}}'""")
    assert _asked(finished) == (WEEKLY_JOB, [TOTALS], "2026-08-03", "2026-08-03")


def test_weeks_wait_for_their_hours_without_a_run_that_would_be_refused(finished: World) -> None:
    _change(
        finished, REPEATED, CLOSED[-1], "is_final = false, as_of = window_end - interval '1 minute'"
    )
    _change(finished, HOURS, CLOSED[-1] + 5 * HOUR, "state = 'CHECK_FAILED'")
    assert _asked(finished) is None


def test_weeks_of_more_than_five_weeks_ago_are_for_people(finished: World) -> None:
    _change(
        finished, REPEATED, CLOSED[0], "is_final = false, as_of = window_end - interval '1 minute'"
    )
    assert _asked(finished) is None


def test_the_sensor_itself_asks_unless_a_run_of_its_jobs_is_in_progress(finished: World) -> None:
    publish_environment({"CDP_AS_OF": NOON.isoformat()})
    _change(finished, HOURS, NOON.replace(hour=9, minute=0), FAILED)
    info = finished.connection.info
    url = f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    sensor = build_unfinished_sensor(JOBS, dg.DefaultSensorStatus.STOPPED)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance, resources={"warehouse": Warehouse(url=url)}, definitions=DEFS
        )
        (request,) = sensor.evaluate_tick(context).run_requests or []
        assert request.job_name == HOURLY_JOB
        assert [key.to_user_string() for key in request.asset_selection or []] == [HOURS]
        job = DEFS.resolve_job_def(WEEKLY_JOB)
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        tick = sensor.evaluate_tick(context)
        assert (tick.run_requests, tick.skip_message) == (
            [], "a run of filplus_weekly_job is in progress",
        )  # fmt: skip
