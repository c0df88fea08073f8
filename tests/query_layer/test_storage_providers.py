"""GET /v1/storage-providers: rows, filters, orders, weeks and the status of the data."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.query_layer.client import Client, running
from tests.query_layer.warehouse import AS_OF, ASSET, MAX_AGE, WEEK, Mart, Provider

pytestmark = pytest.mark.anyio


async def test_a_row_has_the_view_s_names_sizes_as_strings_and_counts_as_numbers(
    client: Client,
) -> None:
    rows = await client.rows(provider="f03")
    assert rows == [
        {
            "week": "2026-11-02",
            "provider": "f03",
            "num_of_clients": 3,
            "biggest_client_total_deal_size": "1024",
            "total_deal_size": "9007199254740993",
            "avg_retrievability_success_rate_url_finder": 0.25,
            "avg_retrievability_success_rate": None,
            "avg_retrievability_success_rate_http": None,
            "data_as_of": "2026-11-08T12:00:00Z",
            "is_measured": None,
        }
    ]


async def test_meta_tells_version_clock_and_partition(client: Client) -> None:
    meta = (await client.get()).json()["meta"]
    materialized_at = meta.pop("materialized_at")
    assert materialized_at.endswith("Z")
    assert meta == {
        "data_version": 1,
        "data_as_of": "2026-11-08T12:00:00Z",
        "stale": False,
        "partition": "2026-11-02",
        "page": {
            "limit": 50,
            "offset": 0,
            "has_more": False,
            "next_cursor": None,
            "version_changed": False,
        },
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({}, ["f01", "f02", "f03"], id="by provider by default"),
        pytest.param({"sort": "-provider"}, ["f03", "f02", "f01"], id="minus is descending"),
        pytest.param({"sort": "total_deal_size"}, ["f01", "f02", "f03"], id="ties by provider"),
        pytest.param(
            {"sort": "total_deal_size", "order": "desc"},
            ["f03", "f02", "f01"],
            id="order turns ties too",
        ),
        pytest.param({"order": "desc"}, ["f03", "f02", "f01"], id="order without sort"),
        pytest.param(
            {"sort": "-num_of_clients", "limit": 2}, ["f03", "f02"], id="by number of clients"
        ),
        pytest.param({"offset": 1, "limit": 1}, ["f02"], id="offset leaves rows out"),
        pytest.param({"page": 2, "limit": 2}, ["f03"], id="page counts from one"),
        pytest.param({"provider": "f02"}, ["f02"], id="filter"),
        pytest.param({"provider": "f0999"}, [], id="a filter that nothing matches"),
    ],
)
async def test_rows_come_in_the_asked_order(
    client: Client, parameters: dict[str, str], expected: list[str]
) -> None:
    assert [row["provider"] for row in await client.rows(**parameters)] == expected


async def test_fields_choose_columns_in_the_asked_order(client: Client) -> None:
    [row] = await client.rows(fields="total_deal_size,provider", provider="f03")
    assert list(row) == ["total_deal_size", "provider"]


async def test_fields_may_leave_the_sort_column_out_and_paging_still_works(
    client: Client,
) -> None:
    answer = await client.get(fields="week", sort="total_deal_size", limit=1)
    assert answer.json()["data"] == [{"week": "2026-11-02"}]
    assert answer.json()["meta"]["page"]["next_cursor"]


async def test_a_count_is_given_only_when_asked(client: Client) -> None:
    page = (await client.get(count="exact", limit=1)).json()["meta"]["page"]
    assert page["total"] == 3
    filtered = (await client.get(count="exact", provider="f02")).json()["meta"]["page"]
    assert filtered["total"] == 1


async def test_the_newest_week_answers_unless_another_is_asked(client: Client, mart: Mart) -> None:
    before = WEEK - timedelta(days=7)
    mart.write_week([Provider("f09")], week=before)
    assert {row["week"] for row in await client.rows()} == {WEEK.isoformat()}
    assert [row["provider"] for row in await client.rows(week=before.isoformat())] == ["f09"]


async def test_a_week_that_was_never_built_is_not_found_and_named(client: Client) -> None:
    error = await client.error(week="2026-11-09")
    assert (error["status"], error["code"]) == (404, "PARTITION_NOT_MATERIALIZED")
    assert error["details"] == {
        "asset": ASSET,
        "partition": "2026-11-09",
        "job": "filplus_weekly_job",
    }


async def test_a_week_that_was_built_empty_is_an_empty_answer(client: Client, mart: Mart) -> None:
    mart.write_week([], week=date(2026, 11, 9))
    assert await client.rows(week="2026-11-09") == []


async def test_a_week_with_rows_but_no_status_is_an_answer(client: Client, mart: Mart) -> None:
    mart.run("delete from ops.asset_partition_status")
    assert await client.rows(provider="f0999") == []
    assert len(await client.rows()) == 3


async def test_a_mart_without_any_week_says_so(mart: Mart) -> None:
    async with running(mart.settings()) as client:
        error = await client.error()
    assert error["code"] == "PARTITION_NOT_MATERIALIZED"
    assert error["message"] == f"No partition of {ASSET} has been built yet."


@pytest.mark.parametrize(
    ("age", "stale"),
    [
        pytest.param(MAX_AGE, False, id="as old as the policy allows"),
        pytest.param(MAX_AGE + timedelta(seconds=1), True, id="a second older"),
    ],
)
async def test_staleness_is_judged_by_the_pinned_clock(
    mart: Mart, providers: list[Provider], age: timedelta, stale: bool
) -> None:
    mart.write_week(providers)
    async with running(mart.settings(CDP_AS_OF=(AS_OF + age).isoformat())) as client:
        assert (await client.get()).json()["meta"]["stale"] is stale


async def test_without_a_policy_staleness_is_unknown(mart: Mart, providers: list[Provider]) -> None:
    mart.run("delete from ops.asset_catalog")
    mart.write_week(providers)
    async with running(mart.settings()) as client:
        meta = (await client.get()).json()["meta"]
    assert (meta["data_version"], meta["data_as_of"], meta["stale"]) == (1, None, None)
