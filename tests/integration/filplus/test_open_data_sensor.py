"""Closed weeks of compliance follow who is open data now: each change once, in one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg
import pytest

from resources.postgres.ops_status import bump_version
from sensors.open_data import plan_tick
from tests.integration.filplus.report_world import NOW, TIB, ReportWorld
from tests.integration.filplus.weekly_world import (
    WEEK,
    four_providers,
    inputs_made,
    make_week,
    provider_week,
)

pytestmark = pytest.mark.integration
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
BOOKKEEPING = "filplus/allocator_client_bookkeeping"


@dataclass
class Watched:
    """Three classed weeks before the running one, and the sensor's cursor."""

    world: ReportWorld
    cursor: str | None = None
    run_keys: list[str] = field(default_factory=list)

    def changed(self, key: str = BOOKKEEPING) -> None:
        """Land an input anew."""
        with self.world.connection.transaction(), self.world.connection.cursor() as cursor:
            bump_version(cursor, key, "test")

    def tick(self, now: datetime = NOW) -> list[tuple[str, str]]:
        result = plan_tick(self.world.connection, self.cursor, now)
        self.cursor = result.cursor
        requests = result.run_requests or []
        self.run_keys += [str(request.run_key) for request in requests]
        return [(one.tags[RANGE[0]], one.tags[RANGE[1]]) for one in requests]


@pytest.fixture
def watched(run_world: ReportWorld) -> Watched:
    four_providers(run_world)
    for back in (1, 2):
        earlier = WEEK - timedelta(days=7 * back)
        provider_week(run_world, "f0201", 4, 300, 0.9, week=earlier)
        if back == 1:
            provider_week(run_world, "f0203", 4, 300, 0.9, week=earlier)
        make_week(run_world, earlier)
    make_week(run_world)
    inputs_made(run_world)
    return Watched(run_world)


def test_weeks_that_agree_are_not_asked_for_whatever_was_landed(watched: Watched) -> None:
    assert watched.tick() == []
    watched.changed()
    assert watched.tick() == []


def test_a_provider_that_became_open_data_asks_for_the_weeks_that_hold_it_once(
    watched: Watched,
) -> None:
    assert watched.tick() == []
    watched.world.deals("f0100", "f0203", TIB, TIB)
    assert watched.tick() == []  # the event is a publication
    watched.changed("filplus/client_provider_distribution")
    assert watched.tick() == [("2026-02-23", "2026-03-02")]
    assert watched.tick() == []  # nor again when the run failed


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("update filplus.allocator_client_bookkeeping set confirms_open_data = false", BOOKKEEPING),
        ("update filplus.allocator_registry set rejected = true", "filplus/allocator_registry"),
    ],
)
def test_an_application_or_allocator_that_counts_no_more_asks_for_every_week(
    watched: Watched, change: str, key: str
) -> None:
    watched.tick()
    watched.world.connection.execute(change)
    watched.changed(key)
    assert watched.tick() == [("2026-02-16", "2026-03-02")]
    for back in (2, 1, 0):
        make_week(watched.world, WEEK - timedelta(days=7 * back))
    watched.changed(key)
    assert watched.tick() == []


def test_the_running_week_is_left_to_its_schedule(watched: Watched) -> None:
    watched.world.connection.execute("delete from filplus.allocator_client_bookkeeping")
    running = WEEK + timedelta(days=1)
    assert watched.tick(running + timedelta(days=2)) == [("2026-02-16", "2026-02-23")]


def test_two_changes_have_different_run_keys(watched: Watched) -> None:
    watched.world.connection.execute("delete from filplus.allocator_client_bookkeeping")
    for _ in range(2):
        watched.changed()
        assert watched.tick() != []
    assert len(set(watched.run_keys)) == 2


def test_nothing_is_asked_for_while_the_registry_was_never_landed(watched: Watched) -> None:
    watched.world.connection.execute("delete from filplus.allocator_client_bookkeeping")
    watched.world.connection.execute(
        "delete from ops.asset_version where asset_key = 'filplus/allocator_registry'"
    )
    assert watched.tick() == []
    assert watched.cursor is None


def test_the_sensor_asks_for_classes_and_what_is_derived_from_them_alone(
    watched: Watched, definitions: dg.Definitions
) -> None:
    watched.world.connection.execute("delete from filplus.allocator_client_bookkeeping")
    repository = definitions.get_repository_def()
    sensor = repository.get_sensor_def("open_data_sensor")
    context = dg.build_sensor_context(
        resources={"warehouse": watched.world.warehouse()}, repository_def=repository
    )
    assert sensor.minimum_interval_seconds == 86_400
    (request,) = sensor.evaluate_tick(context).run_requests or []
    assert request.job_name == "filplus_weekly_job"
    asked = {
        "allocator_compliance_weekly",
        "allocator_sps_compliance_weekly",
        "compliance_histogram_weekly",
        "retrievability_average_weekly",
        "storage_provider_compliance_weekly",
    }
    assert {key.path[-1] for key in request.asset_selection or []} == asked
    assert request.asset_check_keys is None  # which runs all checks of these tables
    chosen = definitions.resolve_job_def(request.job_name).get_subset(
        asset_selection=frozenset(request.asset_selection or [])
    )
    checks = chosen.asset_layer.asset_graph.asset_check_keys
    assert {key.asset_key.path[-1] for key in checks} == asked
    assert request.tags["user"] == "sensor:open_data_sensor"
