"""The registry: an entry and a view are all that a new mart costs, and a bad entry is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest
from starlette.requests import Request
from starlette.responses import Response

from query_layer.http.encoding import row_shaper
from query_layer.http.list_handler import list_response
from query_layer.http.openapi import list_contract
from query_layer.registry import (
    ASSETS,
    PROVIDERS_WEEKLY_ACC,
    Asset,
    Column,
    Filter,
    Partition,
    by_key,
)
from tests.query_layer.client import Client, running
from tests.query_layer.test_paging import walk
from tests.query_layer.warehouse import Mart

pytestmark = pytest.mark.anyio


THINGS = Asset(
    key="filplus/things_daily",
    path="/v1/things",
    view="api_v1.things_daily",
    columns=(
        Column("day", "date", "Day, UTC.", "2026-11-02"),
        Column("name", "text", "A name.", "n1"),
    ),
    partition=None,
    key_columns=("day", "name"),
    sorts=("day",),
    filters=(),
    scope="cdp:read",
    job="things_job",
    counts_exactly=False,
)


@asynccontextmanager
async def serving(mart: Mart, asset: Asset) -> AsyncIterator[Client]:
    """Serve a second asset: its view, its entry and a route of three lines."""
    mart.run(
        "create view api_v1.things_daily with (security_invoker = true) as "
        "select date '2026-11-02' + n / 2 as day, 'n' || n as name from generate_series(0, 4) n"
    )
    mart.run("grant select on api_v1.things_daily to api_ro")
    async with running(mart.settings(), by_key([*ASSETS.values(), asset])) as client:

        async def list_things(request: Request) -> Response:
            """List things."""
            return await list_response(request, asset)

        client.app.add_api_route(asset.path, list_things, **list_contract(asset))
        yield client


async def test_a_mart_without_partitions_is_paged_by_its_whole_key(mart: Mart) -> None:
    async with serving(mart, THINGS) as client:
        rows = await walk(client, THINGS.path, limit=2)
        meta = (await client.get(THINGS.path)).json()["meta"]
    assert [(row["day"], row["name"]) for row in rows] == [
        ("2026-11-02", "n0"),
        ("2026-11-02", "n1"),
        ("2026-11-03", "n2"),
        ("2026-11-03", "n3"),
        ("2026-11-04", "n4"),
    ]
    assert meta["partition"] is None


async def test_a_mart_without_a_version_is_neither_tagged_nor_kept(mart: Mart) -> None:
    async with serving(mart, THINGS) as client:
        answer = await client.get(THINGS.path)
        assert answer.json()["meta"]["data_version"] is None
        assert "etag" not in answer.headers
        assert len(client.service.cache) == 0


async def test_a_daily_mart_takes_any_day(mart: Mart) -> None:
    daily = replace(THINGS, partition=Partition("day", "day"), key_columns=("name",))
    async with serving(mart, replace(daily, sorts=("name",))) as client:
        answer = await client.get(THINGS.path, day="2026-11-03")
    assert [row["name"] for row in answer.json()["data"]] == ["n2", "n3"]


async def test_a_scope_that_the_caller_lacks_is_denied(mart: Mart) -> None:
    async with serving(mart, replace(THINGS, scope="pnl:read")) as client:
        error = await client.error(THINGS.path, limit="wrong")
    assert (error["status"], error["code"]) == (401, "TOKEN_MISSING")
    assert error["details"] == {"scope": "pnl:read"}


async def test_a_large_mart_is_not_counted(mart: Mart) -> None:
    async with serving(mart, THINGS) as client:
        error = await client.error(THINGS.path, count="exact")
    assert error["message"] == ("The parameter count is not offered here, the table may be large.")


@pytest.mark.parametrize("asset", ASSETS.values(), ids=lambda asset: asset.key)
def test_an_entry_has_the_columns_of_its_view(asset: Asset, shared_ready_dsn: str) -> None:
    schema, name = asset.view.split(".")
    assert schema == "api_v1"
    with psycopg.connect(shared_ready_dsn) as connection:
        rows = connection.execute(
            "select column_name from information_schema.columns "
            "where table_schema = %s and table_name = %s",
            [schema, name],
        ).fetchall()
    assert {column for (column,) in rows} == {c.name for c in asset.columns}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"view": "api_v1.x; drop"}, "plain identifier", id="view that is not a name"),
        pytest.param({"key_columns": ("nobody",)}, "no such columns", id="unknown key"),
        pytest.param({"sorts": ("nobody",)}, "no such columns", id="unknown sort"),
        pytest.param(
            {"filters": (Filter("nobody", "x", "x", "x"),)}, "no such columns", id="unknown filter"
        ),
        pytest.param(
            {"partition": Partition("nobody", "day")}, "no such columns", id="unknown partition"
        ),
        pytest.param(
            {"sorts": ("data_as_of",)}, "a sort column may not be null", id="nullable sort"
        ),
    ],
)
def test_an_entry_that_could_not_be_answered_is_refused(
    change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(PROVIDERS_WEEKLY_ACC, **change)  # type: ignore[arg-type]


def test_an_unknown_byte_amount_stays_null_and_surplus_columns_are_dropped() -> None:
    column = Column("size", "bytes", "Bytes; null: not measured.", "1", nullable=True)
    shape = row_shaper([column], surplus=["name"])
    assert shape({"size": None, "name": "a"}) == {"size": None}
    assert shape({"size": 2**63 - 1, "name": "a"}) == {"size": "9223372036854775807"}


@pytest.mark.parametrize("change", [{"key": "filplus/other"}, {"path": "/v1/other"}])
def test_two_entries_do_not_share_a_key_or_a_path(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="share a key or a path"):
        by_key([PROVIDERS_WEEKLY_ACC, replace(PROVIDERS_WEEKLY_ACC, **change)])  # type: ignore[arg-type]
