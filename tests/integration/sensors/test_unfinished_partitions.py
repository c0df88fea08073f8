"""Hours and weeks that ended and that no run finished are asked for again, apart from the ticks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import pytest

from cdp_assets.core.planning.asset_facts import IS_CUMULATIVE
from cdp_assets.filplus.jobs import HOURLY_JOB, WEEKLY_JOB
from cdp_assets.filplus.jobs import JOBS as ALL_JOBS
from cdp_assets.settings import publish_environment
from resources.postgres.warehouse import Warehouse
from sensors.unfinished_partitions import (
    SENSOR,
    build_unfinished_partitions_sensor,
    plan_evaluation,
)
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

    facts = {IS_CUMULATIVE: True} if key in (REPEATED, TOTALS) else {}

    @dg.asset(
        key=key.split("/"),
        deps=[dg.AssetKey(k.split("/")) for k in above],
        tags=tags,
        metadata=facts,
    )
    def table() -> None: ...

    return table


JOBS = [job for job in ALL_JOBS if job.name in (HOURLY_JOB, WEEKLY_JOB)]
DEFS = dg.Definitions(
    jobs=JOBS,
    assets=[
        _asset(HOURS),
        _asset(CLAIMED),
        _asset(PIECES, HOURS),
        _asset(REPEATED, PIECES),
        _asset(TOTALS, REPEATED),
    ],
)


def _keys(names: Sequence[str]) -> list[dg.AssetKey]:
    return [dg.AssetKey(name.split("/")) for name in names]


def _asked(world: World, now: datetime | None = None) -> tuple[object, ...] | None:
    """Return job, tables, first and last key of what an evaluation asks for; null for nothing."""
    jobs = {HOURLY_JOB: _keys([HOURS, CLAIMED]), WEEKLY_JOB: _keys(WEEKLY)}
    graph = DEFS.resolve_asset_graph()
    requests = plan_evaluation(world.connection, graph, jobs, now or world.now)
    if not requests:
        return None
    request = requests[0]
    assert request.run_key is not None
    world.run_keys.append(request.run_key)
    assert request.tags["user"] == f"sensor:{SENSOR}"
    tables = [key.to_user_string() for key in request.asset_selection or []]
    ends = ("start", "end")
    return (
        request.job_name,
        tables,
        *(request.tags[f"dagster/asset_partition_range_{end}"] for end in ends),
    )


def _all_asked(world: World) -> list[tuple[str | None, str]]:
    jobs = {HOURLY_JOB: _keys([HOURS, CLAIMED]), WEEKLY_JOB: _keys(WEEKLY)}
    graph = DEFS.resolve_asset_graph()
    found = plan_evaluation(world.connection, graph, jobs, world.now)
    return [(one.job_name, one.tags["dagster/asset_partition_range_start"]) for one in found]


def _told(world: World) -> list[tuple[object, ...]]:
    """Return the open alerts about gaps."""
    return world.connection.execute(
        "select subject, first_partition, last_partition, message, failures from ops.open_alerts "
        "where kind = 'gap' order by 1, 2"
    ).fetchall()


def _hour(start: datetime) -> str:
    return f"{start:%Y-%m-%d-%H:%M}"


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


def test_a_failed_hour_is_asked_for_once_an_hour_for_seven_days_then_told_with_the_line_to_type(
    finished: World,
) -> None:
    _change(finished, HOURS, NOON.replace(hour=9, minute=0), FAILED)
    for minute in (5, 35, 55):
        assert _asked(finished, NOON.replace(minute=minute)) is not None
    assert len(set(finished.run_keys)) == 1
    _asked(finished, NOON.replace(hour=13))
    assert len(set(finished.run_keys)) == 2
    good = "state = 'MATERIALIZED', version = 1, is_final = true, error_code = null"
    _change(finished, HOURS, NOON.replace(hour=9, minute=0), good)
    old = NOON.replace(minute=0) - 171 * HOUR
    _change(finished, HOURS, old, FAILED + ", error_message = 'the disk is full'")
    assert _told(finished) == []
    assert _asked(finished) is None
    line = f"cdp backfill {HOURS} --from 2026-08-05T09:00 --to 2026-08-05T10:00"
    expected = (
        HOURS,
        "2026-08-05-09:00",
        "2026-08-05-09:00",
        f"{line} builds what is no longer retried automatically: the disk is full",
        1,
    )
    for _ in range(3):
        assert _asked(finished) is None
        assert _told(finished) == [expected]
    _change(finished, HOURS, old, good)
    assert _asked(finished) is None
    assert _told(finished) == []


def test_an_old_gap_that_nobody_tried_is_asked_for_oldest_first_a_week_at_a_time(
    finished: World,
) -> None:
    gap = every(ENDED[100], 400)
    finished.forget(HOURS, gap)
    assert _asked(finished) == (HOURLY_JOB, [HOURS], _hour(gap[0]), _hour(gap[167]))
    finished.make(HOURS, gap[:168], HOUR)
    assert _asked(finished) == (HOURLY_JOB, [HOURS], _hour(gap[168]), _hour(gap[335]))
    finished.make(HOURS, gap[168:336], HOUR)
    assert _asked(finished) == (HOURLY_JOB, [HOURS], _hour(gap[336]), _hour(gap[399]))
    finished.make(HOURS, gap[336:], HOUR)
    assert _asked(finished) is None
    assert len(set(finished.run_keys)) == 3
    assert _told(finished) == []


def test_an_hour_that_cannot_be_made_holds_up_no_older_gap_and_no_week(finished: World) -> None:
    _change(finished, HOURS, ENDED[-2], FAILED)
    finished.forget(HOURS, ENDED[10:12])
    assert _asked(finished) == (HOURLY_JOB, [HOURS], _hour(ENDED[10]), _hour(ENDED[11]))
    finished.make(HOURS, ENDED[10:12], HOUR)
    finished.forget(TOTALS, CLOSED[-1:])
    asked = _all_asked(finished)
    assert asked == [(HOURLY_JOB, _hour(ENDED[-2])), (WEEKLY_JOB, "2026-08-03")]


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


def test_weeks_wait_for_their_hours_without_a_run_that_would_be_refused_and_say_so(
    finished: World,
) -> None:
    _change(
        finished, REPEATED, CLOSED[-1], "is_final = false, as_of = window_end - interval '1 minute'"
    )
    _change(finished, HOURS, CLOSED[-1] + 5 * HOUR, "state = 'CHECK_FAILED'")
    for _ in range(2):
        assert _asked(finished) is None
    ((subject, first, last, message, failures),) = _told(finished)
    assert failures == 1
    assert (subject, first, last) == (REPEATED, "2026-08-03", "2026-08-03")
    assert "05:00 (check_failed)" in message
    assert f"cdp backfill {HOURS} --from 2026-08-03T00:00 --to 2026-08-10T00:00 && " in message
    assert f"cdp backfill {REPEATED} --from 2026-08-03T00:00 --to 2026-08-10T00:00" in message
    _change(finished, HOURS, CLOSED[-1] + 5 * HOUR, "state = 'MATERIALIZED'")
    assert _asked(finished) is not None
    assert _told(finished) == []


def test_a_week_of_long_ago_is_asked_for_while_nobody_tried_it_then_told(finished: World) -> None:
    _change(
        finished, REPEATED, CLOSED[0], "is_final = false, as_of = window_end - interval '1 minute'"
    )
    assert _asked(finished) == (WEEKLY_JOB, [REPEATED, TOTALS], "2026-06-29", "2026-08-03")
    _change(finished, REPEATED, CLOSED[0], "error_code = 'Error', last_failed_at = now()")
    assert _asked(finished) is None
    ((subject, first, last, _, _),) = _told(finished)
    assert (subject, first, last) == (REPEATED, "2026-06-29", "2026-06-29")


def test_the_sensor_itself_asks_unless_a_run_of_its_jobs_is_in_progress(finished: World) -> None:
    publish_environment({"CDP_AS_OF": NOON.isoformat()})
    _change(finished, HOURS, NOON.replace(hour=9, minute=0), FAILED)
    info = finished.connection.info
    url = f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    sensor = build_unfinished_partitions_sensor(JOBS, dg.DefaultSensorStatus.STOPPED)
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
        assert [request.job_name for request in tick.run_requests or []] == [HOURLY_JOB]
        job = DEFS.resolve_job_def(HOURLY_JOB)
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTING)
        tick = sensor.evaluate_tick(context)
        assert (tick.run_requests, tick.skip_message) == (
            [],
            f"nothing to request (in progress: {HOURLY_JOB}, {WEEKLY_JOB})",
        )
