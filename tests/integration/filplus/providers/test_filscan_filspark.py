"""Filscan and FilSpark as daily tables: present and history, failures listed, nothing lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cdp_assets.filplus.providers.filscan.assets import INFO, provider_filscan_info
from cdp_assets.filplus.providers.filspark.assets import (
    RETRIEVABILITY,
    provider_retrievability_daily,
)
from cdp_assets.settings import publish_environment
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import (
    NOW,
    TODAY,
    TOMORROW,
    Station,
    checks_of,
    failure_of,
)

pytestmark = pytest.mark.integration
PROVIDERS = [f"f0{1_000_000 + 11 * number}" for number in range(1, 41)]
YESTERDAY = "2026-03-01"


def states(station: Station, asset_key: str) -> list[tuple[object, ...]]:
    return station.rows(
        "select partition_key, state, row_count::int from ops.asset_partition_status "
        "where asset_key = %s order by 1",
        asset_key,
    )


def test_every_account_is_a_row_and_those_without_one_are_listed(station: Station) -> None:
    station.know(PROVIDERS)
    filscan = station.simulator.world.filscan
    filscan.fixed[PROVIDERS[0]] = {"code": 9, "message": "busy"}
    filscan.fixed[PROVIDERS[1]] = {"result": {"account_info": {"account_basic": {}}}}
    made = station.run(provider_filscan_info, TODAY)
    assert made.success
    stored = {
        row[0]: row[1:]
        for row in station.rows(
            "select provider, balance, quality_power_rank, live_sector_count, date::text "
            "from filplus.provider_filscan_info"
        )
    }
    missing = dict(
        station.rows("select entity, reason from ops.failed_entities where asset_key = %s", INFO)
    )
    assert set(stored) | set(missing) == set(PROVIDERS)
    assert missing[PROVIDERS[0]] == "Filscan reports code 9: busy"
    assert missing[PROVIDERS[1]] == "Filscan shows no provider's account"
    assert checks_of(made)["every_provider_has_an_account"][0] is False
    for provider, row in stored.items():
        shown = filscan.indicator(provider)
        assert row == (
            int(shown["balance"]),
            shown["quality_power_rank"],
            shown["live_sector_count"],
            f"{TODAY} 00:00:00",
        )
    station.simulator.world.journal.clear()
    filscan.fixed.clear()
    assert station.run(provider_filscan_info, TODAY).success
    assert station.simulator.world.journal.paths.total() == len(missing)  # only those again
    assert len(station.rows("select provider from filplus.provider_filscan_info")) > len(stored)


def test_a_past_day_of_filscan_is_never_todays(station: Station) -> None:
    station.know(PROVIDERS[2:6])
    assert station.run(provider_filscan_info, TODAY).success
    before = station.rows("select t::text from filplus.provider_filscan_info t order by 1")
    station.at(NOW + timedelta(days=1))
    assert station.run(provider_filscan_info, YESTERDAY, TOMORROW).success
    assert [state for _, state, _ in states(station, INFO)] == [
        "NOT_OBSERVED",
        "MATERIALIZED",
        "MATERIALIZED",
    ]
    again = station.rows(
        "select t::text from filplus.provider_filscan_info t where date = %s order by 1", TODAY
    )
    assert again == before


def test_filscan_that_is_down_changes_no_row_and_one_failing_account_only_itself(
    station: Station,
) -> None:
    station.know(PROVIDERS[2:4])
    station.simulator.world.faults.rules[:] = [FaultRule("status", path="filscan", status=503)]
    failure = failure_of(station.run(provider_filscan_info, TODAY))
    assert "returned 503" in failure["cause"]
    assert station.rows("select provider from filplus.provider_filscan_info") == []
    station.simulator.world.faults.rules[:] = [
        FaultRule("status", body=PROVIDERS[3], status=503, path="filscan")
    ]
    assert station.run(provider_filscan_info, TODAY).success
    assert station.rows("select entity, reason from ops.failed_entities") == [
        (PROVIDERS[3], "returned 503")
    ]
    assert station.rows("select provider from filplus.provider_filscan_info") == [(PROVIDERS[2],)]
    publish_environment({"CDP_FILSCAN_API_URL": ""})
    failure = failure_of(station.run(provider_filscan_info, TODAY))
    assert failure["key"] == "CDP_FILSCAN_API_URL"


def test_one_account_that_always_fails_stops_nobody_after_it(station: Station) -> None:
    publish_environment({"CDP_HTTP_TRIES": "6"})
    station.know(PROVIDERS)
    bad = PROVIDERS[20]  # the only one that is left to be asked in the second run, or nearly
    station.simulator.world.faults.rules[:] = [
        FaultRule("status", body=bad, status=500, path="filscan")
    ]
    for _ in range(2):
        assert station.run(provider_filscan_info, TODAY).success
        stored = {p for (p,) in station.rows("select provider from filplus.provider_filscan_info")}
        reasons = dict(station.rows("select entity, reason from ops.failed_entities"))
        assert stored == set(PROVIDERS) - set(reasons)
        assert reasons.pop(bad) == "returned 500"
        assert set(reasons.values()) <= {"Filscan shows no provider's account"}


def test_an_error_with_a_nul_in_its_text_is_listed(station: Station) -> None:
    station.know(PROVIDERS[2:5])
    station.simulator.world.filscan.fixed[PROVIDERS[2]] = {"code": 9, "message": "a\0b"}
    assert station.run(provider_filscan_info, TODAY).success
    assert station.rows(
        "select reason from ops.failed_entities where entity = %s", PROVIDERS[2]
    ) == [("Filscan reports code 9: a\\x00b",)]
    assert station.rows("select count(*) from filplus.provider_filscan_info") == [(2,)]


def test_filspark_tells_days_that_are_over_also_past_ones_and_not_the_running(
    station: Station,
) -> None:
    assert station.run(provider_retrievability_daily, "2026-02-27", TODAY).success
    spark = station.simulator.world.filspark
    days = [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
    expected = sorted(
        (f"{day} 00:00:00", row["miner_id"], int(row["total"]), int(row["successful"]))
        for day in days
        for row in spark.rows(day)
    )
    assert (
        station.rows(
            "select date::text, provider, total, successful "
            "from filplus.provider_retrievability_daily order by 1, provider, 3"
        )
        == expected
    )
    assert [s for _, s, _ in states(station, RETRIEVABILITY)] == ["MATERIALIZED"] * 3 + [
        "NOT_OBSERVED"
    ]
    station.simulator.world.journal.clear()
    assert station.run(provider_retrievability_daily, "2026-02-27", TODAY).success
    assert station.simulator.world.journal.paths.total() == 0  # made of the kept answers
    station.at(NOW + timedelta(days=1))
    assert station.run(provider_retrievability_daily, TODAY).success
    assert station.rows(
        "select count(*) > 30 from filplus.provider_retrievability_daily where date = %s", TODAY
    ) == [(True,)]


def test_an_entry_of_filspark_that_contradicts_itself_is_listed(station: Station) -> None:
    good = {"miner_id": "f01", "total": "10", "successful": "4", "success_rate": 0.4}
    station.simulator.world.filspark.fixed[date(2026, 3, 1)] = [
        good,
        {**good, "miner_id": "f02", "successful": "40"},
    ]
    made = station.run(provider_retrievability_daily, YESTERDAY)
    assert made.success
    assert station.rows("select * from filplus.provider_retrievability_daily")[0][1:] == (
        "f01",
        10,
        4,
        0.4,
        None,
        None,
    )
    assert checks_of(made)["day_entries_readable"][0] is False
    assert station.rows("select entity from ops.failed_entities") == [("f02",)]


def daily(station: Station) -> list[tuple[object, ...]]:
    return station.rows(
        "select provider, total, successful from filplus.provider_retrievability_daily order by 1"
    )


def test_a_day_that_was_answered_empty_is_listed_and_asked_again(station: Station) -> None:
    spark, day = station.simulator.world.filspark, date(2026, 3, 1)
    whole = len(spark.rows(day))
    spark.fixed[day] = []
    made = station.run(provider_retrievability_daily, YESTERDAY)
    assert made.success
    assert states(station, RETRIEVABILITY) == [(YESTERDAY, "NOT_OBSERVED", 0)]
    assert station.rows("select is_final from ops.asset_partition_status") == [(False,)]  # due
    assert station.rows("select entity from ops.failed_entities") == [(YESTERDAY,)]
    assert checks_of(made)["day_entries_readable"][0] is False
    del spark.fixed[day]
    station.at(NOW + timedelta(minutes=1))
    assert station.run(provider_retrievability_daily, YESTERDAY).success
    assert states(station, RETRIEVABILITY) == [(YESTERDAY, "MATERIALIZED", whole)]
    assert station.rows("select is_final from ops.asset_partition_status") == [(True,)]
    assert station.rows("select * from ops.failed_entities") == []


@pytest.mark.parametrize(
    ("beyond", "is_final"), [(timedelta(0), False), (timedelta(seconds=1), True)]
)
def test_a_day_that_stays_empty_is_due_for_two_days_after_its_end(
    station: Station, beyond: timedelta, is_final: bool
) -> None:
    station.simulator.world.filspark.fixed[date(2026, 3, 1)] = []
    station.at(datetime(2026, 3, 4, tzinfo=UTC) + beyond)
    assert station.run(provider_retrievability_daily, YESTERDAY).success
    assert states(station, RETRIEVABILITY) == [(YESTERDAY, "NOT_OBSERVED", 0)]
    assert station.rows("select is_final from ops.asset_partition_status") == [(is_final,)]


def test_an_entry_that_was_mended_is_taken_and_an_empty_answer_takes_nothing(
    station: Station,
) -> None:
    good = {"miner_id": "f01", "total": "10", "successful": "4", "success_rate": 0.4}
    twice = {**good, "total": "20"}
    other = {**good, "miner_id": "f02"}
    spark, day = station.simulator.world.filspark, date(2026, 3, 1)
    spark.fixed[day] = [good, twice, other]
    assert station.run(provider_retrievability_daily, YESTERDAY).success
    assert daily(station) == [("f02", 10, 4)]
    assert station.rows("select entity, reason from ops.failed_entities") == [
        ("f01", "the response has two rates for one provider")
    ]
    spark.fixed[day] = []
    station.at(NOW + timedelta(minutes=1))
    assert station.run(provider_retrievability_daily, YESTERDAY).success
    assert daily(station) == [("f02", 10, 4)]
    spark.fixed[day] = [good, other]
    station.at(NOW + timedelta(minutes=2))
    assert station.run(provider_retrievability_daily, YESTERDAY).success
    assert daily(station) == [("f01", 10, 4), ("f02", 10, 4)]
    assert station.rows("select * from ops.failed_entities") == []


def test_without_filspark_its_days_stay_unobserved_and_nothing_fails(station: Station) -> None:
    publish_environment({"CDP_FILSPARK_API_URL": ""})
    assert station.run(provider_retrievability_daily, YESTERDAY).success
    assert states(station, RETRIEVABILITY) == [(YESTERDAY, "NOT_OBSERVED", 0)]
    assert station.rows("select * from filplus.provider_retrievability_daily") == []


def test_filspark_that_is_down_keeps_the_day_as_it_was(station: Station) -> None:
    assert station.run(provider_retrievability_daily, YESTERDAY).success
    before = station.rows("select t::text from filplus.provider_retrievability_daily t order by 1")
    station.simulator.world.faults.rules[:] = [FaultRule("truncated")]
    failure = failure_of(station.run(provider_retrievability_daily, "2026-02-28"))
    assert "broke off" in failure["cause"]
    after = station.rows("select t::text from filplus.provider_retrievability_daily t order by 1")
    assert after == before
