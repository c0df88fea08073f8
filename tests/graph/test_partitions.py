"""Partitions: UTC, Mondays as SQL has them, keys fit for a dialogue, not too many (U-01…U-13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from cdp_assets import partitions

pytestmark = pytest.mark.graph
START = datetime(2024, 2, 19, tzinfo=UTC)


def test_weeks_begin_where_date_trunc_puts_them_for_sixty_weeks(server) -> None:
    import psycopg

    with psycopg.connect(server.dsn("postgres")) as connection:
        for week in range(60):
            instant = START + timedelta(weeks=week, days=week % 7, hours=week % 24)
            (expected,) = connection.execute(
                "select date_trunc('week', %s::timestamptz at time zone 'UTC')", [instant]
            ).fetchone()
            window = partitions.window_containing(partitions.weeks, instant)
            assert window[0].replace(tzinfo=None) == expected
            key = partitions.key_of(partitions.weeks, window[0])
            assert partitions.window_of(partitions.weeks, key) == window


def test_every_partitioning_is_in_utc(graph: dg.AssetGraph) -> None:
    zones = {
        node.partitions_def.timezone
        for node in (graph.get(key) for key in graph.get_all_asset_keys())
        if isinstance(node.partitions_def, dg.TimeWindowPartitionsDefinition)
    }
    assert zones == {"UTC"}


def test_the_largest_asset_stays_under_a_hundred_thousand_keys_for_five_years() -> None:
    in_five_years = datetime(2031, 11, 22, tzinfo=UTC)
    keys = partitions.keys_between(partitions.hours, START, in_five_years)
    assert 60_000 < len(keys) < 100_000


def test_keys_hold_nothing_that_splits_in_a_dialogue() -> None:
    for definition in (partitions.hours, partitions.days, partitions.weeks):
        for key in partitions.keys_between(definition, START, START + timedelta(days=15)):
            assert partitions.KEY_PATTERN.fullmatch(key), key


def test_keys_and_windows_are_those_of_the_framework() -> None:
    for definition in (partitions.hours, partitions.days, partitions.weeks, partitions.months):
        ours = partitions.keys_between(definition, START, START + timedelta(days=21))
        theirs = definition.get_partition_keys()[: len(ours)]
        assert ours == list(theirs)


@pytest.mark.parametrize(
    ("keys", "bridged", "expected"),
    [
        (["2024-03-04", "2024-03-05"], 0, [("2024-03-04", "2024-03-05")]),
        (["2024-03-05", "2024-03-04", "2024-03-04"], 0, [("2024-03-04", "2024-03-05")]),
        (
            ["2024-03-04", "2024-03-06"],
            0,
            [("2024-03-04", "2024-03-04"), ("2024-03-06", "2024-03-06")],
        ),
        (["2024-03-04", "2024-03-06"], 1, [("2024-03-04", "2024-03-06")]),
        ([], 0, []),
    ],
    ids=["neighbours", "any order, repeats", "a gap parts", "a short gap is bridged", "none"],
)
def test_ranges_are_as_few_as_gaps_allow(keys, bridged, expected) -> None:
    assert partitions.contiguous_ranges(partitions.days, keys, bridged=bridged) == expected


def test_every_job_has_one_partitioning_and_loads(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)
    for job in defs.get_repository_def().get_all_jobs():
        if not job.name.startswith("__"):
            assert job.description, job.name


def test_months_are_those_of_the_calendar_from_that_of_the_start() -> None:
    months = partitions.months
    keys = partitions.keys_between(
        months, datetime.min.replace(tzinfo=UTC), START.replace(year=2026)
    )
    assert (keys[0], keys[10], keys[11], keys[-1]) == ("2024-02", "2024-12", "2025-01", "2026-02")
    assert keys == list(months.get_partition_keys()[: len(keys)])
    leap = partitions.window_of(months, "2024-02")
    assert leap == (datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC))
    assert partitions.window_containing(months, START) == leap
