"""Caching: nothing old is ever answered, and nothing is read twice for one version."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from query_layer.http.negotiation import holds
from query_layer.read.cache import ResponseCache
from query_layer.read.versions import TRUST_SECONDS
from tests.query_layer.client import Client, running
from tests.query_layer.warehouse import AS_OF, MAX_AGE, PATH, Mart, Provider

pytestmark = pytest.mark.anyio


async def ask(client: Client, tag: str = "", **headers: str) -> httpx.Response:
    """Ask for the providers, saying which answer is held already."""
    given = {"If-None-Match": tag} if tag else {}
    return await client.http.get(PATH, headers=given | headers)


async def test_an_answer_that_the_caller_holds_is_not_sent_again(client: Client) -> None:
    first = await ask(client)
    second = await ask(client, first.headers["etag"])
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["cache-control"] == "private, no-cache"


async def test_not_modified_is_answered_without_the_database(client: Client, mart: Mart) -> None:
    tag = (await ask(client)).headers["etag"]
    mart.run("revoke select on api_v1.providers_weekly_acc from api_ro")
    assert (await ask(client, tag)).status_code == 304
    assert (await ask(client)).status_code == 200  # from the cache
    assert (await client.get(limit=7)).status_code == 500


@pytest.mark.parametrize("form", ['"other", {}', "W/{}", '{}, "other"'])
async def test_a_tag_is_found_in_the_forms_that_proxies_send(client: Client, form: str) -> None:
    tag = (await ask(client)).headers["etag"]
    assert (await ask(client, form.format(tag))).status_code == 304


async def test_a_new_version_is_answered_at_once_after_a_poll(client: Client, mart: Mart) -> None:
    tag = (await ask(client)).headers["etag"]
    mart.write_week([Provider("f08")])
    await client.service.versions.poll()
    answer = await ask(client, tag)
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag
    assert answer.json()["meta"]["data_version"] == 2
    assert [row["provider"] for row in answer.json()["data"]] == ["f08"]


async def test_rows_and_version_come_from_one_snapshot_before_any_poll(
    client: Client, mart: Mart
) -> None:
    mart.write_week([Provider("f08")])
    body = (await client.get(limit=9)).json()  # not in the cache, the poll has not seen it
    assert body["meta"]["data_version"] == 2
    assert [row["provider"] for row in body["data"]] == ["f08"]
    # What one request has seen, no later one goes back behind.
    assert (await client.get()).json()["meta"]["data_version"] == 2


async def test_a_version_number_that_came_back_after_a_restore_is_another_version(
    client: Client, mart: Mart
) -> None:
    tag = (await ask(client)).headers["etag"]
    mart.run("delete from ops.asset_version")
    mart.write_week([Provider("f08")])
    await client.service.versions.poll()
    answer = await ask(client, tag)
    assert answer.json()["meta"]["data_version"] == 1
    assert [row["provider"] for row in answer.json()["data"]] == ["f08"]


async def test_an_answer_that_turned_stale_is_another_answer(
    mart: Mart, providers: list[Provider]
) -> None:
    mart.write_week(providers)
    settings = mart.settings()
    async with running(settings) as client:
        tag = (await ask(client)).headers["etag"]
        late = settings.model_copy(update={"as_of": AS_OF + MAX_AGE + timedelta(seconds=1)})
        client.service.settings = late
        answer = await ask(client, tag)
    assert (answer.status_code, answer.json()["meta"]["stale"]) == (200, True)


async def test_a_changed_freshness_policy_is_seen_without_a_new_version(
    client: Client, mart: Mart
) -> None:
    assert (await client.get()).json()["meta"]["stale"] is False
    mart.run("update ops.asset_catalog set max_age_seconds = 1")
    client.service.versions._refreshed_at = None
    await client.service.versions.poll()
    assert (await client.get()).json()["meta"]["stale"] is True


async def test_old_knowledge_of_versions_answers_nothing_from_the_cache(
    client: Client, mart: Mart
) -> None:
    tag = (await ask(client)).headers["etag"]
    mart.run("update filplus.providers_weekly_acc set num_of_clients = 77")  # against the contract
    assert (await ask(client)).json()["data"][0]["num_of_clients"] != 77
    client.service.versions._polled_at -= TRUST_SECONDS + 1  # type: ignore[operator]
    assert (await ask(client)).json()["data"][0]["num_of_clients"] == 77
    # The tag names the version, and the version in the database is the same.
    assert (await ask(client, tag)).status_code == 304


async def test_one_read_answers_all_who_ask_at_the_same_time(client: Client) -> None:
    answers = await asyncio.gather(*(client.get(limit=2) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(client.service.cache) == 1


async def test_a_second_answer_comes_from_the_cache(client: Client) -> None:
    assert (await client.get()).content == (await client.get()).content
    assert (client.service.cache.hits, client.service.cache.misses) == (1, 1)


async def test_a_cache_of_no_entries_keeps_nothing(mart: Mart, providers: list[Provider]) -> None:
    mart.write_week(providers)
    async with running(mart.settings(cache_entries=0)) as client:
        assert len(await client.rows()) == 3
        assert len(client.service.cache) == 0


@dataclass
class Sized:
    """An entry of a size."""

    size: int


def test_the_cache_drops_the_least_recently_used_entry_by_number() -> None:
    cache: ResponseCache[Sized] = ResponseCache(10**6, 2)
    cache.put("a", Sized(1))
    cache.put("b", Sized(1))
    assert cache.get("a") is not None
    cache.put("c", Sized(1))
    assert [cache.get(key) is not None for key in "abc"] == [True, False, True]


def test_the_cache_holds_its_bytes_and_takes_no_entry_that_is_larger() -> None:
    cache: ResponseCache[Sized] = ResponseCache(3_000, 100)
    for key in "abc":
        cache.put(key, Sized(1_000))
    cache.put("a", Sized(1_000))
    cache.put("huge", Sized(10_000))
    assert len(cache) == 1
    assert cache.bytes == 1_512
    assert cache.get("a") is not None


async def test_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    cache: ResponseCache[Sized] = ResponseCache(1, 1)
    begun, release = asyncio.Event(), asyncio.Event()

    async def make() -> Sized:
        begun.set()
        await release.wait()
        return Sized(5)

    first = asyncio.create_task(cache.single_flight("k", make))
    await begun.wait()
    second = asyncio.create_task(cache.single_flight("k", make))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    release.set()
    assert (await second).size == 5


async def test_a_failure_reaches_all_who_wait_and_is_forgotten() -> None:
    cache: ResponseCache[Sized] = ResponseCache(1, 1)

    async def fail() -> Sized:
        raise ValueError("no")

    outcomes = await asyncio.gather(
        cache.single_flight("k", fail), cache.single_flight("k", fail), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError]

    async def succeed() -> Sized:
        return Sized(1)

    assert (await cache.single_flight("k", succeed)).size == 1


async def test_work_cancelled_with_the_loop_is_forgotten_too() -> None:
    cache: ResponseCache[Sized] = ResponseCache(1, 1)

    async def cancelled() -> Sized:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await cache.single_flight("k", cancelled)
    assert cache._flights == {}


async def test_a_long_answer_is_compressed_and_has_its_own_tag(
    mart: Mart,
) -> None:
    mart.write_week([Provider(f"f0{n}") for n in range(20)])
    async with running(mart.settings()) as client:
        plain = await ask(client, **{"Accept-Encoding": "identity"})
        raw = await ask(client, **{"Accept-Encoding": "br, gzip;q=0.5"})
        held = await ask(client, raw.headers["etag"], **{"Accept-Encoding": "gzip"})
    assert raw.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert raw.json() == plain.json()
    assert raw.headers["etag"] != plain.headers["etag"]
    assert held.status_code == 304
    assert int(raw.headers["content-length"]) < len(plain.content) / 3
    assert len(gzip.compress(plain.content, 4, mtime=0)) == int(raw.headers["content-length"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Encoding": ""},
        {"Accept-Encoding": "gzip;q=0"},
        {"Accept-Encoding": "*;q=0"},
        {"Accept-Encoding": "gzip", "X-No-Compression": "1"},
    ],
)
async def test_compression_can_be_declined(mart: Mart, headers: dict[str, str]) -> None:
    mart.write_week([Provider(f"f0{n}") for n in range(20)])
    async with running(mart.settings()) as client:
        assert "content-encoding" not in (await ask(client, **headers)).headers


async def test_a_short_answer_is_not_compressed(client: Client) -> None:
    answer = await client.http.get(PATH, params={"limit": 1}, headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) < 1_024
    assert "content-encoding" not in answer.headers


def test_a_star_matches_no_tag() -> None:
    assert holds({"if-none-match": "*"}, ('"a"',)) is None
