"""Which measurements of a bulk entry count, and at which instant (compliance §3.19)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.errors import BadSourceAnswer
from resources.exact_json import parse_exact
from resources.raw_answer import RawAnswer
from resources.url_finder_metrics import (
    RESULT_CODES,
    SHOWN_NAMES,
    Measurement,
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
                "tested_at": "2026-03-02T23:59:59Z", "ttfb_ms": 120.25,
                "download_speed_mbps": 42.5,
            }
        },
        "diagnostics": {"result_code": "Success"},
    }  # fmt: skip
    row.update(changes)
    read: dict[str, Any] = parse_exact(json.dumps(row).encode())
    return read


def metrics(row: dict[str, Any]) -> dict[str, Decimal | None]:
    return {m.metric: m.value for m in read_sample(row).measurements}


def test_ratios_count_at_the_test_and_speeds_at_their_own_instant() -> None:
    later = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
    assert read_sample(entry()).measurements == (
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
        assert read_sample(entry(diagnostics={"result_code": code})).result_code == stored
    for diagnostics in ({"result_code": "ProviderMoved"}, {"result_code": None}, {}, None):
        assert read_sample(entry(diagnostics=diagnostics)).result_code == "ERROR"
    assert set(SHOWN_NAMES) == set(RESULT_CODES.values())
    assert SHOWN_NAMES["MISSING_HTTP_ADDR_FROM_CID_CONTACT"] == (
        "Missing HTTP Address from CID Contact"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"tested_at": None},
        {"tested_at": "yesterday"},
        {"car_files_percent": "80"},
        {"car_files_percent": 100.5},
        {"retrievability_percent": -1},
        {"performance": {"bandwidth": {"ttfb_ms": "fast"}}},
        {"performance": {"bandwidth": {"ttfb_ms": 5, "tested_at": None}}},
    ],
)
def test_an_entry_with_a_value_of_another_kind_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadSourceAnswer):
        read_sample(entry(**changes))


def test_one_unreadable_entry_loses_no_other_and_the_whole_provider_wins() -> None:
    rows = [
        entry(client_id="f07", retrievability_percent=1),
        entry(),
        entry(client_id="f08", retrievability_percent=2),
        entry(provider_id="f02", tested_at=None),
    ]
    body = json.dumps({"providers": rows, "not_found": ["f03"]}, default=float).encode()
    answer = RawAnswer("x", 200, None, AT, body, "h", True)
    samples, unreadable = read_samples(answer, ["f01", "f02", "f03"])
    assert list(samples) == ["f01"]
    assert samples["f01"].measurements[0].value == Decimal("0.875")
    assert list(unreadable) == ["f02"]
    assert "tested_at" in unreadable["f02"]
