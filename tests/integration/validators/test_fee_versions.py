"""Versions of fees end to end: restated, vanished, reappeared, repeated, zero (validator §4)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from cdp_assets.errors import MissingUpstream
from tests.integration.validators.conftest import Station, load_epoch, validator

BIG = 2**63 + 1  # beyond a double and beyond a signed 64-bit integer's half


@pytest.fixture
def two(station: Station) -> Station:
    """Epoch 933 with two validators that lead all its slots, observed and ended."""
    load_epoch(
        station.node,
        [validator("A", 241_071_861_667, slots=48), validator("B", 7_000_001, slots=48)],
    )
    station.observed_and_ended(933)
    return station


def test_fees_arrive_exactly_with_their_counts(two: Station) -> None:
    two.fees(933)
    plan = two.node.world.chain.plan(933)
    blocks = {
        name: sum(not plan.is_skipped(index) for index in plan.schedule[f"id-{name}"])
        for name in ("A", "B")
    }
    assert sum(blocks.values()) == 90
    assert two.current_fees(933) == [
        ("A", 241_071_861_667, blocks["A"], blocks["A"], 48, []),
        ("B", 7_000_001, blocks["B"], blocks["B"], 48, []),
    ]


def test_the_same_answers_again_add_nothing_but_the_time_they_were_seen(two: Station) -> None:
    two.fees(933)
    before = two.query("select count(*), max(last_seen_at) from staging.staging_fees")
    two.move(hours=5)
    again = two.fees(933)
    assert (again.appended.written, again.appended.unchanged) == (0, 2)
    ((count, seen),) = two.query(
        "select count(*), max(last_seen_at) from staging.staging_fees where role = 'manifest'"
    )
    assert (count, seen) == (1, two.now)
    assert two.query("select count(*) from staging.staging_fees")[0][0] == before[0][0]
    assert two.query("select count(*) from validators.canonical_provenance")[0][0] > 0


def test_a_restated_value_closes_its_predecessor_and_leaves_the_others_alone(two: Station) -> None:
    two.fees(933)
    first = two.now
    two.node.world.chain.restate({"epoch": 933, "fees": {"A": 5_000}})
    two.move(hours=2)
    done = two.fees(933)
    assert (done.appended.changed, done.appended.unchanged) == (1, 1)
    assert two.versions(933, "A") == [(1, 241_071_861_667, False, False), (2, 5_000, True, False)]
    assert two.versions(933, "B") == [(1, 7_000_001, True, False)]
    ((closed, by),) = two.query(
        "select superseded_at, superseded_by from validators.canonical_validator_fees "
        "where validator_key = 'A' and version = 1"
    )
    assert (closed, by) == (two.now, 2)

    def as_of(instant: object) -> list[tuple[str, int]]:
        return two.query(  # type: ignore[return-value]
            "select validator_key, total_fees_native "
            "from validators.canonical_validator_fees_as_of(%s) order by 1",
            instant,
        )

    assert as_of(first - timedelta(seconds=1)) == []
    assert as_of(first) == [("A", 241_071_861_667), ("B", 7_000_001)]
    assert as_of(two.now - timedelta(seconds=1)) == [("A", 241_071_861_667), ("B", 7_000_001)]
    assert as_of(two.now) == [("A", 5_000), ("B", 7_000_001)]


def test_a_vanished_row_gets_a_tombstone_and_a_reappeared_one_a_further_version(
    two: Station,
) -> None:
    two.fees(933)
    two.node.world.chain.restate({"epoch": 933, "vanish": ["B"]})
    two.move(hours=2)
    # Its slots go to the rest of the network, whose vote account nobody observed.
    assert two.fees(933).appended.voided == 1
    assert [row[0] for row in two.current_fees(933)] == ["A"]
    assert two.versions(933, "B") == [(1, 7_000_001, False, False), (2, None, True, True)]
    two.node.world.chain.restate({"epoch": 933, "appear": [validator("B", 7_000_001, slots=48)]})
    two.move(hours=2)
    two.fees(933)
    assert two.versions(933, "B") == [
        (1, 7_000_001, False, False),
        (2, None, False, True),
        (3, 7_000_001, True, False),
    ]


def test_a_source_that_goes_back_to_its_first_answer_is_followed(two: Station) -> None:
    two.fees(933)
    for fees in (5_000, 241_071_861_667):
        two.node.world.chain.restate({"epoch": 933, "fees": {"A": fees}})
        two.move(hours=2)
        two.fees(933)
    assert [row[1] for row in two.versions(933, "A")] == [241_071_861_667, 5_000, 241_071_861_667]


def test_two_identities_of_one_validator_in_a_period_are_summed(station: Station) -> None:
    others = validator("B", 900, slots=48)
    load_epoch(station.node, [validator("A", 1, "first", slots=48), others], epoch=932)
    load_epoch(station.node, [validator("A", BIG, "first", "second", slots=48), others])
    station.move(epochs=-1)
    station.observe(932)
    station.move(epochs=1)
    station.observed_and_ended(933)
    station.fees(933)
    assert station.current_fees(933)[0][:2] == ("A", BIG)
    assert station.current_fees(933)[0][4] == 48
    ranges = station.query(
        "select value, from_period, to_period from validators.validator_identity_ranges "
        "where validator_key = 'A' and kind = 'identity' order by value"
    )
    assert ranges == [("first", 932, 933), ("second", 933, 933)]


def test_a_first_zero_is_provisional_and_confirmed_an_hour_later(station: Station) -> None:
    load_epoch(station.node, [validator("A", 0, slots=48), validator("B", 0, slots=48)])
    station.observed_and_ended(933)
    station.fees(933)
    assert [row[5] for row in station.current_fees(933)] == [["PROVISIONAL_ZERO"]] * 2
    station.move(hours=0)
    station.fees(933)
    assert [row[5] for row in station.current_fees(933)] == [["PROVISIONAL_ZERO"]] * 2
    station.move(hours=1)
    station.fees(933)
    assert [(row[1], row[5]) for row in station.current_fees(933)] == [(0, [])] * 2
    assert [row[0] for row in station.versions(933, "A")] == [1, 2]


def test_a_zero_that_becomes_a_value_is_a_restatement(station: Station) -> None:
    load_epoch(station.node, [validator("A", 0, slots=48), validator("B", 0, slots=48)])
    station.observed_and_ended(933)
    station.fees(933)
    station.node.world.chain.restate({"epoch": 933, "fees": {"A": BIG}})
    station.move(hours=2)
    station.fees(933)
    assert station.current_fees(933)[0][:2] == ("A", BIG)
    assert station.current_fees(933)[1][5] == []


def test_a_period_that_runs_may_not_be_fetched(station: Station) -> None:
    station.observe(933)
    with pytest.raises(MissingUpstream, match="EXEC_FEES"):
        station.stage_fees(933)
    assert station.query("select count(*) from staging.staging_fees") == [(0,)]


def test_values_of_canonical_tables_cannot_be_changed_or_deleted(two: Station) -> None:
    two.fees(933)
    table = "validators.canonical_validator_fees"
    for role in ("cdp_writer", "postgres"):
        for statement in (
            f"update {table} set total_fees_native = 1",
            f"update {table} set is_current = false, superseded_at = recorded_at, "
            "superseded_by = 2, total_fees_native = 1",
            f"update {table}__solana_mainnet set quality_flags = '{{X}}'",
            f"delete from {table}",
            f"truncate {table}",
            f"truncate {table}__solana_mainnet",
        ):
            with psycopg.connect(two.dsn) as connection:
                connection.execute(f"set role {role}")  # type: ignore[arg-type]
                with pytest.raises(psycopg.Error, match="permission denied|never|closed"):
                    connection.execute(statement)  # type: ignore[arg-type]


def test_a_closed_version_stays_closed(two: Station) -> None:
    two.fees(933)
    two.node.world.chain.restate({"epoch": 933, "fees": {"A": 5_000}})
    two.move(hours=2)
    two.fees(933)
    with (
        psycopg.connect(two.dsn) as connection,
        pytest.raises(psycopg.Error, match="stays closed"),
    ):
        connection.execute(
            "update validators.canonical_validator_fees set superseded_at = null, "
            "superseded_by = null, is_current = true where version = 1"
        )
