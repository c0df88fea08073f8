"""The URL finder's daily snapshot: made of kept answers, deterministic, nothing lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest  # noqa: I001

from cdp_assets.filplus.providers.url_finder.assets import ASSET_KEY as OBSERVED
from cdp_assets.filplus.providers.url_finder.assets import provider_retrievability
from cdp_assets.filplus.providers.url_finder.snapshot import METRIC_IDS, snapshot_id
from cdp_assets.filplus.providers.url_finder.snapshot_assets import (
    METRIC,
    SNAPSHOT,
    url_finder_metrics,
    url_finder_snapshot,
)
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import NOW, TODAY, TOMORROW, Station, checks_of

pytestmark = pytest.mark.integration
PROVIDERS = [f"f0{1_000_000 + 11 * number}" for number in range(1, 251)]
ALL = (
    "storage_provider_url_finder_metric",
    "storage_provider_url_finder_daily_snapshot",
    "storage_provider_url_finder_metric_value",
)

_STORED = "select provider from raw_url_finder.provider_retrievability"


def content(station: Station) -> list[list[tuple[Any, ...]]]:
    return [station.rows(f"select t.* from filplus.{table} t order by 1") for table in ALL]


def keep(
    station: Station,
    day: str,
    entries: list[dict[str, Any]],
    asked: list[str] | None = None,
    unknown: list[str] | None = None,
) -> None:
    body = json.dumps({"providers": entries, "not_found": unknown or []}).encode()
    station.rows(
        "insert into raw_url_finder.responses (day, request_fingerprint, entities, http_status, "
        "is_complete, fetched_at, response_hash, body) "
        "values (%s, %s, %s, 200, true, %s, md5(%s), %s)",
        day,
        f"bulk {len(body)}",
        asked or [e["provider_id"] for e in entries],
        day,
        body,
        body,
    )


def entry(provider: str, percent: Any, tested_at: Any) -> dict[str, Any]:
    return {
        "provider_id": provider,
        "retrievability_percent": percent,
        "car_files_percent": percent,
        "tested_at": tested_at,
        "diagnostics": {"result_code": "Success"},
    }


def test_a_dictionary_that_is_as_it_was_keeps_its_version_so_that_no_day_is_due(
    station: Station,
) -> None:
    version = "select version from ops.asset_version where asset_key = %s"
    assert station.run(url_finder_metrics).success
    assert station.rows(version, METRIC) == [(1,)]
    assert station.run(url_finder_metrics).success
    assert station.rows(version, METRIC) == [(1,)]
    station.rows("update filplus.storage_provider_url_finder_metric set unit = 'x' returning 1")
    assert station.run(url_finder_metrics).success
    assert station.rows(version, METRIC) == [(2,)]


def test_every_entry_of_the_service_becomes_a_snapshot_with_its_metrics(station: Station) -> None:
    station.know(PROVIDERS)
    assert station.run(url_finder_metrics).success
    assert station.run(provider_retrievability, TODAY).success
    asked = dict(station.simulator.world.journal.paths)
    made = station.run(url_finder_snapshot, TODAY)
    assert made.success
    assert dict(station.simulator.world.journal.paths) == asked  # nobody was asked twice
    finder = station.simulator.world.url_finder
    known = {p: e for p in PROVIDERS if (e := finder.entry(p, None)) is not None}
    assert 0 < len(known) < len(PROVIDERS)
    stored = station.rows(
        "select provider, snapshot_date::text, result_code "
        "from filplus.storage_provider_url_finder_daily_snapshot order by 1"
    )
    assert [row[0] for row in stored] == sorted(known)
    assert {row[1] for row in stored} == {f"{TODAY} 00:00:00"}
    assert {row[2] for row in stored} >= {"SUCCESS", "ERROR", "TIMED_OUT"}
    values: dict[tuple[str, str], Any] = {
        (provider, metric): value
        for provider, metric, value in station.rows(
            "select v.provider, m.metric_type, v.value "
            "from filplus.storage_provider_url_finder_metric_value v "
            "join filplus.storage_provider_url_finder_metric m on m.id = v.metric_id"
        )
    }
    expected: dict[tuple[str, str], Any] = {}
    for provider, one in known.items():
        percent, cars = one["retrievability_percent"], one["car_files_percent"]
        expected[provider, "RPA_RETRIEVABILITY"] = None if percent is None else percent / 100
        expected[provider, "CAR_FILES"] = None if cars is None else cars / 100
        speed = one["performance"]["bandwidth"]
        if speed and speed["tested_at"][:10] == one["tested_at"][:10] and speed["ttfb_ms"]:
            expected[provider, "TTFB"] = speed["ttfb_ms"]
            expected[provider, "BANDWIDTH"] = speed["download_speed_mbps"]
    assert values == pytest.approx(expected)
    moved = {p for p, e in known.items() if e["diagnostics"]["result_code"] == "ProviderMoved"}
    assert station.rows(_FAILED) == [
        (p, "result_code is 'ProviderMoved', which counts as ERROR") for p in sorted(moved)
    ]
    assert {name for name, (passed, _) in checks_of(made).items() if not passed} == {
        "response_entries_readable"
    }
    first = content(station)
    assert station.run(url_finder_snapshot, TODAY).success
    assert content(station) == first


def test_one_figure_that_is_none_costs_only_its_provider(station: Station) -> None:
    station.know(PROVIDERS)
    bad = PROVIDERS[3]
    finder = station.simulator.world.url_finder
    finder.fix([{"provider": bad, "date": TODAY, "percent": 100.5}], only=False)
    known = {p for p in PROVIDERS if finder.entry(p, None) is not None}
    made = station.run(provider_retrievability, TODAY)
    assert made.success
    assert {p for (p,) in station.rows(_STORED)} == known - {bad}
    assert station.rows("select asset_key, entity, reason from ops.failed_entities") == [
        (OBSERVED, bad, "retrievability_percent is 100.5, not 0 to 100")
    ]
    assert not checks_of(made)["provider_responses_complete"][0]
    finder.forget()
    assert station.run(provider_retrievability, TODAY).success
    assert {p for (p,) in station.rows(_STORED)} == known
    assert station.rows("select * from ops.failed_entities") == []


def test_a_figure_without_its_time_costs_itself_not_the_sample(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP, of three providers: one figure, one entry and nothing without its time."""
    finder = station.simulator.world.url_finder
    measured = [p for p in PROVIDERS if _has_speeds(finder.entry(p, None))]
    timeless_speed, timeless_test, whole = measured[:3]
    told = finder.entry

    def entry_without_times(provider: str, client: str | None) -> dict[str, Any] | None:
        found = told(provider, client)
        if found is not None and provider == timeless_speed:
            found["performance"]["bandwidth"]["tested_at"] = None
        elif found is not None and provider == timeless_test:
            found["tested_at"] = None
        return found

    monkeypatch.setattr(finder, "entry", entry_without_times)
    station.know(measured[:3])
    assert station.run(url_finder_metrics).success
    assert station.run(provider_retrievability, TODAY).success
    assert station.run(url_finder_snapshot, TODAY).success
    assert {p for (p,) in station.rows(_STORED)} == set(measured[:3])
    assert station.rows(_METRICS) == [
        (timeless_speed, ["CAR_FILES", "RPA_RETRIEVABILITY"]),
        (timeless_test, ["BANDWIDTH", "TTFB"]),
        (whole, ["BANDWIDTH", "CAR_FILES", "RPA_RETRIEVABILITY", "TTFB"]),
    ]
    assert station.rows(_TIMELESS) == [(timeless_test, "SUCCESS")]
    no_time = "is 'None', no instant"
    assert station.rows(_FAILED) == [
        (
            timeless_speed,
            f"the instant of ttfb_ms {no_time}; the instant of download_speed_mbps {no_time}",
        ),
        (timeless_test, f"tested_at {no_time}"),
    ]


