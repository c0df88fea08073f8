"""Rate limits: who is counted as whom, what a response says, and what is left without a store."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime

import httpx
import pytest

from query_layer.auth.claims import anonymous
from query_layer.http.rate_limits import RateLimits, RequestClass
from query_layer.settings import StartRefused
from tests.query_layer.auth.people import add_key, add_organisation, add_people, bearer, token
from tests.query_layer.auth.signed_in import probed, probing
from tests.query_layer.client import Client, error_of, running
from tests.query_layer.warehouse import PATH, Mart

pytestmark = pytest.mark.anyio


async def until_refused(client: Client, headers: dict[str, str]) -> tuple[int, httpx.Response]:
    """Ask until 429; return how often it was answered before."""
    for count in range(1_000):
        answer = await probed(client, headers)
        if answer.status_code == 429:
            return count, answer
        assert answer.status_code == 200, answer.text
    raise AssertionError("never refused")


async def test_a_response_says_what_is_left_and_when_to_come_again(quiet_mart: Mart) -> None:
    async with running(quiet_mart.settings(anonymous_per_minute=3)) as client:
        left = [(await client.get()).headers["ratelimit-remaining"] for _ in range(3)]
        refused = await client.get()
    assert left == ["2", "1", "0"]
    error = error_of(refused)
    assert (error["status"], error["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.headers["ratelimit-limit"] == "3"
    assert refused.headers["ratelimit-policy"] == "3;w=60"
    assert refused.headers["ratelimit-remaining"] == "0"
    assert refused.headers["ratelimit-reset"] == refused.headers["retry-after"]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert error["details"]["limit_per_minute"] == 3


async def test_health_and_options_are_not_counted(quiet_mart: Mart) -> None:
    async with running(quiet_mart.settings(anonymous_per_minute=1)) as client:
        for _ in range(3):
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.http.options(PATH)).status_code == 204
        assert (await client.get()).status_code == 200
        assert (await client.get()).status_code == 429
        assert (await client.get("/health/ready")).status_code == 200
        assert "ratelimit-limit" not in (await client.get("/health/live")).headers


async def test_plans_keys_users_and_addresses_are_counted_apart(mart: Mart) -> None:
    add_people(mart)
    small = add_organisation(mart, "small", read_per_minute=2)
    large = add_organisation(mart, "large", plan="professional")
    first, second = (add_key(mart, small, "finance") for _ in range(2))
    async with probing(mart, anonymous_per_minute=4, trusted_proxies="127.0.0.1") as client:
        assert (await until_refused(client, bearer(first)))[0] == 2
        assert (await until_refused(client, bearer(second)))[0] == 2
        professional = await probed(client, bearer(add_key(mart, large, "finance")))
        assert professional.headers["ratelimit-limit"] == "300"
        standard = await probed(client, bearer(token("viewer")))
        assert standard.headers["ratelimit-limit"] == "60"
        other_token = await probed(client, bearer(token("viewer", jti="another")))
        assert other_token.headers["ratelimit-remaining"] == "58"
        for address in ("192.0.2.1", "192.0.2.2"):
            assert (await until_refused(client, {"X-Forwarded-For": address}))[0] == 4


async def test_a_forwarded_address_of_anybody_else_is_not_believed(quiet_mart: Mart) -> None:
    for proxies, forwarded in (
        ("", ["192.0.2.{}"]),
        ("192.0.2.0/24", ["198.51.100.{}"]),
        ("127.0.0.1", ["192.0.2.{}, 198.51.100.7"]),
        ("127.0.0.1,198.51.100.0/24", ["192.0.2.{}, 203.0.113.9, 198.51.100.7"]),
    ):
        settings = quiet_mart.settings(anonymous_per_minute=2, trusted_proxies=proxies)
        async with running(settings) as client:
            statuses = [
                (
                    await client.http.get(PATH, headers={"X-Forwarded-For": text.format(number)})
                ).status_code
                for text in forwarded
                for number in range(3)
            ]
        assert statuses == [200, 200, 429], proxies


async def test_processes_share_the_limits(quiet_mart: Mart) -> None:
    async with running(quiet_mart.settings(anonymous_per_minute=5, workers=2)) as client:
        assert (await client.get()).headers["ratelimit-limit"] == "2"
    async with running(quiet_mart.settings(anonymous_per_minute=1, workers=9)) as client:
        assert (await client.get()).status_code == 200


async def test_without_its_store_a_process_counts_by_itself(quiet_mart: Mart) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        store = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        settings = quiet_mart.settings(anonymous_per_minute=2, rate_limit_store=store)
        async with running(settings) as client:
            assert [(await client.get()).status_code for _ in range(3)] == [200, 200, 429]


def test_a_store_that_is_no_redis_is_refused(quiet_mart: Mart) -> None:
    with pytest.raises(StartRefused, match="CDP_QUERY_RATE_LIMIT_STORE: must be an address such"):
        quiet_mart.settings(rate_limit_store="memcached://127.0.0.1")


async def test_refused_credentials_of_an_address_are_counted(quiet_mart: Mart) -> None:
    async with running(quiet_mart.settings(anonymous_per_minute=3)) as client:
        wrong = bearer("no.token.atall")
        path = f"{PATH}/refused-here"  # other tests refuse tokens on the shared database too
        statuses = [(await client.http.get(path, headers=wrong)).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await client.get()).status_code == 200
    rows = quiet_mart.run(
        "select action, actor_id, resource, ip_address, count(*) from audit.access_log "
        "where action like 'REFUSE%%' group by 1, 2, 3, 4"
    )
    assert ("REFUSE_TOKEN_INVALID", "anonymous", path, "127.0.0.1", 3) in rows


async def test_idle_callers_are_forgotten_without_a_thread(
    quiet_mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    limits = RateLimits(quiet_mart.settings(), lambda: clock[0])
    before = threading.active_count()
    callers = anonymous(frozenset(), 10)
    for number in range(50):
        await limits.count(callers, f"192.0.2.{number}", RequestClass.READ)
    assert len(limits._store.expirations) == 50
    assert threading.active_count() <= before
    later = time.time() + 121
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: later)
    monkeypatch.setattr(
        "query_layer.http.rate_limits.wall_clock", lambda: datetime.fromtimestamp(later, UTC)
    )
    clock[0] = 11
    await limits.count(callers, "198.51.100.1", RequestClass.READ)
    assert len(limits._store.expirations) == 1
