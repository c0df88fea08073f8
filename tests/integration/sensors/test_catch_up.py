"""Automation was off for ten days: what can be made is asked for once, in a few ticks.

Over the real graph, with a frozen clock and the ops tables alone: what is asked for counts as made.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from cdp_assets import partitions
from cdp_assets.filplus.jobs import HOURLY_JOB, WEEKLY_JOB
from cdp_assets.filplus.jobs import JOBS as ALL_JOBS
from cdp_assets.settings import publish_environment
from sensors.schedules import first_scheduled_hour, first_scheduled_week
from sensors.unfinished_partitions import DAILY_JOBS, JOBS, Keys, plan_evaluation
from tests.integration.sensors.world import HOUR, WEEK, World, every

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
BEGAN = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday
OFF = datetime(2026, 8, 2, 12, 30, tzinfo=UTC)
ON = OFF + 10 * DAY
STEPS = {HOURLY_JOB: HOUR, WEEKLY_JOB: WEEK}
Window = tuple[dg.AssetKey, datetime]


def _keys(graph: dg.AssetGraph) -> Keys:
    jobs = ALL_JOBS
    chosen = {job.name: job.selection.resolve(graph) for job in jobs if job.name in JOBS}
    return {
        name: [
            key
            for key in graph.toposorted_asset_keys
            if key in found and graph.get(key).partitions_def is not None
        ]
        for name, found in chosen.items()
    }


def _step(job: str) -> timedelta:
    return STEPS.get(job, DAY)


@pytest.fixture
def paused(world: World, definitions: dg.Definitions) -> tuple[World, Keys]:
    """Everything was made until automation was switched off, up to the windows that had ended."""
    publish_environment({"CDP_AS_OF": ON.isoformat()})
    keys = _keys(definitions.resolve_asset_graph())
    for job, tables in keys.items():
        count = (OFF - BEGAN) // _step(job)
        for key in tables:
            world.make(key.to_user_string(), every(BEGAN, count, _step(job)), _step(job))
    return world, keys


def _expected(keys: Keys) -> set[Window]:
    """Return the windows that ended meanwhile and that no tick of a schedule makes."""
    ends = {HOURLY_JOB: first_scheduled_hour(ON), WEEKLY_JOB: first_scheduled_week(ON)}
    found = set()
    for job, tables in keys.items():
        step = _step(job)
        first = BEGAN + (OFF - BEGAN) // step * step
        end = ends.get(job, partitions.floor_day(ON))
        found |= {
            (key, start) for key in tables for start in every(first, (end - first) // step, step)
        }
    return found


def test_after_ten_days_without_automation_each_window_is_asked_for_exactly_once(
    paused: tuple[World, Keys], definitions: dg.Definitions
) -> None:
    world, keys = paused
    graph = definitions.resolve_asset_graph()
    asked: Counter[Window] = Counter()
    firsts: dict[str, list[datetime]] = {}
    ticks = 0
    while ticks < 9:
        ticks += 1
        requests = plan_evaluation(world.connection, graph, keys, ON)
        if not requests:
            break
        assert len({one.job_name for one in requests}) == len(requests) <= len(JOBS)
        for request in requests:
            for key, start in _windows(keys, request):
                asked[key, start] += 1
            assert request.job_name is not None
            firsts.setdefault(request.job_name, []).append(
                min(s for _, s in _windows(keys, request))
            )
            for key in request.asset_selection or []:
                starts = [start for one, start in _windows(keys, request) if one == key]
                world.make(key.to_user_string(), starts, _step(request.job_name))
    assert ticks <= 4
    assert set(asked) == _expected(keys)
    assert set(asked.values()) == {1}
    assert all(starts == sorted(starts) for starts in firsts.values())
    assert set(firsts) == {HOURLY_JOB, WEEKLY_JOB, *DAILY_JOBS}
    gaps = world.connection.execute("select * from ops.open_alerts where kind = 'gap'").fetchall()
    assert gaps == []


def _windows(keys: Keys, request: dg.RunRequest) -> list[Window]:
    job = request.job_name or ""
    definition = graph_definition(job)
    first, last = (
        partitions.window_of(definition, request.tags[f"dagster/asset_partition_range_{end}"])[0]
        for end in ("start", "end")
    )
    count = (last - first) // _step(job) + 1
    chosen = request.asset_selection or []
    assert set(chosen) <= set(keys[job])
    return [(key, start) for key in chosen for start in every(first, count, _step(job))]


def graph_definition(job: str) -> dg.TimeWindowPartitionsDefinition:
    """Return the partitions of a job."""
    return {HOURLY_JOB: partitions.hours, WEEKLY_JOB: partitions.weeks}.get(job, partitions.days)