_METRICS = """
select v.provider, array_agg(m.metric_type::text order by m.metric_type::text)
from filplus.storage_provider_url_finder_metric_value v
join filplus.storage_provider_url_finder_metric m on m.id = v.metric_id
group by 1 order by 1
"""
_TIMELESS = """
select provider, result_code from filplus.storage_provider_url_finder_daily_snapshot
where tested_at is null order by 1
"""
_FAILED = "select entity, reason from ops.failed_entities order by 1"


def _has_speeds(one: dict[str, Any] | None) -> bool:
    speed = one and one["performance"]["bandwidth"]
    return bool(speed and speed["ttfb_ms"] and speed["tested_at"] == one["tested_at"])


@pytest.mark.parametrize(
    ("later", "stored", "failed"),
    [
        pytest.param([("f01", None)], ["f01"], ["f01"], id="its time is lost: the first stands"),
        pytest.param([("f01", 70)], ["f01"], [], id="read again"),
        pytest.param([], [], [], id="not known any more"),
    ],
)
def test_a_later_answer_of_the_day_that_cannot_be_read_leaves_the_earlier_in_place(
    station: Station, later: list[tuple[str, Any]], stored: list[str], failed: list[str]
) -> None:
    at = "2026-03-02T00:10:00Z"
    keep(station, TODAY, [entry("f01", 50, at)])
    again = [entry(p, percent or 60, at if percent else None) for p, percent in later]
    keep(station, TODAY, again, asked=["f01"], unknown=[] if later else ["f01"])
    assert station.run(url_finder_metrics).success
    assert station.run(url_finder_snapshot, TODAY).success
    snapshot = "select provider from filplus.storage_provider_url_finder_daily_snapshot"
    assert [p for (p,) in station.rows(snapshot)] == stored
    assert [entity for entity, _ in station.rows(_FAILED)] == failed


