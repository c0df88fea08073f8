"""Figures of Filscan and FilSpark: exact, refused when they contradict, and the weekly rate."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from cdp_assets.errors import InvalidSourceResponse, PermanentFailure, SourceUnavailable
from resources.codecs.exact_json import NotJson
from resources.http.http_client import HttpClient
from resources.http.retry import RetryPolicy
from resources.sources.filscan import COLUMNS, Filscan, read_indicator
from resources.sources.filspark import DailyRetrievals, FilSpark, read_day


def account(**indicator: Any) -> bytes:
    miner = {"account_miner": {"account_indicator": {"account_id": "f01", **indicator}}}
    return json.dumps({"result": {"account_info": miner}}).encode()


def test_amounts_beyond_64_bits_stay_exact_and_what_is_not_shown_is_null() -> None:
    found = read_indicator(account(balance="92233720368547758079223372", sector_count=5), "f01")
    assert found["balance"] == Decimal("92233720368547758079223372")
    assert found["sector_count"] == 5
    assert found["raw_power"] is None
    assert set(found) == set(COLUMNS)
    assert len(COLUMNS) == 20


@pytest.mark.parametrize(
    "body",
    [
        account(balance="much"),
        account(sector_count=1.5),
        account(sector_count=2**63),
        account(account_id="f02"),
        account(raw_power=True),
        b"[]",
        b"{}",
        b'{"result": {"account_info": {"account_basic": {}}}}',
    ],
)
def test_an_account_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises((InvalidSourceResponse, NotJson)):
        read_indicator(body, "f01")


@pytest.mark.parametrize(
    "body", [{"code": 429, "message": "x"}, {"code": 7, "message": "Too many requests"}]
)
def test_a_rate_limit_in_a_body_of_200_is_transient(body: dict[str, Any]) -> None:
    policy = RetryPolicy(tries=2, sleep=lambda _: None)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    http = HttpClient("source", "http://f.test", policy=policy, transport=transport)
    for outcome in (Filscan(http).account("f01"), FilSpark(http).day(date(2026, 3, 2))):
        assert isinstance(outcome.failure, SourceUnavailable)
        assert len(outcome.responses) == 2


def test_a_refusal_of_filscan_is_not_asked_again_at_once() -> None:
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json={"code": 7, "message": "no such account"})

    policy = RetryPolicy(tries=3, sleep=lambda _: None)
    http = HttpClient(
        "filscan", "http://f.test", policy=policy, transport=httpx.MockTransport(handler)
    )
    with pytest.raises(PermanentFailure, match="code 7: no such account"):
        Filscan(http).account("f01").usable()
    assert seen == [{"account_id": "f01"}]


def retrievals(**changes: Any) -> dict[str, Any]:
    return {
        "miner_id": "f01",
        "total": "10",
        "successful": "4",
        "success_rate": 0.4,
        "successful_http": "2",
        "success_rate_http": 0.2,
        **changes,
    }


def test_a_day_is_read_by_provider_with_counts_given_as_text() -> None:
    rows, unreadable = read_day(json.dumps([retrievals(miner_id="f02"), retrievals()]).encode())
    expected = DailyRetrievals("f01", 10, 4, Decimal("0.4"), 2, Decimal("0.2"))
    assert rows[0] == expected
    assert [row.provider for row in rows] == ["f01", "f02"]
    assert unreadable == {}


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (retrievals(successful="11"), "f01"),
        (retrievals(successful_http="11"), "f01"),
        (retrievals(total=None), "f01"),
        (retrievals(total="-1"), "f01"),
        (retrievals(success_rate=1.5), "f01"),
        (retrievals(success_rate="0.4"), "f01"),
        (retrievals(miner_id="1234"), "entry 0"),
        (None, "entry 0"),
    ],
)
def test_an_entry_that_contradicts_itself_is_named_and_loses_no_other(
    entry: Any, name: str
) -> None:
    rows, unreadable = read_day(json.dumps([entry, retrievals(miner_id="f02")]).encode())
    assert [row.provider for row in rows] == ["f02"]
    assert list(unreadable) == [name]


def test_a_provider_with_two_figures_costs_only_itself() -> None:
    entries = [retrievals(), retrievals(total="11"), retrievals(miner_id="f09")]
    rows, unreadable = read_day(json.dumps(entries).encode())
    assert [row.provider for row in rows] == ["f09"]
    assert unreadable == {retrievals()["miner_id"]: "the response has two rates for one provider"}


def test_recorded_figures_of_a_real_report_give_its_rates(shared_data: Path) -> None:
    path = shared_data / "filecoin/retrievability/provider_retrieval_2023-08-06.csv"
    with path.open() as file:
        recorded = [r for r in csv.DictReader(file) if r["graphsync_total"]]
    entries = [
        retrievals(
            miner_id=r["provider"],
            total=r["graphsync_total"],
            successful=r["graphsync_success"],
            success_rate=int(r["graphsync_success"]) / max(1, int(r["graphsync_total"])),
            successful_http=None,
            success_rate_http=None,
        )
        for r in recorded
    ]
    rows, unreadable = read_day(json.dumps(entries).encode())
    assert unreadable == {}
    published = {r["provider"]: r["graphsync_success_pct"] for r in recorded}
    assert len(rows) == len(published) > 20
    for row in rows:
        if not row.total:
            continue
        rate = Decimal(row.successful) / row.total
        assert abs(rate * 100 - Decimal(published[row.provider])) <= Decimal("0.01")
