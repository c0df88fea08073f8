"""The URL finder's routes and shapes over HTTP."""

from __future__ import annotations

import httpx
import pytest

from simulator.dmob.worked_example import URL_FINDER_RATES

pytestmark = pytest.mark.integration

FIELDS = {
    "provider_id",
    "client_id",
    "working_url",
    "retrievability_percent",
    "car_files_percent",
    "tested_at",
    "performance",
    "diagnostics",
    "error",
    "error_code",
}
ASKED = [f"f0{1_000_000 + 11 * number}" for number in range(1, 101)]


def test_one_provider_has_the_bulk_entrys_fields(http: httpx.Client) -> None:
    bulk = http.post("/url-finder/providers/bulk", json={"provider_ids": ASKED}).json()
    for entry in bulk["providers"][:20]:
        path = f"/url-finder/providers/{entry['provider_id']}?extended=true"
        assert set(entry) == FIELDS
        assert http.get(path).json() == entry


def test_bulk_answers_each_provider_once_or_as_not_found(http: httpx.Client) -> None:
    bulk = http.post("/url-finder/providers/bulk", json={"provider_ids": ASKED}).json()
    found = [entry["provider_id"] for entry in bulk["providers"]]
    assert len(bulk["not_found"]) > 0
    assert sorted(found + bulk["not_found"]) == sorted(ASKED)
    for provider in bulk["not_found"]:
        assert http.get(f"/url-finder/providers/{provider}").status_code == 404


def test_some_answers_have_no_percentage(http: httpx.Client) -> None:
    bulk = http.post("/url-finder/providers/bulk", json={"provider_ids": ASKED}).json()
    percents = [entry["retrievability_percent"] for entry in bulk["providers"]]
    assert 0 < percents.count(None) < len(percents)


def test_a_short_answer_leaves_the_measurements_out(http: httpx.Client) -> None:
    assert set(http.get(f"/url-finder/providers/{ASKED[1]}").json()) == {
        "provider_id",
        "client_id",
        "working_url",
        "retrievability_percent",
    }


def test_one_client_of_a_provider_can_be_asked(http: httpx.Client) -> None:
    path = f"/url-finder/providers/{ASKED[1]}/clients/f03100007?extended=true"
    entry = http.get(path).json()
    assert (entry["provider_id"], entry["client_id"]) == (ASKED[1], "f03100007")


@pytest.mark.parametrize(
    "body",
    [
        {"provider_ids": ["f01"] * 101},
        {"provider_ids": []},
        {"provider_ids": ["1234"]},
        {"providers": ["f01"]},
        ["f01"],
    ],
    ids=["more than a hundred", "none", "no prefix", "another name", "no object"],
)
def test_a_wrong_bulk_request_is_refused(http: httpx.Client, body: object) -> None:
    assert http.post("/url-finder/providers/bulk", json=body).status_code == 400


def test_a_provider_without_prefix_is_refused(http: httpx.Client) -> None:
    assert http.get("/url-finder/providers/1234").status_code == 400


def test_the_rates_of_the_worked_example_can_be_served_day_by_day(http: httpx.Client) -> None:
    rates = [
        {
            "provider": provider,
            "date": day.date().isoformat(),
            "percent": None if rate is None else float(rate * 100),
        }
        for day, provider, rate in URL_FINDER_RATES
    ]
    assert http.post("/control/url-finder", json={"rates": rates, "only": True}).json() == {
        "rates": 6
    }
    for rate in rates:
        http.post("/control/clock", json={"now": f"{rate['date']}T12:00:00Z"})
        entry = http.get(f"/url-finder/providers/{rate['provider']}?extended=true").json()
        assert entry["retrievability_percent"] == rate["percent"]
    assert http.get("/url-finder/providers/f0202").status_code == 404
    http.delete("/control/url-finder")
    assert http.get(f"/url-finder/providers/{ASKED[1]}").status_code == 200


def test_the_clock_is_read_and_set(http: httpx.Client) -> None:
    assert http.get("/control/clock").json() == {"now": "2026-03-02T12:00:00Z"}
    http.post("/control/clock", json={"now": "2026-03-03T00:30:00+01:00"})
    assert http.get("/control/clock").json() == {"now": "2026-03-02T23:30:00Z"}
    assert http.post("/control/clock", json={"now": "2026-03-03T00:30:00"}).status_code == 400
