"""Every fault over a real socket, as a client sees it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from simulator.server.http_server import SimulatorServer
from tests.integration.simulator.conftest import AS_OF

pytestmark = pytest.mark.integration

PROVIDER = "/url-finder/providers/f01000022"


def _fault(http: httpx.Client, **rule: Any) -> None:
    assert http.post("/control/faults", json=rule).status_code == 200


def _ask(http: httpx.Client, *methods: str) -> httpx.Response:
    calls = [{"jsonrpc": "2.0", "id": method, "method": method, "params": []} for method in methods]
    return http.post("/solana", json=calls if len(calls) > 1 else calls[0])


def test_429_comes_with_retry_after_once_and_then_the_answer(http: httpx.Client) -> None:
    _fault(http, kind="status", status=429, retry_after=7, times=1)
    refused = http.get(PROVIDER)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "7"
    assert http.get(PROVIDER).status_code == 200


def test_retry_after_may_be_a_date(http: httpx.Client) -> None:
    date = "Mon, 02 Mar 2026 12:00:05 GMT"
    _fault(http, kind="status", status=503, retry_after=date, times=1)
    assert http.get(PROVIDER).headers["retry-after"] == date


@pytest.mark.parametrize("status", [500, 502, 503, 504, 403])
def test_any_status_can_be_answered(http: httpx.Client, status: int) -> None:
    _fault(http, kind="status", status=status)
    assert [http.get(PROVIDER).status_code for _ in range(3)] == [status] * 3


def test_a_slow_answer_runs_into_the_clients_time_limit(http: httpx.Client) -> None:
    _fault(http, kind="timeout", seconds=60, times=1)
    with pytest.raises(httpx.ReadTimeout):
        http.get(PROVIDER, timeout=0.2)
    assert http.get(PROVIDER).status_code == 200


def test_a_slow_answer_arrives_when_the_client_waits(http: httpx.Client) -> None:
    right = http.get(PROVIDER).json()
    _fault(http, kind="timeout", seconds=0.05, times=1)
    assert http.get(PROVIDER).json() == right


def test_a_server_that_ends_does_not_wait_for_slow_answers() -> None:
    with SimulatorServer(seed=1, as_of=AS_OF) as ending:
        with httpx.Client(base_url=ending.url) as client:
            _fault(client, kind="timeout", seconds=600)
            with pytest.raises(httpx.ReadTimeout):
                client.get(PROVIDER, timeout=0.2)
        ending.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(ending.url + PROVIDER)


def test_a_truncated_answer_announces_more_than_it_sends(http: httpx.Client) -> None:
    _fault(http, kind="truncated", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        http.get(PROVIDER)
    assert http.get(PROVIDER).status_code == 200


def test_a_malformed_answer_is_whole_but_no_json(http: httpx.Client) -> None:
    _fault(http, kind="malformed", times=1)
    answer = http.get(PROVIDER)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_dropped_connection_gives_no_answer(http: httpx.Client) -> None:
    _fault(http, kind="drop", times=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.get(PROVIDER)
    assert http.get(PROVIDER).status_code == 200


@pytest.mark.parametrize(
    ("kind", "edit"),
    [
        ("duplicate", lambda ids: [*ids, ids[-1]]),
        ("shifted", lambda ids: [*ids[1:], ids[-1]]),
        ("partial", lambda ids: ids[:2]),
    ],
)
def test_a_page_can_be_wrong_in_its_items(http: httpx.Client, kind: str, edit: Any) -> None:
    ask = {"provider_ids": [f"f0{1_000_000 + 11 * number}" for number in (1, 2, 5, 6)]}
    right = http.post("/url-finder/providers/bulk", json=ask).json()["providers"]
    ids = [entry["provider_id"] for entry in right]
    assert len(ids) == 4
    _fault(http, kind=kind, path="bulk", times=1)
    wrong = http.post("/url-finder/providers/bulk", json=ask).json()["providers"]
    assert [entry["provider_id"] for entry in wrong] == edit(ids)


def test_an_answer_can_be_restated(http: httpx.Client) -> None:
    right = _ask(http, "getEpochInfo").json()["result"]
    _fault(http, kind="restated", rpc_method="getEpochInfo", field="blockHeight", add=9, times=1)
    wrong = _ask(http, "getEpochInfo").json()["result"]
    assert wrong == right | {"blockHeight": right["blockHeight"] + 9}


def test_a_json_rpc_error_meets_its_method_alone(http: httpx.Client) -> None:
    _fault(http, kind="rpc_error", rpc_method="getEpochSchedule", code=-32005, times=1)
    info, schedule = _ask(http, "getEpochInfo", "getEpochSchedule").json()
    assert "result" in info
    assert schedule["error"]["code"] == -32005
    assert schedule["id"] == "getEpochSchedule"


def test_rules_are_listed_and_dropped_together(http: httpx.Client) -> None:
    _fault(http, kind="drop", path="/solana", times=3)
    (rule,) = http.get("/control/faults").json()
    assert (rule["kind"], rule["path"], rule["times"]) == ("drop", "/solana", 3)
    assert http.delete("/control/faults").json() == []
    assert _ask(http, "getEpochInfo").status_code == 200


def test_tries_can_be_counted_and_the_control_endpoint_is_not(http: httpx.Client) -> None:
    _fault(http, kind="status", status=500, path="/solana", times=2)
    for _ in range(3):
        _ask(http, "getEpochInfo")
    _ask(http, "getEpochInfo", "getVoteAccounts")
    http.get(PROVIDER)
    counted = http.get("/control/requests").json()
    assert counted == {
        "total": 5,
        "paths": {f"GET {PROVIDER}": 1, "POST /solana": 4},
        "rpc": {"getEpochInfo": 4, "getVoteAccounts": 1},
        "faults": {"status": 2},
    }
    assert http.delete("/control/requests").json()["total"] == 0


def test_a_wrong_rule_is_refused_with_a_sentence(http: httpx.Client) -> None:
    refused = http.post("/control/faults", json=[{"kind": "flood"}])
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("kind is one of status, timeout")
