"""Which partitions are due: days that nobody observed, hours before the first partition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.planning.asset_facts import TRACKS_CHANGED_HOURS
from cdp_assets.core.planning.staleness import StalePartition, stale_partitions
from resources.postgres.ops_status import Publication, publish

pytestmark = pytest.mark.integration

START = datetime(2026, 3, 2, tzinfo=UTC)
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
WINDOW = (START, datetime(2026, 3, 7, tzinfo=UTC))
DAY = timedelta(days=1)
ANSWERS = "raw_test/answers"


def graph_of(code_version: str | None = None, **metadata: object) -> dg.AssetGraph:
    @dg.asset(
        key=ANSWERS.split("/"),
        partitions_def=dg.DailyPartitionsDefinition(START),
        metadata=metadata,
        code_version=code_version,
    )
    def answers() -> None: ...

    return dg.Definitions(assets=[answers]).resolve_asset_graph()


def due(dsn: str, graph: dg.AssetGraph) -> list[StalePartition]:
    with psycopg.connect(dsn) as connection:
        key = dg.AssetKey(ANSWERS.split("/"))
        return stale_partitions(connection, graph, [key], WINDOW, NOON).get(key, [])


def observe(dsn: str, day: datetime, asset_key: str = ANSWERS) -> None:
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        publish(
            cursor,
            Publication(
                asset_key=asset_key,
                partition_key=f"{day:%Y-%m-%d}",
                window=(day, day + DAY),
                row_count=1,
                input_versions={},
                as_of=day + DAY,
                is_final=True,
                code_version="1",
                run_id="test",
            ),
        )


def test_every_day_of_a_source_with_history_is_due(warehouse_dsn: str) -> None:
    expected = [StalePartition(f"2026-03-0{day}", "missing") for day in range(2, 7)]
    assert due(warehouse_dsn, graph_of()) == expected


def test_days_before_the_first_observation_are_not_due(warehouse_dsn: str) -> None:
    assert due(warehouse_dsn, graph_of(observed=ANSWERS)) == [
        StalePartition("2026-03-06", "missing")
    ]


def test_a_gap_after_the_first_observation_is_due_to_become_visible(warehouse_dsn: str) -> None:
    observe(warehouse_dsn, START + DAY)
    assert due(warehouse_dsn, graph_of(observed=ANSWERS)) == [
        StalePartition(f"2026-03-0{day}", "missing") for day in range(4, 7)
    ]


def test_what_is_derived_is_due_for_the_days_of_its_source(warehouse_dsn: str) -> None:
    observe(warehouse_dsn, START + DAY, "raw_test/service")
    assert due(warehouse_dsn, graph_of(observed="raw_test/service")) == [
        StalePartition(f"2026-03-0{day}", "missing") for day in range(3, 7)
    ]


def test_what_other_code_made_is_due_again(warehouse_dsn: str) -> None:
    for number in range(4):
        observe(warehouse_dsn, START + number * DAY)
    today = StalePartition("2026-03-06", "missing")
    assert due(warehouse_dsn, graph_of("1")) == [today]
    assert due(warehouse_dsn, graph_of("2")) == [
        *(StalePartition(f"2026-03-0{day}", "code") for day in range(2, 6)),
        today,
    ]


def test_other_code_cannot_observe_days_that_are_over(warehouse_dsn: str) -> None:
    observe(warehouse_dsn, START)
    found = due(warehouse_dsn, graph_of("2", present_only=True))
    assert "code" not in {partition.reason for partition in found}


@pytest.mark.parametrize(
    ("touched", "reasons"),
    [
        ("2024-03-05 07:00Z", {"2024-03-11-00:00": "changed"}),
        ("2024-03-11 02:00Z", {"2024-03-11-02:00": "changed"}),
        ("2024-02-29 23:00Z", {}),
    ],
    ids=["before the first partition", "inside", "before the programme"],
)
def test_a_deal_before_the_first_hour_makes_that_one_due(
    warehouse_dsn: str, touched: str, reasons: dict[str, str]
) -> None:
    start = datetime(2024, 3, 11, tzinfo=UTC)
    hour = timedelta(hours=1)
    deals = "raw_dmob/unified_verified_deal"

    @dg.asset(
        key=["filplus", "unified_verified_deal_hourly"],
        partitions_def=dg.HourlyPartitionsDefinition(start),
        deps=[dg.AssetKey(deals.split("/"))],
    )
    def hours() -> None: ...

    landing = dg.AssetSpec(deals.split("/"), metadata={TRACKS_CHANGED_HOURS: True})
    graph = dg.Definitions(assets=[hours, landing]).resolve_asset_graph()
    with psycopg.connect(warehouse_dsn) as connection, connection.cursor() as cursor:
        for number in range(3):
            publish(
                cursor,
                Publication(
                    asset_key=hours.key.to_user_string(),
                    partition_key=f"{start + number * hour:%Y-%m-%d-%H:%M}",
                    window=(start + number * hour, start + (number + 1) * hour),
                    row_count=1,
                    input_versions={deals: 4},
                    as_of=start + 3 * hour,
                    is_final=True,
                    code_version="1",
                    run_id="test",
                ),
            )
        cursor.execute(
            "insert into ops.changed_hours (asset_key, hour, version) values (%s, %s, 5)",
            [deals, touched],
        )
        found = stale_partitions(connection, graph, [hours.key], (start, start + 3 * hour), NOON)
    assert {one.key: one.reason for one in found.get(hours.key, [])} == reasons
