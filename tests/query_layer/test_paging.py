"""Paging: pages concatenate to the whole, and a cursor is good for what it was made for only."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import base64_decode, base64_encode

from query_layer.errors import ApiError
from query_layer.read.paging import MAX_OFFSET, Cursor, CursorSigner, restore
from tests.query_layer.client import Client, running
from tests.query_layer.warehouse import PATH, WEEK, Mart, Provider

pytestmark = pytest.mark.anyio

ROWS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 3), st.sampled_from([0, 1, 2**53, 2**53 + 1])),
    unique_by=lambda row: row[0],
    min_size=1,
    max_size=25,
)
SORTS = st.sampled_from(
    ["provider", "-provider", "total_deal_size", "-total_deal_size", "-num_of_clients"]
)


async def walk(client: Client, path: str = PATH, **parameters: Any) -> list[dict[str, Any]]:
    """Follow the cursors to the end and return all rows."""
    rows: list[dict[str, Any]] = []
    while True:
        body = (await client.get(path, **parameters)).json()
        rows += body["data"]
        page = body["meta"]["page"]
        assert page["has_more"] == (page["next_cursor"] is not None)
        assert len(body["data"]) == parameters["limit"] or not page["has_more"]
        if not page["has_more"]:
            return rows
        parameters["cursor"] = page["next_cursor"]


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS, sort=SORTS, limit=st.integers(1, 9))
async def test_all_pages_together_are_the_table_without_duplicates(
    mart: Mart, rows: list[tuple[int, int, int]], sort: str, limit: int
) -> None:
    table = [Provider(f"f0{n}", num_of_clients=c, total=t) for n, c, t in rows]
    mart.write_week(table)
    async with running(mart.settings(version_poll_seconds=600)) as client:
        walked = await walk(client, sort=sort, limit=limit)
        at_once = await client.rows(sort=sort, limit=1000)
    assert walked == at_once
    assert sorted(row["provider"] for row in walked) == sorted(p.provider for p in table)
    column = sort.removeprefix("-")
    keys = [
        (row[column] if column != "total_deal_size" else int(row[column]), row["provider"])
        for row in walked
    ]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


async def test_a_cursor_walks_on_from_an_offset(client: Client) -> None:
    page = (await client.get(offset=1, limit=1)).json()["meta"]["page"]
    assert page["offset"] == 1
    assert [r["provider"] for r in await client.rows(cursor=page["next_cursor"])] == ["f03"]


async def test_a_cursor_stays_in_its_week_when_a_newer_one_is_built(
    client: Client, mart: Mart
) -> None:
    cursor = (await client.get(limit=1)).json()["meta"]["page"]["next_cursor"]
    mart.write_week([Provider("f099")], week=WEEK + timedelta(days=7))
    body = (await client.get(cursor=cursor)).json()
    assert {row["week"] for row in body["data"]} == {WEEK.isoformat()}
    assert body["meta"]["partition"] == WEEK.isoformat()
    explicit = await client.rows(cursor=cursor, week=WEEK.isoformat())
    assert explicit == body["data"]


async def test_paging_goes_on_over_a_new_version_and_says_so(client: Client, mart: Mart) -> None:
    cursor = (await client.get(limit=1)).json()["meta"]["page"]["next_cursor"]
    mart.write_week([Provider("f01"), Provider("f05")])
    await client.service.versions.poll()
    body = (await client.get(cursor=cursor)).json()
    assert [row["provider"] for row in body["data"]] == ["f05"]
    assert body["meta"]["page"]["version_changed"] is True


async def test_a_caller_may_insist_on_the_version(client: Client, mart: Mart) -> None:
    first = (await client.get(limit=1, if_version=1)).json()
    assert first["meta"]["data_version"] == 1
    mart.write_week([Provider("f01")])
    await client.service.versions.poll()
    error = await client.error(cursor=first["meta"]["page"]["next_cursor"], if_version=1)
    assert (error["status"], error["code"]) == (409, "DATA_VERSION_CHANGED")
    assert error["details"] == {"if_version": 1, "data_version": 2}


async def test_a_version_that_another_worker_knows_already_is_looked_up(
    client: Client, mart: Mart
) -> None:
    assert len(await client.rows()) == 3
    mart.write_week([Provider("f01")])  # this process has not polled
    body = (await client.get(if_version=2)).json()
    assert [row["provider"] for row in body["data"]] == ["f01"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"sort": "total_deal_size"}, id="another sort"),
        pytest.param({"order": "desc"}, id="another direction"),
        pytest.param({"provider": "f01"}, id="another filter"),
        pytest.param({"week": "2026-10-26"}, id="another week"),
    ],
)
async def test_a_cursor_made_for_another_list_is_refused(
    client: Client, change: dict[str, str]
) -> None:
    cursor = (await client.get(limit=1)).json()["meta"]["page"]["next_cursor"]
    error = await client.error(cursor=cursor, **change)
    assert (error["status"], error["code"]) == (400, "CURSOR_INVALID")


async def test_a_cursor_of_another_secret_is_refused(client: Client, mart: Mart) -> None:
    cursor = (await client.get(limit=1)).json()["meta"]["page"]["next_cursor"]
    async with running(mart.settings(cursor_secret="another secret of tests")) as other:
        assert (await other.error(cursor=cursor))["code"] == "CURSOR_INVALID"


async def test_without_a_set_secret_a_cursor_lasts_as_long_as_the_process(
    mart: Mart, providers: list[Provider]
) -> None:
    mart.write_week(providers)
    async with running(mart.settings(cursor_secret="")) as client:
        assert len(await walk(client, limit=1)) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A", id="no base64"),
        pytest.param("abcd", id="too short"),
        pytest.param("YWJj.YWJj", id="another signature"),
        pytest.param("é.\ud800", id="no text of a URL"),
        pytest.param("A" * 2_000, id="too long"),
        pytest.param(base64.urlsafe_b64encode(b"x" * 60).decode(), id="unsigned"),
    ],
)
def test_a_damaged_cursor_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="cursor is damaged"):
        CursorSigner(b"secret").read(text)


@given(part=st.sampled_from([0, 1]), position=st.integers(0, 80), bit=st.integers(0, 7))
def test_no_flipped_bit_of_a_cursor_is_accepted(part: int, position: int, bit: int) -> None:
    signer = CursorSigner(b"secret")
    text = signer.write(Cursor("binding", "2026-11-02", 7, ["f01", 2**53 + 1]))
    parts = [bytearray(base64_decode(word)) for word in text.split(".")]
    parts[part][position % len(parts[part])] ^= 1 << bit
    damaged = b".".join(base64_encode(raw) for raw in parts).decode()
    with pytest.raises(ApiError, match="cursor is damaged"):
        signer.read(damaged)


def test_a_cursor_comes_back_as_it_was_written() -> None:
    signer = CursorSigner(b"secret")
    cursor = Cursor("binding", None, None, ["f01", 2**63 - 1, 0.1])
    assert signer.read(signer.write(cursor)) == cursor


def test_days_and_instants_of_a_cursor_come_back_as_the_database_takes_them() -> None:
    values = restore(
        ["2026-11-02", "2026-11-02T01:00:00Z", "f01", 5], ["date", "timestamp", "text", "bytes"]
    )
    assert values == [date(2026, 11, 2), datetime(2026, 11, 2, 1, tzinfo=UTC), "f01", 5]


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"offset": MAX_OFFSET + 1}, id="offset"),
        pytest.param({"page": 12, "limit": 1000}, id="page"),
        pytest.param({"offset": 10**17}, id="far beyond"),
    ],
)
async def test_a_deep_offset_is_refused_and_names_the_cursor(
    client: Client, parameters: dict[str, Any]
) -> None:
    error = await client.error(**parameters)
    assert (error["status"], error["code"]) == (400, "OFFSET_TOO_DEEP")
    assert error["details"]["use"] == "cursor"


async def test_the_deepest_offset_is_allowed(client: Client) -> None:
    assert await client.rows(offset=MAX_OFFSET) == []
