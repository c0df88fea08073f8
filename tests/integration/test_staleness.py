"""Which partitions are due: days that nobody observed, before and after the first observation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from cdp_assets.staleness import DuePartition, due_partitions
from resources.publication import Publication, publish

pytestmark = pytest.mark.integration

START = datetime(2026, 3, 2, tzinfo=UTC)
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
WINDOW = (START, datetime(2026, 3, 7, tzinfo=UTC))
DAY = timedelta(days=1)
ANSWERS = "raw_test/answers"


def graph_of(**metadata: str) -> dg.AssetGraph:
    @dg.asset(
        key=ANSWERS.split("/"),
        partitions_def=dg.DailyPartitionsDefinition(START),
        metadata=metadata,
    )
    def answers() -> None: ...

    return dg.Definitions(assets=[answers]).resolve_asset_graph()


def due(dsn: str, graph: dg.AssetGraph) -> list[DuePartition]:
    with psycopg.connect(dsn) as connection:
        return due_partitions(connection, graph, dg.AssetKey(ANSWERS.split("/")), WINDOW, NOON)


def observe(dsn: str, day: datetime, asset_key: str = ANSWERS) -> None:
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        publish(
            cursor,
            Publication(
                asset_key=asset_key, partition_key=f"{day:%Y-%m-%d}",
                window=(day, day + DAY), row_count=1, input_versions={}, as_of=day + DAY,
                is_final=True, code_version="1", run_id="test",
            ),
        )  # fmt: skip


def test_every_day_of_a_source_with_history_is_due(warehouse_dsn: str) -> None:
    expected = [DuePartition(f"2026-03-0{day}", "missing") for day in range(2, 7)]
    assert due(warehouse_dsn, graph_of()) == expected


def test_days_before_the_first_observation_are_not_due(warehouse_dsn: str) -> None:
    assert due(warehouse_dsn, graph_of(observed=ANSWERS)) == [DuePartition("2026-03-06", "missing")]


def test_a_gap_after_the_first_observation_is_due_to_become_visible(warehouse_dsn: str) -> None:
    observe(warehouse_dsn, START + DAY)
    assert due(warehouse_dsn, graph_of(observed=ANSWERS)) == [
        DuePartition(f"2026-03-0{day}", "missing") for day in range(4, 7)
    ]


def test_what_is_derived_is_due_for_the_days_of_its_source(warehouse_dsn: str) -> None:
    observe(warehouse_dsn, START + DAY, "raw_test/service")
    assert due(warehouse_dsn, graph_of(observed="raw_test/service")) == [
        DuePartition(f"2026-03-0{day}", "missing") for day in range(3, 7)
    ]
