"""Late rows heal closed hours, then weeks: each sync once, in few runs."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from cdp_assets import partitions
from cdp_assets.settings import parse_settings
from resources.postgres.warehouse import Warehouse
from sensors.late_data import build_late_data_sensor, plan_tick, read_cursor
from tests.integration.sensors.world import HOUR, NOON, WEEK, World, every

pytestmark = pytest.mark.integration

HOURLY, WEEKLY = "filplus_hourly_job", "filplus_weekly_job"
MONDAY = datetime(2026, 8, 10, tzinfo=UTC)  # of the running week
FOUR_WEEKS = every(MONDAY - 3 * WEEK, 4, WEEK)
THEIR_HOURS = every(MONDAY - 3 * WEEK, 3 * 168 + 2 * 24 + 12)


@pytest.fixture
def history(world: World) -> World:
    """Four weeks up to the clock, landed and made; the sensor has seen them."""
    version = world.land(*THEIR_HOURS)
    world.make_hours(THEIR_HOURS, version)
    world.make_weeks(FOUR_WEEKS, version)
    for _ in range(3):
        assert world.tick() == []
    return world


def test_before_the_first_sync_nothing_is_asked_for(world: World) -> None:
    assert world.tick() == []


def test_switched_on_over_a_history_that_is_current_it_asks_for_nothing(history: World) -> None:
    assert history.run_keys == []


def test_a_late_row_asks_for_its_hour_then_for_its_week_and_all_later_closed_ones(
    history: World,
) -> None:
    late = MONDAY - 2 * WEEK + timedelta(days=2, hours=5)
    version = history.land(late)
    assert history.tick() == [(HOURLY, "2026-07-29-05:00", "2026-07-29-05:00")]
    assert history.tick() == []  # the week waits for the hour
    assert history.tick() == []
    history.make_hours([late], version)
    assert history.tick() == [(WEEKLY, "2026-07-27", "2026-08-03")]
    for _ in range(5):
        history.now += HOUR
        assert history.tick() == []


def test_an_older_grant_asks_for_the_weeks_of_grants_from_its_own_on_once(history: World) -> None:
    history.make_grant_weeks(FOUR_WEEKS, history.grant())
    assert history.tick() == []
    history.grant(MONDAY - 2 * WEEK + timedelta(days=2))
    result = plan_tick(history.connection, read_cursor(history.cursor), history.now)
    (request,) = result.run_requests or []
    selected = {key.path[-1] for key in request.asset_selection or []}
    assert {"client_allocator_distribution_weekly", "allocators_weekly_acc"} < selected
    assert {"allocator_sps_compliance_weekly", "compliance_histogram_weekly"} < selected
    assert not {name for name in selected if "provider" in name}
    assert history.tick() == [(WEEKLY, "2026-07-27", "2026-08-03")]
    for _ in range(5):
        history.now += HOUR
        assert history.tick() == []


def test_later_weeks_are_asked_for_when_only_the_touched_one_was_made_since(
    history: World,
) -> None:
    history.make_grant_weeks(FOUR_WEEKS, history.grant())
    history.tick()
    late = MONDAY - 3 * WEEK
    version = history.land(late)
    history.make_hours([late], version)
    history.make_weeks(FOUR_WEEKS[:1], version)
    history.make_grant_weeks(FOUR_WEEKS[:2], history.grant(late))
    assert history.tick() == []
    assert history.tick() == [(WEEKLY, "2026-07-27", "2026-08-03")]
    assert history.tick() == [(WEEKLY, "2026-08-03", "2026-08-03")]
    assert history.tick() == []


def test_grants_wait_for_touched_hours(history: World) -> None:
    history.make_grant_weeks(FOUR_WEEKS, history.grant())
    history.tick()
    late = MONDAY - 2 * WEEK
    version = history.land(late)
    history.grant(late)
    assert history.tick() == [(HOURLY, "2026-07-27-00:00", "2026-07-27-00:00")]
    assert history.tick() == []
    history.make_hours([late], version)
    assert history.tick() == [(WEEKLY, "2026-07-27", "2026-08-03")]
    assert history.tick() == [(WEEKLY, "2026-07-27", "2026-08-03")]
    assert len(set(history.run_keys)) == 3


def test_a_grant_of_the_running_week_is_left_to_the_schedule(history: World) -> None:
    history.make_grant_weeks(FOUR_WEEKS, history.grant())
    history.grant(MONDAY + 3 * HOUR)
    assert [history.tick() for _ in range(3)] == [[], [], []]


def test_the_running_week_is_left_to_the_schedule(history: World) -> None:
    late = MONDAY + timedelta(hours=3)
    version = history.land(late)
    assert history.tick() == [(HOURLY, "2026-08-10-03:00", "2026-08-10-03:00")]
    history.make_hours([late], version)
    assert history.tick() == []


def test_on_monday_the_week_that_ended_is_left_to_the_schedule_and_from_tuesday_on_it_is_not(
    history: World,
) -> None:
    late = MONDAY - timedelta(days=3)
    history.now = MONDAY + timedelta(hours=9, minutes=5)
    history.make_hours([late], history.land(late))
    assert history.tick() == []
    assert history.tick() == []
    history.now = MONDAY + timedelta(days=1, hours=9, minutes=5)
    history.make_hours([late], history.land(late))
    assert history.tick() == []
    assert history.tick() == [(WEEKLY, "2026-08-03", "2026-08-03")]


def test_hours_and_weeks_that_somebody_made_in_the_meantime_are_not_asked_for(
    history: World,
) -> None:
    late = MONDAY - 2 * WEEK
    version = history.land(late)
    history.make_hours([late], version)
    history.make_weeks(FOUR_WEEKS, version)
    assert [history.tick() for _ in range(3)] == [[], [], []]


def test_a_failed_hour_is_never_asked_for_again_for_the_same_sync(history: World) -> None:
    late = MONDAY - 2 * WEEK
    history.land(late)
    assert len(history.tick()) == 1
    for _ in range(30):
        history.now += HOUR
        assert history.tick() == []


def test_a_further_sync_asks_for_its_own_hours_only(history: World) -> None:
    first, second = MONDAY - 2 * WEEK, MONDAY - timedelta(days=4)
    history.land(first)
    history.tick()
    version = history.land(second)
    assert history.tick() == [(HOURLY, "2026-08-06-00:00", "2026-08-06-00:00")]
    history.make_hours([first, second], version)
    assert history.tick() == [(WEEKLY, "2026-07-27", "2026-08-03")]


def test_an_hour_touched_again_is_asked_for_again(history: World) -> None:
    late = MONDAY - 2 * WEEK
    history.make_hours([late], history.land(late))
    history.tick()
    history.land(late)
    assert history.tick() == [(HOURLY, "2026-07-27-00:00", "2026-07-27-00:00")]


def test_an_evaluation_that_was_lost_is_repeated_with_the_same_run_keys(history: World) -> None:
    history.land(MONDAY - 2 * WEEK, MONDAY - timedelta(days=4))
    before = history.cursor
    history.tick()
    history.cursor = before
    history.tick()
    assert len(history.run_keys) == 4
    assert len(set(history.run_keys)) == 2


def test_run_keys_of_two_syncs_differ(history: World) -> None:
    for _ in range(2):
        history.land(MONDAY - 2 * WEEK)
        history.tick()
    assert len(set(history.run_keys)) == 2


def test_a_sync_that_touched_nothing_asks_for_nothing(history: World) -> None:
    history.land()
    assert history.tick() == []


@pytest.mark.parametrize(
    ("minute", "wanted"),
    [
        pytest.param(5, [], id="the tick at ten past makes it"),
        pytest.param(
            16,
            [(HOURLY, "2026-08-12-11:00", "2026-08-12-11:00")],
            id="the tick at ten past was too early, the next one starts later",
        ),
    ],
)
def test_the_hour_that_just_ended_is_asked_for_only_if_no_schedule_will_make_it(
    history: World, minute: int, wanted: list[tuple[str, str, str]]
) -> None:
    history.now = NOON.replace(minute=minute)
    history.land(NOON.replace(hour=11, minute=0))
    assert history.tick() == wanted


def test_hours_up_to_two_days_apart_share_a_run(history: World) -> None:
    start = MONDAY - 2 * WEEK
    history.land(start, start + 49 * HOUR, start + 99 * HOUR)
    assert history.tick() == [
        (HOURLY, "2026-07-27-00:00", "2026-07-29-01:00"),
        (HOURLY, "2026-07-31-03:00", "2026-07-31-03:00"),
    ]


def test_more_than_twenty_ranges_are_asked_for_in_turns_and_none_twice(world: World) -> None:
    scattered = every(MONDAY - 60 * WEEK, 45, timedelta(days=5))
    world.make_hours(scattered, world.land(*scattered))
    world.tick()
    world.land(*scattered)
    turns = [world.tick() for _ in range(4)]
    assert [len(turn) for turn in turns] == [20, 20, 5, 0]
    asked = [first for turn in turns for _, first, _ in turn]
    assert asked == [f"{hour:%Y-%m-%d-%H:%M}" for hour in scattered]
    assert len(set(world.run_keys)) == 45


def test_a_sync_between_two_turns_waits_until_the_first_is_asked_for_in_full(world: World) -> None:
    scattered = every(MONDAY - 60 * WEEK, 25, timedelta(days=5))
    world.make_hours(scattered, world.land(*scattered))
    world.tick()
    world.land(*scattered)
    assert len(world.tick()) == 20
    world.land(scattered[0])
    assert len(world.tick()) == 5
    assert [first for _, first, _ in world.tick()] == [f"{scattered[0]:%Y-%m-%d-%H:%M}"]


def test_one_run_holds_at_most_a_thousand_hours(world: World) -> None:
    hours = every(MONDAY - 20 * WEEK, 2500)
    world.make_hours(hours, world.land(*hours))
    world.tick()
    world.land(*hours)
    requests = world.tick()
    assert len(requests) == 3
    assert requests[0][1] == f"{hours[0]:%Y-%m-%d-%H:%M}"
    assert requests[1][1] == f"{hours[1000]:%Y-%m-%d-%H:%M}"
    assert requests[2][2] == f"{hours[-1]:%Y-%m-%d-%H:%M}"


def test_hours_that_were_never_made_are_left_to_who_makes_them_first(world: World) -> None:
    world.land(*THEIR_HOURS)
    assert world.tick() == []


def test_a_late_row_older_than_the_programme_heals_its_first_week(world: World) -> None:
    first = datetime(2024, 2, 19, tzinfo=UTC)
    weeks = every(first, 3, WEEK)
    world.now = first + 3 * WEEK + timedelta(days=2)
    world.make_weeks(weeks, world.land())
    world.tick()
    world.land(first - 40 * WEEK)
    requests = [*world.tick(), *world.tick()]
    assert requests == [(WEEKLY, "2024-02-19", "2024-03-04")]


def test_a_late_row_before_a_moved_start_heals_the_first_hour_then_the_first_week(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = datetime(2024, 3, 11, tzinfo=UTC)
    moved = parse_settings({"CDP_PARTITIONS_START": first.isoformat()})
    monkeypatch.setattr(partitions, "hours", partitions.build_hours(moved))
    monkeypatch.setattr(partitions, "weeks", partitions.build_weeks(moved))
    world.now = first + 2 * WEEK + timedelta(days=2)
    version = world.land()
    world.make_hours(every(first, 400), version)
    world.make_weeks(every(first, 2, WEEK), version)
    world.tick()
    version = world.land(first - 4 * HOUR, first - 3 * WEEK)
    assert world.tick() == [(HOURLY, "2024-03-11-00:00", "2024-03-11-00:00")]
    assert world.tick() == []
    world.make_hours([first], version)
    assert world.tick() == [(WEEKLY, "2024-03-11", "2024-03-18")]


def test_a_cursor_of_another_shape_counts_as_nothing() -> None:
    old = json.dumps({"version": 1, "hours": 7, "weeks": 7})
    assert read_cursor(old) == read_cursor(None) == read_cursor("")


def test_an_evaluation_over_three_years_of_hours_takes_less_than_two_seconds(world: World) -> None:
    hours = every(MONDAY - 130 * WEEK, 22_000)
    world.make_hours(hours, world.land(*hours))
    world.tick()
    world.land(*hours)
    began = time.perf_counter()
    assert len(world.tick()) == 20
    assert len(world.tick()) == 2
    assert time.perf_counter() - began < 2


def test_the_sensor_itself_asks_what_the_plan_says_and_keeps_the_cursor(world: World) -> None:
    late = MONDAY - 2 * WEEK
    world.make_hours([late], world.land(late))
    world.land(late)
    info = world.connection.info
    url = f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    jobs = [dg.define_asset_job(name, selection="*") for name in (HOURLY, WEEKLY)]
    sensor = build_late_data_sensor(jobs, dg.DefaultSensorStatus.STOPPED)
    context = dg.build_sensor_context(
        resources={"warehouse": Warehouse(url=url)}, definitions=dg.Definitions()
    )
    tick = sensor.evaluate_tick(context)
    assert [request.job_name for request in tick.run_requests or []] == [HOURLY]
    assert read_cursor(tick.cursor).hours == 2
