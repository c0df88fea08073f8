"""Which measurements of a bulk entry count, and at which instant (compliance §3.19)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from resources.codecs.exact_json import parse_exact
from resources.http.raw_response import RawResponse
from resources.sources.url_finder_metrics import (
    RESULT_CODES,
    SHOWN_NAMES,
    Measurement,
    Sample,
    read_sample,
    read_samples,
)

AT = datetime(2026, 3, 2, 0, 10, 5, 123000, tzinfo=UTC)


def entry(**changes: Any) -> dict[str, Any]:
    row = {
        "provider_id": "f01",
        "client_id": None,
        "retrievability_percent": 87.5,
        "car_files_percent": 80,
        "tested_at": "2026-03-02T00:10:05.123999Z",
        "performance": {
            "bandwidth": {
                "tested_at": "2026-03-02T23:59:59Z",
                "ttfb_ms": 120.25,
                "download_speed_mbps": 42.5,
            }
        },
        "diagnostics": {"result_code": "Success"},
    }
    row.update(changes)
    read: dict[str, Any] = parse_exact(json.dumps(row).encode())
    return read


def sample_of(row: dict[str, Any]) -> tuple[Sample, list[str]]:
    return read_sample(row, AT.date())


def metrics(row: dict[str, Any]) -> dict[str, Decimal | None]:
    return {m.metric: m.value for m in sample_of(row)[0].measurements}


def test_ratios_count_at_the_test_and_speeds_at_their_own_instant() -> None:
    later = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
    assert sample_of(entry())[0].measurements == (
        Measurement("RPA_RETRIEVABILITY", Decimal("0.875"), AT),
        Measurement("CAR_FILES", Decimal("0.8"), AT),
        Measurement("TTFB", Decimal("120.25"), later),
        Measurement("BANDWIDTH", Decimal("42.5"), later),
    )


def test_a_ratio_that_was_not_measured_stays_null_and_absent_is_the_same() -> None:
    row = entry(retrievability_percent=None, performance=None)
    del row["car_files_percent"]
    assert metrics(row) == {"RPA_RETRIEVABILITY": None, "CAR_FILES": None}


@pytest.mark.parametrize(
    ("bandwidth", "counted"),
    [
        pytest.param({"tested_at": "2026-03-01T23:59:59Z", "ttfb_ms": 9}, False, id="day before"),
        pytest.param({"tested_at": "2026-03-03T00:00:00Z", "ttfb_ms": 9}, False, id="day after"),
        pytest.param({"tested_at": "2026-03-03T01:00:00+02:00", "ttfb_ms": 9}, True, id="in UTC"),
        pytest.param({"tested_at": "2026-03-02T00:00:00Z", "ttfb_ms": 0}, False, id="zero"),
        pytest.param({"tested_at": "2026-03-02T00:00:00Z", "ttfb_ms": None}, False, id="null"),
        pytest.param(None, False, id="not tested"),
    ],
)
def test_a_speed_counts_when_it_is_not_zero_and_of_the_utc_day_of_the_test(
    bandwidth: Any, counted: bool
) -> None:
    assert ("TTFB" in metrics(entry(performance={"bandwidth": bandwidth}))) is counted


def test_every_known_result_code_has_its_upper_snake_case_and_others_are_errors() -> None:
    for code, stored in RESULT_CODES.items():
        assert sample_of(entry(diagnostics={"result_code": code}))[0].result_code == stored
    for diagnostics in ({"result_code": "ProviderMoved"}, {"result_code": None}, {}, None):
        assert sample_of(entry(diagnostics=diagnostics))[0].result_code == "ERROR"
    assert set(SHOWN_NAMES) == set(RESULT_CODES.values())
    assert SHOWN_NAMES["MISSING_HTTP_ADDR_FROM_CID_CONTACT"] == (
        "Missing HTTP Address from CID Contact"
    )


@pytest.mark.parametrize("tested_at", [None, "yesterday", 5])
def test_a_test_without_its_time_costs_its_ratios_not_the_sample(tested_at: object) -> None:
    sample, faults = sample_of(entry(tested_at=tested_at))
    assert (sample.tested_at, sample.result_code) == (None, "SUCCESS")
    assert [m.metric for m in sample.measurements] == ["TTFB", "BANDWIDTH"]
    assert faults == [f"tested_at is {str(tested_at)!r}, no instant"]
    other_day = read_sample(entry(tested_at=tested_at), AT.date() - timedelta(days=1))[0]
    assert other_day.measurements == ()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"diagnostics": {"result_code": "ProviderMoved"}},
            "result_code is 'ProviderMoved', which counts as ERROR",
        ),
        (
            {"diagnostics": {"result_code": ["Success"]}},
            "result_code is \"['Success']\", which counts as ERROR",
        ),
        ({"diagnostics": "Success"}, "diagnostics is 'Success', no object"),
        ({"performance": [1]}, "performance is '[1]', no object"),
        ({"performance": {"bandwidth": 7}}, "bandwidth is '7', no object"),
        ({"diagnostics": {"result_code": None}}, None),
        ({"diagnostics": None}, None),
        ({"performance": None}, None),
        ({"performance": {"bandwidth": None}}, None),
    ],
)
def test_a_field_that_is_there_and_cannot_be_read_is_named(
    changes: dict[str, Any], fault: str | None
) -> None:
    assert sample_of(entry(**changes))[1] == ([] if fault is None else [fault])


SPEEDS = {"ttfb_ms": 5, "download_speed_mbps": 7}


@pytest.mark.parametrize(
    ("changes", "skipped", "reason"),
    [
        ({"car_files_percent": "80"}, {"CAR_FILES"}, "car_files_percent is '80'"),
        ({"car_files_percent": 100.5}, {"CAR_FILES"}, "not 0 to 100"),
        ({"retrievability_percent": -1}, {"RPA_RETRIEVABILITY"}, "below 0"),
        (
            {"performance": {"bandwidth": {**SPEEDS, "tested_at": None}}},
            {"TTFB", "BANDWIDTH"},
            "the instant of ttfb_ms is 'None'",
        ),
        ({"performance": {"bandwidth": SPEEDS}}, {"TTFB", "BANDWIDTH"}, "no instant"),
        (
            {
                "performance": {
                    "bandwidth": {
                        "ttfb_ms": "fast",
                        "download_speed_mbps": 7,
                        "tested_at": "2026-03-02T01:00:00Z",
                    }
                }
            },
            {"TTFB"},
            "ttfb_ms is 'fast'",
        ),
    ],
)
def test_a_metric_that_cannot_be_read_costs_itself_not_the_sample(
    changes: dict[str, Any], skipped: set[str], reason: str
) -> None:
    sample, faults = sample_of(entry(**changes))
    every = {"RPA_RETRIEVABILITY", "CAR_FILES", "TTFB", "BANDWIDTH"}
    assert {m.metric for m in sample.measurements} == every - skipped
    assert sample.result_code == "SUCCESS"
    assert len(faults) == len(skipped)
    assert reason in faults[0]
    body = json.dumps({"providers": [entry(**changes)], "not_found": []}, default=float).encode()
    samples, unreadable = read_samples(RawResponse("x", 200, None, AT, body, "h", True), ["f01"])
    assert (list(samples), list(unreadable)) == (["f01"], ["f01"])


def test_an_entry_without_its_time_costs_itself_not_the_provider_s_other_entry() -> None:
    rows = [
        entry(client_id="f07", retrievability_percent=1),
        entry(tested_at=None),
        entry(performance={"bandwidth": {"ttfb_ms": 5}}),
    ]
    body = json.dumps({"providers": rows}, default=float).encode()
    samples, unreadable = read_samples(RawResponse("x", 200, None, AT, body, "h", True), ["f01"])
    assert {m.metric: m.value for m in samples["f01"].measurements} == {
        "RPA_RETRIEVABILITY": Decimal("0.875"),
        "CAR_FILES": Decimal("0.8"),
    }
    assert unreadable == {
        "f01": "tested_at is 'None', no instant; the instant of ttfb_ms is 'None', no instant"
    }


def test_one_unreadable_entry_loses_no_other_and_the_whole_provider_wins() -> None:
    rows = [
        entry(client_id="f07", retrievability_percent=1),
        entry(),
        entry(client_id="f08", retrievability_percent=2),
        entry(provider_id="f02", tested_at=None),
    ]
    body = json.dumps({"providers": rows, "not_found": ["f03"]}, default=float).encode()
    answer = RawResponse("x", 200, None, AT, body, "h", True)
    samples, unreadable = read_samples(answer, ["f01", "f02", "f03"])
    assert samples["f01"].measurements[0].value == Decimal("0.875")
    assert (list(samples), samples["f02"].tested_at) == (["f01", "f02"], None)
    assert list(unreadable) == ["f02"]
    assert "tested_at" in unreadable["f02"]