def test_a_slice_that_fails_loses_no_other_and_keeps_what_it_had(station: Station) -> None:
    station.know(PROVIDERS)
    assert station.run(provider_retrievability, TODAY).success
    before = station.rows(f"{_STORED} order by 1")
    bad = PROVIDERS[120]
    station.simulator.world.faults.rules[:] = [FaultRule("status", body=bad, status=500)]
    assert station.run(provider_retrievability, TODAY).success
    assert station.rows(f"{_STORED} order by 1") == before
    assert station.rows("select entity, reason from ops.failed_entities") == [(bad, "returned 500")]


def test_a_day_without_kept_answers_is_not_observed(station: Station) -> None:
    assert station.run(url_finder_snapshot, "2026-03-01").success
    assert content(station)[1:] == [[], []]
    assert station.rows(
        "select state from ops.asset_partition_status where asset_key = %s", SNAPSHOT
    ) == [("NOT_OBSERVED",)]


def test_a_measurement_that_two_days_show_belongs_to_the_first_in_any_order(
    station: Station,
) -> None:
    same = "2026-03-02T00:10:00Z"
    keep(station, TODAY, [entry("f01", 50, same)])
    keep(station, TOMORROW, [entry("f01", 50, same), entry("f02", 7, "2026-03-03T00:10:00Z")])
    station.at(NOW + timedelta(days=1))
    orders = ([TODAY, TOMORROW], [TOMORROW, TODAY], [TOMORROW, TODAY, TODAY, TOMORROW])
    found = []
    for order in orders:
        for table in reversed(ALL[1:]):
            station.rows(f"delete from filplus.{table}")
        for day in order:
            assert station.run(url_finder_snapshot, day).success
        found.append(content(station)[1:])
    assert found[0] == found[1] == found[2]
    owners = station.rows(
        "select provider, snapshot_id from filplus.storage_provider_url_finder_metric_value "
        "where metric_id = %s order by 1",
        METRIC_IDS["CAR_FILES"],
    )
    day, next_day = NOW.date(), (NOW + timedelta(days=1)).date()
    assert owners == [("f01", snapshot_id("f01", day)), ("f02", snapshot_id("f02", next_day))]


def test_an_unreadable_entry_is_listed_with_its_reason_and_leaves_the_list_once_mended(
    station: Station,
) -> None:
    keep(station, TODAY, [entry("f01", 50, None), entry("f02", 60, "2026-03-02T00:10:00Z")])
    made = station.run(url_finder_snapshot, TODAY)
    assert made.success
    passed, words = checks_of(made)["response_entries_readable"]
    assert (passed, words) == (False, "1 of 2 could not be stored, or only in part; the rest is.")
    assert station.rows(
        "select provider from filplus.storage_provider_url_finder_daily_snapshot order by 1"
    ) == [("f01",), ("f02",)]
    ((entity, reason),) = station.rows(
        "select entity, reason from ops.failed_entities where asset_key = %s", SNAPSHOT
    )
    assert (entity, reason) == ("f01", "tested_at is 'None', no instant")
    mended = [entry("f01", 50, "2026-03-02T00:11:00Z"), entry("f02", 60, "2026-03-02T00:10:00Z")]
    station.rows("delete from raw_url_finder.responses")
    keep(station, TODAY, mended)
    assert station.run(url_finder_snapshot, TODAY).success
    assert station.rows("select * from ops.failed_entities") == []
