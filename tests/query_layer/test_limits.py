"""Limits: each has a number, an error of its own, and a test on both sides where it has two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from query_layer.auth.claims import ANONYMOUS
from query_layer.read.database import Reader
from tests.query_layer.client import Client, error_of, running
from tests.query_layer.warehouse import PATH, Mart, Provider

pytestmark = pytest.mark.anyio


@contextmanager
def locked(mart: Mart) -> Iterator[None]:
    """Hold the mart as a rebuild does, so that whoever reads it waits."""
    with psycopg.connect(mart.owner) as connection:
        connection.execute("lock table filplus.providers_weekly_acc in access exclusive mode")
        yield


async def waiting_for_lock(mart: Mart, readers: int = 1) -> None:
    """Return when this many sessions wait for a lock."""
    for _ in range(1_000):
        [(count,)] = await asyncio.to_thread(
            mart.run,
            "select count(*) from pg_stat_activity "
            "where wait_event_type = 'Lock' and datname = current_database()",
        )
        if count >= readers:
            return
    raise AssertionError("nobody waits for a lock")


async def chunks(size: int) -> AsyncIterator[bytes]:
    """Yield a body in pieces, so that no length is announced."""
    for start in range(0, size, 1_000):
        yield b"x" * min(1_000, size - start)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_body_over_the_cap_is_refused(client: Client, method: str) -> None:
    answer = await client.http.request(method, PATH, content=b"x" * 65_537)
    error = error_of(answer)
    assert (error["status"], error["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert error["details"] == {"max_bytes": 65_536}


async def test_a_body_without_a_length_is_counted(client: Client) -> None:
    answer = await client.http.request("GET", PATH, content=chunks(65_537))
    assert answer.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_up_to_the_cap_is_read_past(client: Client, announced: bool) -> None:
    content = b"x" * 65_536 if announced else chunks(65_536)
    assert (await client.http.request("GET", PATH, content=content)).status_code == 200


@pytest.mark.parametrize("length", ["many", "-1", "9" * 5_000])
async def test_a_length_that_is_no_plain_number_is_refused(client: Client, length: str) -> None:
    answer = await client.http.get(PATH, headers={"Content-Length": length})
    assert answer.status_code == 413


async def test_an_address_over_the_cap_is_refused(client: Client) -> None:
    room = 8_192 - len(PATH) - len("x=")
    at_cap = await client.error(f"{PATH}?x={'y' * room}")
    over = await client.error(f"{PATH}?x={'y' * (room + 1)}")
    assert at_cap["code"] == "VALIDATION_FAILED"
    assert (over["status"], over["code"]) == (414, "URI_TOO_LONG")


async def test_requests_over_the_cap_in_flight_are_refused_early_but_health_is_not(
    mart: Mart,
) -> None:
    mart.write_week([Provider("f01")])
    async with running(mart.settings(max_in_flight=1)) as client:
        with locked(mart):
            first = asyncio.create_task(client.get())
            await waiting_for_lock(mart)
            second = await client.error(limit=2)
            assert (await client.get("/health/live")).status_code == 200
        assert (await first).status_code == 200
    assert (second["status"], second["code"]) == (503, "POOL_EXHAUSTED")
    assert second["details"] == {"max_in_flight": 1}


async def test_a_pool_without_a_free_connection_is_said_after_the_acquire_time(
    mart: Mart,
) -> None:
    mart.write_week([Provider("f01")])
    settings = mart.settings(pool_min=1, pool_max=1, pool_acquire_seconds=0.5)
    async with running(settings) as client:
        held, release = asyncio.Event(), asyncio.Event()

        async def hold(_: Reader) -> None:
            held.set()
            await release.wait()

        holder = asyncio.create_task(client.service.database.read(ANONYMOUS, hold))
        await held.wait()
        assert client.service.database.active == 1
        answer = await client.get()
        release.set()
        await holder
        assert (await client.get()).status_code == 200
    error = error_of(answer)
    assert (error["status"], error["code"]) == (503, "POOL_EXHAUSTED")
    assert answer.headers["retry-after"] == "1"


async def test_a_request_over_its_deadline_is_timed_out_and_the_next_is_answered(
    mart: Mart,
) -> None:
    mart.write_week([Provider("f01")])
    async with running(mart.settings(deadline_seconds=1.0)) as client:
        with locked(mart):
            error = await client.error()
        assert len(await client.rows(limit=3)) == 1
    assert (error["status"], error["code"]) == (408, "REQUEST_TIMEOUT")
    assert error["message"] == "The request took longer than its limit."


async def test_a_statement_over_its_time_is_timed_out(mart: Mart) -> None:
    mart.write_week([Provider("f01")])
    mart.run(
        "create or replace view api_v1.providers_weekly_acc with (security_invoker = true) as "
        "select w.week::date as week, provider, num_of_clients, biggest_client_total_deal_size, "
        "total_deal_size, avg_retrievability_success_rate_url_finder, "
        "avg_retrievability_success_rate, avg_retrievability_success_rate_http, "
        "null::timestamptz as data_as_of, is_measured "
        "from filplus.providers_weekly_acc w where pg_sleep(30) is not null"
    )
    async with running(mart.settings(statement_timeout_ms=1000)) as client:
        error = await client.error(week="2026-11-02")
    assert (error["status"], error["code"]) == (408, "REQUEST_TIMEOUT")
    assert "sleep" not in error["message"]


async def test_a_table_locked_by_a_rebuild_is_said_after_the_lock_time(mart: Mart) -> None:
    mart.write_week([Provider("f01")])
    async with running(mart.settings(lock_timeout_ms=50)) as client:
        with locked(mart):
            error = await client.error()
    assert (error["status"], error["code"]) == (503, "ASSET_REBUILDING")


async def test_a_view_that_is_gone_is_being_rebuilt(client: Client, mart: Mart) -> None:
    mart.run("drop view api_v1.providers_weekly_acc")
    error = await client.error()
    assert (error["status"], error["code"]) == (503, "ASSET_REBUILDING")
    assert "providers_weekly_acc" not in error["message"]
