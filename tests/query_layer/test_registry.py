"""The registry: an entry and a view are all that a new mart costs, and a bad entry is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from query_layer.http.dispatch import RouteTree
from query_layer.http.encoding import row_shaper
from query_layer.registry import ASSETS, by_name
from query_layer.registry.asset import Asset, Partition
from query_layer.registry.asset_routes import asset_routes
from query_layer.registry.column import Column
from query_layer.registry.filters import between, equal
from query_layer.registry.route import Deprecation, PathParameter, Route, route
from tests.query_layer.client import MART_ROUTES, Client, running
from tests.query_layer.test_paging import walk
from tests.query_layer.warehouse import Mart

pytestmark = pytest.mark.anyio

PROVIDERS = ASSETS["providers_weekly_acc"]
THINGS = Asset(
    key="filplus/things_daily",
    reads=("filplus/things_daily",),
    view="api_v1.things_daily",
    description="One row per thing.",
    columns=(
        Column("day", "date", "Day, UTC.", "2026-11-02"),
        Column("name", "text", "A name.", "n1"),
        Column("size", "integer", "A size; null: not measured.", 1, nullable=True),
    ),
    partition=None,
    key_columns=("day", "name"),
    sorts=("day", "size"),
    filters=(),
    scope="cdp:read",
    job="things_job",
    counts_exactly=False,
)
PATH = "/v1/things"


@asynccontextmanager
async def serving(mart: Mart, asset: Asset = THINGS, **changes: object) -> AsyncIterator[Client]:
    """Serve a second asset: its view, its entry and a route."""
    mart.run(
        "create view api_v1.things_daily with (security_invoker = true) as "
        "select date '2026-11-02' + n / 2 as day, 'n' || n as name, nullif(n % 3, 0) as size "
        "from generate_series(0, 4) n"
    )
    mart.run("grant select on api_v1.things_daily to api_ro")
    things = route(PATH, asset, "Things.", **changes)  # type: ignore[arg-type]
    async with running(mart.settings(), (*MART_ROUTES, things)) as client:
        yield client


async def test_a_mart_without_partitions_is_paged_by_its_whole_key(mart: Mart) -> None:
    async with serving(mart) as client:
        rows = await walk(client, PATH, limit=2)
        meta = (await client.get(PATH)).json()["meta"]
    assert [(row["day"], row["name"]) for row in rows] == [
        ("2026-11-02", "n0"),
        ("2026-11-02", "n1"),
        ("2026-11-03", "n2"),
        ("2026-11-03", "n3"),
        ("2026-11-04", "n4"),
    ]
    assert meta["partition"] is None


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        pytest.param("size", ["n0", "n3", "n1", "n4", "n2"], id="nulls first"),
        pytest.param("-size", ["n2", "n4", "n1", "n3", "n0"], id="nulls last"),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_unknown_values_have_their_place_on_every_page(
    mart: Mart, sort: str, expected: list[str], limit: int
) -> None:
    async with serving(mart) as client:
        rows = await walk(client, PATH, limit=limit, sort=sort)
    assert [row["name"] for row in rows] == expected


async def test_a_mart_without_a_version_is_not_kept_and_tagged_by_its_bytes(mart: Mart) -> None:
    async with serving(mart) as client:
        answer = await client.get(PATH)
        assert answer.json()["meta"]["data_version"] is None
        assert len(client.service.cache) == 0
        again = await client.http.get(PATH, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


async def test_rows_by_claims_are_never_kept(mart: Mart) -> None:
    mart.run("insert into ops.asset_version values ('filplus/things_daily', 4, now(), 'r')")
    scoped = replace(THINGS, is_row_scoped=True)
    async with serving(mart, scoped) as client:
        assert (await client.get(PATH)).json()["meta"]["data_version"] == 4
        assert (await client.get(PATH)).json()["meta"]["data_version"] == 4
        assert len(client.service.cache) == 0


async def test_a_version_grows_with_each_asset_that_a_view_reads(mart: Mart) -> None:
    for key, version in (("things_daily", 4), ("other", 2)):
        mart.run(f"insert into ops.asset_version values ('filplus/{key}', {version}, now(), 'r')")
    both = replace(THINGS, reads=("filplus/other", "filplus/things_daily"))
    async with serving(mart, both) as client:
        first = await client.get(PATH)
        mart.run("update ops.asset_version set version = 3 where asset_key = 'filplus/other'")
        await client.service.versions.poll()
        second = await client.get(PATH)
    assert [r.json()["meta"]["data_version"] for r in (first, second)] == [6, 7]
    assert first.headers["etag"] != second.headers["etag"]


async def test_a_daily_mart_takes_any_day_or_a_range_of_them(mart: Mart) -> None:
    daily = replace(
        THINGS, partition=Partition("day", "day"), key_columns=("name",), sorts=("name",)
    )
    async with serving(mart, daily) as client:
        one = (await client.get(PATH, day="2026-11-03")).json()["data"]
        some = (await client.get(PATH, **{"from": "2026-11-02", "to": "2026-11-04"})).json()["data"]
        both = await client.error(PATH, day="2026-11-03", to="2026-11-04")
    assert [row["name"] for row in one] == ["n2", "n3"]
    assert [row["name"] for row in some] == ["n0", "n1", "n2", "n3"]
    assert both["details"]["problems"] == [
        {"parameter": "to", "reason": "cannot be given with day"}
    ]


async def test_a_scope_that_the_caller_lacks_is_denied(mart: Mart) -> None:
    async with serving(mart, replace(THINGS, scope="pnl:read")) as client:
        error = await client.error(PATH, limit="wrong")
    assert (error["status"], error["code"]) == (401, "TOKEN_MISSING")
    assert error["details"] == {"scope": "pnl:read"}


async def test_a_large_mart_is_not_counted(mart: Mart) -> None:
    async with serving(mart) as client:
        error = await client.error(PATH, count="exact")
    assert error["message"] == ("The parameter count is not offered here, the table may be large.")


async def test_a_route_that_is_being_replaced_says_so(mart: Mart) -> None:
    notice = Deprecation(
        since=datetime(2026, 12, 1, tzinfo=UTC),
        sunset=datetime(2027, 12, 1, tzinfo=UTC),
        successor="/v2/things",
    )
    async with serving(mart, deprecation=notice) as client:
        headers = (await client.get(PATH)).headers
        document = (await client.get("/openapi.json")).json()
    assert headers["deprecation"] == "@1796083200"
    assert headers["sunset"] == "Wed, 01 Dec 2027 00:00:00 GMT"
    assert headers["link"] == '</v2/things>; rel="successor-version"'
    assert document["paths"][PATH]["get"]["deprecated"] is True


def test_a_notice_of_less_than_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="12 months"):
        Deprecation(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 11, 30, tzinfo=UTC), "/v2")


@pytest.mark.parametrize("asset", ASSETS.values(), ids=lambda asset: asset.name)
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
        pytest.param({"filters": (equal("nobody"),)}, "no such columns", id="unknown filter"),
        pytest.param(
            {"partition": Partition("nobody", "day")}, "no such columns", id="unknown partition"
        ),
        pytest.param(
            {"key_columns": ("data_as_of",)}, "a key column may not be null", id="nullable key"
        ),
    ],
)
def test_an_entry_that_could_not_be_answered_is_refused(
    change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(PROVIDERS, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"sorts": ("nobody",)}, "no such columns", id="unknown sort"),
        pytest.param({"filters": (equal("name", name="limit"),)}, "twice", id="reserved name"),
        pytest.param({"more": between("day") + between("size")}, "twice", id="two of one name"),
        pytest.param({"where": (("nobody", 1),)}, "no such columns", id="unknown condition"),
        pytest.param(
            {"parameters": (PathParameter("name", "name", "x", "x", "x"),)},
            "its parameters are",
            id="parameter that is not in the address",
        ),
    ],
)
def test_a_route_that_could_not_be_answered_is_refused(
    change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        route(PATH, THINGS, "Things.", **change)  # type: ignore[arg-type]


def test_rows_of_a_kind_that_has_no_order_are_not_sorted_by_it() -> None:
    listed = replace(THINGS, columns=(*THINGS.columns, Column("tags", "texts", "Tags.", [])))
    with pytest.raises(ValueError, match="cannot be ordered"):
        replace(listed, sorts=("tags",))


def test_unknown_amounts_stay_null_and_surplus_columns_are_dropped() -> None:
    column = Column("size", "bytes", "Bytes; null: not measured.", "1", nullable=True)
    shape = row_shaper([column], surplus=["name"])
    assert shape({"size": None, "name": "a"}) == {"size": None}
    assert shape({"size": 2**63 - 1, "name": "a"}) == {"size": "9223372036854775807"}


def test_two_entries_do_not_share_a_view() -> None:
    with pytest.raises(ValueError, match="share a view"):
        by_name([PROVIDERS, replace(PROVIDERS, key="filplus/other")])


def test_two_routes_do_not_share_an_address() -> None:
    with pytest.raises(ValueError, match="two routes"):
        RouteTree([*asset_routes([THINGS]), *asset_routes([THINGS])])


def named(path: str) -> Route:
    """Return a route of a path with one variable."""
    parameter = PathParameter("name", "name", ".+", "x", "x")
    return route(path, THINGS, "Things.", parameters=(parameter,) if "{" in path else ())


def test_a_literal_part_of_an_address_wins_over_a_variable() -> None:
    literal, variable, deep = (
        named(path) for path in ("/v1/a/newest", "/v1/a/{name}", "/v1/a/{name}/b")
    )
    tree = RouteTree([variable, literal, deep])
    assert tree.find("/v1/a/newest") == (literal, {})
    assert tree.find("/v1/a/other") == (variable, {"name": "other"})
    assert tree.find("/v1/a/newest/b") == (deep, {"name": "newest"})
    assert tree.find("/v1/a") is None
    assert tree.find("/v1/a/") is None
