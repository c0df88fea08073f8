"""The worked example of compliance §12, from the source rows to its tables, by real runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from cdp_assets import clock
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.filplus.dmob.sync_plan import DmobSyncPlan
from cdp_assets.settings import publish_environment
from simulator.dmob.worked_example import NOW, URL_FINDER_RATES
from simulator.server.http_server import SimulatorServer
from tests.integration.filplus.pipeline import DEAL_TABLES, Pipeline
from tests.integration.filplus.reference import stored
from tests.integration.filplus.worked_example_rows import ALLOCATOR_ROWS, ENTITY_ROWS

pytestmark = pytest.mark.integration

THURSDAY = datetime(2024, 3, 14, 12, tzinfo=UTC)
RATES = [(day.date(), provider, rate) for day, provider, rate in URL_FINDER_RATES]


def _t(month: int, day: int, hour: int = 0) -> datetime:
    return stored(2024, month, day, hour)


def _provider_week(
    week: datetime, provider: str, clients: int, big: int, total: int, rate: float
) -> tuple[Any, ...]:
    """Return a row; no provider of the example that was tested has a rate of 0."""
    return (week, provider, clients, big, total, None, None, rate, rate != 0)


W1, W2, W3 = _t(2, 26), _t(3, 4), _t(3, 11)
# Rows as §12 prints them; every column in its place, the two older rates null.
EXPECTED: dict[str, list[tuple[Any, ...]]] = {
    "unified_verified_deal_hourly": [
        (_t(3, 1, 0), "f0100", "f0200", 1, 1, 32, 32),
        (_t(3, 1, 1), "f0100", "f0200", 1, 1, 32, 32),
        (_t(3, 4, 1), "f0100", "f0201", 1, 0, 32, 0),
        (_t(3, 11, 2), "f0100", "f0201", 1, 1, 64, 64),
        (_t(3, 11, 2), "f0101", "f0200", 1, 1, 32, 32),
        (_t(3, 11, 2), "f0101", "f0202", 1, 1, 16, 16),
    ],
    "client_claims_hourly": [
        (_t(3, 1, 0), "f0100", 32),
        (_t(3, 1, 1), "f0100", 32),
        (_t(3, 4, 1), "f0100", 32),
        (_t(3, 11, 2), "f0100", 64),
        (_t(3, 11, 2), "f0101", 48),
    ],
    "provider_url_finder_retrievability_daily": [
        (_t(2, 28), "f0200", 0.2),
        (_t(3, 2), "f0200", 0.5),
        (_t(3, 6), "f0200", 0.9),
        (_t(3, 7), "f0200", None),
        (_t(3, 12), "f0200", 0.4),
        (_t(3, 12), "f0201", 0.8),
    ],
    "client_provider_distribution_weekly": [
        (W1, "f0100", "f0200", 64, 32),
        (W2, "f0100", "f0201", 32, 32),
        (W3, "f0100", "f0201", 64, 64),
        (W3, "f0101", "f0200", 32, 32),
        (W3, "f0101", "f0202", 16, 16),
    ],
    "client_provider_distribution_weekly_acc": [
        (W1, "f0100", "f0200", 64, 32),
        (W2, "f0100", "f0200", 64, 32),
        (W2, "f0100", "f0201", 32, 32),
        (W3, "f0100", "f0200", 64, 32),
        (W3, "f0100", "f0201", 96, 96),
        (W3, "f0101", "f0200", 32, 32),
        (W3, "f0101", "f0202", 16, 16),
    ],
    "providers_weekly": [
        _provider_week(W1, "f0200", 1, 64, 64, 0.5),
        _provider_week(W2, "f0201", 1, 32, 32, 0.0),
        _provider_week(W3, "f0200", 1, 32, 32, 0.4),
        _provider_week(W3, "f0201", 1, 64, 64, 0.8),
        _provider_week(W3, "f0202", 1, 16, 16, 0.0),
    ],
    "providers_weekly_acc": [
        _provider_week(W1, "f0200", 1, 64, 64, 0.5),
        _provider_week(W2, "f0200", 1, 64, 64, 0.0),
        _provider_week(W2, "f0201", 1, 32, 32, 0.0),
        _provider_week(W3, "f0200", 2, 64, 96, 0.4),
        _provider_week(W3, "f0201", 1, 96, 96, 0.8),
        _provider_week(W3, "f0202", 1, 16, 16, 0.0),
    ],
    "client_provider_distribution": [
        ("f0100", "f0200", 64, 32, 2),
        ("f0100", "f0201", 96, 96, 2),
        ("f0101", "f0200", 32, 32, 1),
        ("f0101", "f0202", 16, 16, 1),
    ],
    "client_replica_distribution": [
        ("f0100", 1, 64, 64),
        ("f0100", 2, 96, 32),
        ("f0101", 1, 48, 48),
    ],
    "cid_sharing": [("f0100", "f0101", 32, 1), ("f0101", "f0100", 96, 1)],
    **ALLOCATOR_ROWS,
    **ENTITY_ROWS,
}


def test_real_runs_give_exactly_the_rows_of_the_worked_example_and_then_nothing_is_due(
    definitions: dg.Definitions, instance: dg.DagsterInstance, worked_example: Pipeline
) -> None:
    with SimulatorServer(seed=1, as_of=NOW) as simulator:
        simulator.world.url_finder.fix([], only=True)  # it knows nobody on the day of the clock
        worked_example.keep_rates(RATES)
        publish_environment(
            {
                "CDP_AS_OF": NOW.isoformat(),
                "DMOB_DATABASE_URL": worked_example.dmob,
                "CDP_URL_FINDER_API_URL": f"{simulator.url}/url-finder",
            }
        )
        refresher = Refresher(
            definitions, instance, worked_example.warehouse, as_of=clock.now(), user="ann"
        )
        chosen = refresher.select([DEAL_TABLES])
        (synced,) = refresher.run_plan(DmobSyncPlan(), chosen).runs
        report = refresher.refresh(chosen)
        assert [run.error for run in (synced, *report.runs)] == [None] * (1 + len(report.runs))
        assert {mart: worked_example.rows(mart) for mart in EXPECTED} == EXPECTED
        assert [(run.first, run.last) for run in report.runs] == [
            ("2024-02-19-00:00", "2024-03-03-23:00"),  # two weeks of hours a run
            ("2024-03-04-00:00", "2024-03-15-12:00"),
            ("", ""),  # totals of pairs
            ("", ""),  # entities
            ("2024-02-28", "2024-03-15"),  # days from the first observation on
            ("2024-02-28", "2024-03-15"),
            ("2024-02-19", "2024-03-11"),
            ("", ""),  # tables by piece
        ]
        (synced,) = refresher.run_plan(DmobSyncPlan(), chosen).runs
        assert synced.error is None
        assert refresher.refresh(chosen).runs == []
    _assert_runs_are_recorded(worked_example)


def _assert_runs_are_recorded(pipeline: Pipeline) -> None:
    with pipeline.warehouse.connect() as connection:
        runs = connection.execute(
            "select asset_key, outcome, launched_by, partitions from ops.runs "
            "where asset_key like 'filplus/%' order by 1"
        ).fetchall()
        empty = connection.execute(
            "select count(*) from ops.asset_partition_status "
            "where asset_key = 'filplus/unified_verified_deal_hourly' and row_count = 0"
        ).fetchone()
    assert {(key, outcome, by) for key, outcome, by, _ in runs} == {
        (f"filplus/{mart}", "SUCCESS", "ann") for mart in EXPECTED
    }
    hourly = [count for key, _, _, count in runs if key.endswith("client_claims_hourly")]
    assert sorted(hourly) == [168 + 4 * 24 + 13, 336]
    assert {count for *_, count in runs} - set(hourly) == {17, 4, 1}
    assert empty == (25 * 24 + 13 - 4,)  # an hour without a deal is materialized, too


def test_on_the_thursday_before_the_running_week_is_there_with_the_same_rows(
    definitions: dg.Definitions, worked_example: Pipeline, nobody_known: str
) -> None:
    worked_example.keep_rates(RATES)
    worked_example.at(THURSDAY).sync()
    worked_example.refresh(definitions)
    expected = {**EXPECTED, "clients_stats_daily": [(_t(3, 14), 0, 0, 0)]}
    assert {mart: worked_example.rows(mart) for mart in expected} == expected
