"""What a tick of each schedule asks for, in UTC; nothing runs unless switched on (U-11, U-48)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import dagster as dg
import pytest

from cdp_assets import partitions
from cdp_assets.settings import publish_environment
from sensors.schedules import first_scheduled_hour, first_scheduled_week

pytestmark = pytest.mark.graph

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
MONDAY = datetime(2026, 8, 10, tzinfo=UTC)
NAMES = (
    "dmob_sync_hourly_schedule",
    "filplus_hourly_schedule",
    "filplus_daily_schedule",
    "filplus_weekly_schedule",
    "filplus_entities_schedule",
    "filplus_registries_hourly_schedule",
    "provider_sources_daily_schedule",
    "provider_sources_hourly_schedule",
    "ipni_crawl_schedule",
    "client_report_daily_schedule",
    "allocator_report_daily_schedule",
    "data_quality_daily_schedule",
    "validator_prices_schedule",
    "audit_verification_daily_schedule",
    "partner_statements_daily_schedule",
)


REPORT_SOURCES = ("CDP_GITHUB_API_URL", "CDP_CID_CONTACT_URL", "CDP_URL_FINDER_API_URL")


def _tick(defs: dg.Definitions, name: str, moment: datetime) -> dg.RunRequest:
    if "registries" in name:
        publish_environment({"CDP_GITHUB_API_URL": "https://github.invalid"})
    if "report_daily" in name:
        publish_environment({variable: "https://source.invalid" for variable in REPORT_SOURCES})
    if "prices" in name:
        publish_environment({"CDP_FX_SOURCE": "prices.csv"})
    context = dg.build_schedule_context(
        scheduled_execution_time=moment, repository_def=defs.get_repository_def()
    )
    (request,) = defs.resolve_schedule_def(name).evaluate_tick(context).run_requests or []
    return request


def _range(defs: dg.Definitions, name: str, moment: datetime) -> tuple[str, str]:
    tags = _tick(defs, name, moment).tags
    return tags[START], tags[END]


def test_the_day_that_ended_is_asked_for_with_the_one_that_runs(defs: dg.Definitions) -> None:
    moment = MONDAY.replace(hour=1, minute=45)
    asked = _range(defs, "provider_sources_daily_schedule", moment)
    assert asked == ("2026-08-09", "2026-08-10")
    assert START not in _tick(defs, "ipni_crawl_schedule", moment).tags


def test_the_two_months_that_ended_last_are_drafted_each_day(defs: dg.Definitions) -> None:
    name = "partner_statements_daily_schedule"
    assert _range(defs, name, MONDAY) == ("2026-06", "2026-07")
    assert _range(defs, name, datetime(2026, 1, 1, 7, 30, tzinfo=UTC)) == ("2025-11", "2025-12")
    days = [_tick(defs, name, MONDAY + timedelta(days=n)).run_key for n in range(2)]
    assert len(set(days)) == 2


def test_there_is_a_schedule_for_landing_hours_days_and_weeks(defs: dg.Definitions) -> None:
    assert {s.name for s in defs.schedules or []} == set(NAMES)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(
            MONDAY.replace(hour=12, minute=10),
            ("2026-08-10-11:00", "2026-08-10-12:00"),
            id="the hour that ended and the one that runs",
        ),
        pytest.param(
            MONDAY.replace(minute=10),
            ("2026-08-09-23:00", "2026-08-10-00:00"),
            id="the last hour of the day before",
        ),
        pytest.param(
            MONDAY.replace(hour=12),
            ("2026-08-10-11:00", "2026-08-10-12:00"),
            id="the second at which an hour begins",
        ),
        pytest.param(
            MONDAY.replace(hour=12) - timedelta(seconds=1),
            ("2026-08-10-10:00", "2026-08-10-11:00"),
            id="the second before",
        ),
        pytest.param(
            MONDAY.replace(hour=12, minute=10).astimezone(timezone(timedelta(hours=5, minutes=30))),
            ("2026-08-10-11:00", "2026-08-10-12:00"),
            id="told in a half-hour zone",
        ),
        pytest.param(
            datetime(2026, 3, 29, 1, 10, tzinfo=UTC),
            ("2026-03-29-00:00", "2026-03-29-01:00"),
            id="while European clocks jump",
        ),
        pytest.param(
            datetime(2024, 2, 19, 0, 10, tzinfo=UTC),
            ("2024-02-19-00:00", "2024-02-19-00:00"),
            id="the very first hour",
        ),
    ],
)
def test_an_hourly_tick_asks_for(
    defs: dg.Definitions, moment: datetime, expected: tuple[str, str]
) -> None:
    assert _range(defs, "filplus_hourly_schedule", moment) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(
            MONDAY.replace(minute=20),
            ("2026-08-03", "2026-08-10"),
            id="on Monday morning the week that ended, too",
        ),
        pytest.param(
            MONDAY.replace(hour=23, minute=20),
            ("2026-08-03", "2026-08-10"),
            id="until Monday night",
        ),
        pytest.param(
            MONDAY + timedelta(days=1, minutes=20),
            ("2026-08-10", "2026-08-10"),
            id="from Tuesday the running week alone",
        ),
        pytest.param(
            MONDAY + timedelta(days=6, hours=23, minutes=20),
            ("2026-08-10", "2026-08-10"),
            id="on Sunday night still the week that began on Monday",
        ),
        pytest.param(
            datetime(2027, 1, 1, 0, 20, tzinfo=UTC),
            ("2026-12-28", "2026-12-28"),
            id="over the end of a year",
        ),
    ],
)
def test_a_weekly_tick_asks_for(
    defs: dg.Definitions, moment: datetime, expected: tuple[str, str]
) -> None:
    assert _range(defs, "filplus_weekly_schedule", moment) == expected


def test_a_daily_tick_asks_for_the_day_that_runs(defs: dg.Definitions) -> None:
    moment = MONDAY.replace(hour=1, minute=30)
    assert _range(defs, "filplus_daily_schedule", moment) == ("2026-08-10", "2026-08-10")


def test_a_sync_tick_asks_for_no_partition(defs: dg.Definitions) -> None:
    tags = _tick(defs, "dmob_sync_hourly_schedule", MONDAY).tags
    assert {START, END}.isdisjoint(tags)


GITHUB = {"allocator_registry", "allocator_registry_archive", "allocator_client_bookkeeping"}
EDITION_5 = {
    f"edition5_{what}" for what in ("audit_states", "audit_times", "pathways", "monthly_outcomes")
}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param({}, set(), id="none"),
        pytest.param({"CDP_GITHUB_API_URL": "https://github.invalid"}, GITHUB, id="a GitHub"),
        pytest.param({"CDP_EDITION5_SOURCE": "folder"}, EDITION_5, id="a folder of edition 5"),
        pytest.param(
            {"CDP_GITHUB_API_URL": "https://github.invalid", "CDP_EDITION5_SOURCE": "folder"},
            GITHUB | EDITION_5,
            id="both",
        ),
    ],
)
def test_the_registries_tick_asks_for_what_has_a_named_source(
    defs: dg.Definitions, named: dict[str, str], expected: set[str]
) -> None:
    publish_environment(named)
    context = dg.build_schedule_context(
        scheduled_execution_time=MONDAY, repository_def=defs.get_repository_def()
    )
    tick = defs.resolve_schedule_def("filplus_registries_hourly_schedule").evaluate_tick(context)
    if not expected:
        assert not tick.run_requests
        assert "CDP_EDITION5_SOURCE and CDP_GITHUB_API_URL are not set" in str(tick.skip_message)
        return
    (request,) = tick.run_requests or []
    assert {key.path[-1] for key in request.asset_selection or []} == expected


@pytest.mark.parametrize("name", ["client_report", "allocator_report"])
def test_reports_wait_until_each_of_their_sources_has_an_address(
    defs: dg.Definitions, name: str
) -> None:
    publish_environment({"CDP_GITHUB_API_URL": "https://github.invalid"})
    context = dg.build_schedule_context(
        scheduled_execution_time=MONDAY, repository_def=defs.get_repository_def()
    )
    tick = defs.resolve_schedule_def(f"{name}_daily_schedule").evaluate_tick(context)
    assert not tick.run_requests
    assert "CDP_CID_CONTACT_URL is not set" in str(tick.skip_message)


def test_every_asset_that_is_made_is_asked_for_by_a_schedule_or_a_sensor(
    defs: dg.Definitions, graph: dg.AssetGraph
) -> None:
    repository = defs.get_repository_def()
    unattended: set[dg.AssetKey] = set()
    for schedule in repository.schedule_defs:
        job = defs.resolve_job_def(schedule.job_name)
        unattended |= set(job.asset_layer.asset_graph.materializable_asset_keys)
    for sensor in repository.sensor_defs:
        if sensor.asset_selection is not None:
            unattended |= sensor.asset_selection.resolve(graph)
    left = graph.materializable_asset_keys - unattended
    assert sorted(key.to_user_string() for key in left) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_a_schedule_names_it_as_its_user(defs: dg.Definitions, name: str) -> None:
    assert _tick(defs, name, MONDAY).tags["user"] == f"schedule:{name}"


@pytest.mark.parametrize("name", ["filplus_hourly_schedule", "filplus_weekly_schedule"])
@pytest.mark.parametrize("hours", [0, 1, 23, 24, 25, 167])
def test_every_requested_key_exists_at_the_tick(
    defs: dg.Definitions, name: str, hours: int
) -> None:
    moment = MONDAY + timedelta(hours=hours, minutes=10)
    definition = partitions.hours if "hourly" in name else partitions.weeks
    for key in _range(defs, name, moment):
        with dg.partition_loading_context(effective_dt=moment):
            assert definition.has_partition_key(key), key


def test_two_ticks_have_different_run_keys(defs: dg.Definitions) -> None:
    first, second = (
        _tick(defs, "filplus_hourly_schedule", MONDAY + timedelta(hours=n)).run_key for n in (0, 1)
    )
    assert first != second


def test_under_a_pinned_clock_every_tick_is_at_that_instant(defs: dg.Definitions) -> None:
    publish_environment({"CDP_AS_OF": "2026-08-14T12:00:00Z"})
    later = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)
    assert _range(defs, "filplus_hourly_schedule", later) == (
        "2026-08-14-11:00",
        "2026-08-14-12:00",
    )
    assert _range(defs, "filplus_weekly_schedule", later) == ("2026-08-10", "2026-08-10")


@pytest.mark.parametrize("minute", range(0, 60, 5))
def test_the_first_scheduled_hour_and_week_are_those_of_the_next_tick(
    defs: dg.Definitions, minute: int
) -> None:
    for day in (0, 1, 6):
        moment = MONDAY + timedelta(days=day, hours=23, minutes=minute)
        ticks = {
            name: next(
                tick for n in range(1, 121) if (tick := moment + timedelta(minutes=n)).minute == at
            )
            for name, at in (("filplus_hourly_schedule", 10), ("filplus_weekly_schedule", 20))
        }
        hour = _range(defs, "filplus_hourly_schedule", ticks["filplus_hourly_schedule"])[0]
        week = _range(defs, "filplus_weekly_schedule", ticks["filplus_weekly_schedule"])[0]
        assert partitions.key_of(partitions.hours, first_scheduled_hour(moment)) == hour
        assert partitions.key_of(partitions.weeks, first_scheduled_week(moment)) == week


def test_every_schedule_is_in_utc_and_described(defs: dg.Definitions) -> None:
    schedules = [defs.resolve_schedule_def(name) for name in NAMES]
    assert {schedule.execution_timezone for schedule in schedules} == {"UTC"}
    assert [schedule.name for schedule in schedules if not schedule.description] == []


def test_every_schedule_and_sensor_is_off_by_default(defs: dg.Definitions) -> None:
    assert {defs.resolve_schedule_def(name).default_status.value for name in NAMES} == {"STOPPED"}
    sensors = [sensor.name for sensor in defs.sensors or []]
    assert len(sensors) >= 2
    assert {defs.resolve_sensor_def(name).default_status.value for name in sensors} == {"STOPPED"}


def test_one_variable_switches_every_schedule_and_sensor_on() -> None:
    code = (
        "import json; from cdp_assets.definitions import defs;"
        "print(json.dumps([x.default_status.value for x in [*defs.schedules, *defs.sensors]]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "CDP_AUTOMATION": "on"},
    )
    found = json.loads(done.stdout)
    assert len(found) >= 6
    assert set(found) == {"RUNNING"}
