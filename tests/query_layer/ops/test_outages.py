"""Outages: what is answered while the database is away, and that it heals by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from query_layer.auth.claims import ANONYMOUS
from query_layer.errors import ApiError, Code
from query_layer.read import database as database_module
from query_layer.read import versions
from query_layer.read.database import Database, Reader
from query_layer.read.versions import TRUST_SECONDS
from query_layer.settings import StartRefused
from tests.query_layer.client import Client, running
from tests.query_layer.proxy import door_to
from tests.query_layer.warehouse import ASSET, PATH, WEEK, Mart, Provider

pytestmark = pytest.mark.anyio


async def test_without_the_database_new_questions_fail_and_ready_says_why(
    mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the questions below take, what was kept stays known to be the newest.
    monkeypatch.setattr(versions, "TRUST_SECONDS", 600.0)
    mart.write_week([Provider("f01")])
    async with (
        door_to(mart.reader) as door,
        running(mart.settings(database_url=door.dsn)) as client,
    ):
        kept = await client.get()
        await door.shut()
        error = await client.error(limit=7)
        ready = await client.get("/health/ready")
        assert (error["status"], error["code"]) == (503, "DATABASE_UNAVAILABLE")
        assert ready.status_code == 503
        assert ready.json()["error"]["code"] == "DATABASE_UNAVAILABLE"
        assert "database: The database does not respond" in ready.json()["error"]["message"]
        assert "password" not in ready.text
        assert mart.reader.split(":")[2].split("@")[0] not in ready.text
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get()).content == kept.content
        await door.open()
        assert (await client.get(limit=7)).status_code == 200
        assert (await client.get("/health/ready")).status_code == 200


async def test_what_cannot_be_known_to_be_new_is_not_answered(mart: Mart) -> None:
    mart.write_week([Provider("f01")])
    async with (
        door_to(mart.reader) as door,
        running(mart.settings(database_url=door.dsn)) as client,
    ):
        tag = (await client.get()).headers["etag"]
        await door.shut()
        await client.service.versions.poll_or_log()
        client.service.versions._polled_at -= TRUST_SECONDS + 1  # type: ignore[operator]
        answer = await client.http.get(PATH, headers={"If-None-Match": tag})
        assert answer.json()["error"]["code"] == "DATABASE_UNAVAILABLE"


async def test_a_server_that_takes_connections_but_says_nothing_is_not_a_full_pool(
    mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_GRACE_SECONDS", 0.1)
    settings = {
        "pool_min": 1,
        "pool_max": 2,
        "pool_acquire_seconds": 0.2,
        "statement_timeout_ms": 100,
    }
    async with door_to(mart.reader) as door:
        database = Database(mart.settings(database_url=door.dsn, **settings))
        await database.open()

        async def ask_again(_: Reader) -> None:
            door.is_mute = True
            await database.ping()

        with pytest.raises(ApiError) as caught:
            await database.read(ANONYMOUS, ask_again)
        await database.close()
    assert caught.value.code is Code.DATABASE_UNAVAILABLE


async def test_a_wait_that_the_server_does_not_end_is_ended_here(
    mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_GRACE_SECONDS", 0.1)
    async with door_to(mart.reader) as door:
        database = Database(mart.settings(database_url=door.dsn, statement_timeout_ms=100))
        await database.open()

        async def ask(reader: Reader) -> None:
            door.is_mute = True
            await reader.fetchval("select 1")

        with pytest.raises(ApiError) as caught:
            await database.read(ANONYMOUS, ask)
        await door.shut()
        await database.close()
    assert caught.value.code is Code.DATABASE_UNAVAILABLE


async def test_an_argument_that_does_not_fit_is_our_fault_not_the_database_s(
    client: Client,
) -> None:
    async def ask(reader: Reader) -> None:
        await reader.fetchval("select $1::date", "no date")

    with pytest.raises(ApiError) as caught:
        await client.service.database.read(ANONYMOUS, ask)
    assert caught.value.code is Code.INTERNAL_ERROR


async def test_a_database_that_was_closed_is_unavailable(client: Client) -> None:
    database = client.service.database
    await database._pool.close()
    with pytest.raises(ApiError) as caught:
        await database.ping()
    assert caught.value.code is Code.DATABASE_UNAVAILABLE
    await database.close()
    with pytest.raises(ApiError) as caught:
        await database.ping()
    assert caught.value.code is Code.DATABASE_UNAVAILABLE
    assert database.active == 0


async def test_closing_does_not_wait_for_ever(mart: Mart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_CLOSE_SECONDS", 0.05)
    database = Database(mart.settings())
    await database.open()
    held = asyncio.Event()

    async def hold(reader: Reader) -> None:
        held.set()
        await reader.fetchval("select pg_sleep(30)")

    holder = asyncio.create_task(database.read(ANONYMOUS, hold))
    await held.wait()
    await database.close()
    with pytest.raises(ApiError) as caught:
        await holder
    assert caught.value.code is Code.DATABASE_UNAVAILABLE


async def test_a_view_rebuilt_with_another_type_is_read_at_once(mart: Mart) -> None:
    mart.write_week([Provider("f01")])
    async with running(mart.settings(pool_min=1, pool_max=1)) as client:
        assert len(await client.rows()) == 1
        mart.run("drop view api_v1.providers_weekly_acc")
        mart.run("alter table filplus.providers_weekly_acc alter num_of_clients type bigint")
        mart.make_view()
        mart.write_week([Provider("f01"), Provider("f02")])
        await client.service.versions.poll()
        assert len(await client.rows()) == 2


async def test_the_poller_says_once_that_it_is_blind_and_once_that_it_sees(
    mart: Mart, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="query_layer")
    async with (
        door_to(mart.reader) as door,
        running(mart.settings(database_url=door.dsn)) as client,
    ):
        await door.shut()
        await client.service.versions.poll_or_log()
        await client.service.versions.poll_or_log()
        await door.open()
        await client.service.versions.poll_or_log()
        await client.service.versions.poll_or_log()
    messages = [record.message for record in caplog.records if "versions" in record.message]
    assert messages == ["versions.unknown", "versions.known"]


async def test_the_poller_sees_a_new_version_by_itself(mart: Mart) -> None:
    mart.write_week([Provider("f01")])
    async with running(mart.settings(version_poll_seconds=0.01)) as client:
        assert len(await client.rows()) == 1
        mart.write_week([Provider("f01"), Provider("f02")])
        async with asyncio.timeout(10):
            while len(await client.rows()) == 1:
                await asyncio.sleep(0)  # the cache answers without ever letting go of the loop


async def test_a_poll_does_not_go_back_behind_what_a_request_has_seen(
    client: Client, mart: Mart
) -> None:
    watch = client.service.versions
    mart.write_week([Provider("f01")])
    read = watch._database.read

    async def read_then_be_overtaken(claims: object, work: object) -> object:
        statuses: object = await read(claims, work)  # type: ignore[arg-type]
        mart.write_week([Provider("f05")], week=WEEK)
        assert (await client.get(limit=9)).json()["meta"]["data_version"] == 3
        return statuses

    watch._database = type("Overtaken", (), {"read": staticmethod(read_then_be_overtaken)})()
    await watch.poll()
    status = watch.trusted([ASSET])
    assert status is not None
    assert status.version == 3


async def test_a_request_with_an_older_snapshot_does_not_change_what_is_known(
    client: Client,
) -> None:
    watch = client.service.versions
    known = watch.trusted([ASSET])
    assert known is not None
    newer = replace(known, version=9)
    watch._statuses[ASSET] = newer
    assert (await client.get()).json()["meta"]["data_version"] == 1
    assert watch.trusted([ASSET]) is newer


async def test_a_start_without_the_database_is_refused_in_one_sentence(mart: Mart) -> None:
    async with door_to(mart.reader) as door:
        shut = door.dsn
    with pytest.raises(StartRefused, match=r"^the database \w+ at 127.0.0.1:\d+ does not respond"):
        async with running(mart.settings(database_url=shut)):
            pass


async def test_a_start_with_a_wrong_password_is_refused_without_repeating_it(mart: Mart) -> None:
    wrong = mart.reader.replace("api_ro:", "api_ro:wrong-secret")
    with pytest.raises(StartRefused, match="refused the login: password authentication") as caught:
        async with running(mart.settings(database_url=wrong)):
            pass
    assert "wrong-secret" not in str(caught.value)


async def test_a_start_with_an_address_that_is_none_is_refused(mart: Mart) -> None:
    with pytest.raises(StartRefused, match="must be an address such as"):
        async with running(mart.settings(database_url="postgresql://a@b:port/c")):
            pass
