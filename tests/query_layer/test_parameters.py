"""Parameters: nothing is guessed, every problem is named."""

from __future__ import annotations

from typing import Any

import pytest

from query_layer.errors import ApiError
from query_layer.read.parameters import integer_parameter, parse_query
from tests.query_layer.client import Client
from tests.query_layer.warehouse import PATH

pytestmark = pytest.mark.anyio
METRICS_URL = "http://query.test:8001/metrics"

CASES = [
    pytest.param("wek=2026-11-02", "wek", "is unknown, the nearest is week", id="unknown"),
    pytest.param("Week=2026-11-02", "Week", "is unknown, the nearest is week", id="other case"),
    pytest.param("week=0", "week", "must be a date written YYYY-MM-DD", id="number as date"),
    pytest.param("week=2026-W45", "week", "must be a date written YYYY-MM-DD", id="ISO week"),
    pytest.param("week=20261102", "week", "must be a date written YYYY-MM-DD", id="basic form"),
    pytest.param(
        "week=2026-11-02T00:00", "week", "must be a date written YYYY-MM-DD", id="date with time"
    ),
    pytest.param(
        "week=%D9%A2%D9%A0%D9%A2%D9%A6-11-02",
        "week",
        "must be a date written YYYY-MM-DD",
        id="digits of another script",
    ),
    pytest.param("week=2026-02-30", "week", "is not a day of the calendar", id="no such day"),
    pytest.param(
        "week=2026-11-03", "week", "must be a Monday, the first day of a week", id="a Tuesday"
    ),
    pytest.param("week=", "week", "must be a date written YYYY-MM-DD", id="empty"),
    pytest.param(
        "provider=1234", "provider", "must match ^f0[0-9]{1,18}$, such as f01234", id="no f0"
    ),
    pytest.param(
        "provider=f01%0A", "provider", "must match ^f0[0-9]{1,18}$, such as f01234", id="line end"
    ),
    pytest.param(
        "provider=f01%00", "provider", "must match ^f0[0-9]{1,18}$, such as f01234", id="null byte"
    ),
    pytest.param(
        "provider=f0%D9%A2",
        "provider",
        "must match ^f0[0-9]{1,18}$, such as f01234",
        id="Arabic digit",
    ),
    pytest.param("limit=0", "limit", "must be a whole number from 1 to 1,000", id="limit zero"),
    pytest.param(
        "limit=1001", "limit", "must be a whole number from 1 to 1,000", id="limit over the cap"
    ),
    pytest.param("limit=5.0", "limit", "must be a whole number from 1 to 1,000", id="fraction"),
    pytest.param("limit=-1", "limit", "must be a whole number from 1 to 1,000", id="negative"),
    pytest.param(
        "offset=1" + "0" * 4_400, "offset", "must be a whole number of at least 0", id="too long"
    ),
    pytest.param("page=0", "page", "must be a whole number of at least 1", id="page zero"),
    pytest.param(
        "sort=week",
        "sort",
        "must be one of provider, total_deal_size, num_of_clients, "
        "avg_retrievability_success_rate_url_finder, -provider, -total_deal_size, -num_of_clients, "
        "-avg_retrievability_success_rate_url_finder",
        id="sort by another column",
    ),
    pytest.param("order=up", "order", "must be one of asc, desc", id="order"),
    pytest.param("count=yes", "count", "must be one of exact", id="count"),
    pytest.param(
        "fields=provder", "fields", "'provder' is unknown, the nearest is provider", id="field"
    ),
    pytest.param("fields=week,week", "fields", "names a column twice", id="field twice"),
    pytest.param("limit=5&limit=6", "limit", "is given twice", id="twice"),
    pytest.param("offset=1&page=2", "page", "cannot be given with offset", id="two positions"),
    pytest.param(
        "sort=-provider&order=asc", "order", "cannot be given with a sort that has -", id="both"
    ),
    pytest.param("cursor=a+b", "cursor", "must match ^[A-Za-z0-9_.-]+$, such as abc", id="cursor"),
]


@pytest.mark.parametrize(("query", "name", "reason"), CASES)
async def test_a_bad_parameter_is_named_with_its_reason(
    client: Client, query: str, name: str, reason: str
) -> None:
    error = await client.error(f"{PATH}?{query}")
    assert (error["status"], error["code"]) == (400, "VALIDATION_FAILED")
    problem = error["details"]["problems"][0]
    assert (problem["parameter"], problem["reason"]) == (name, reason)
    assert error["message"] == f"The parameter {name} {reason}."


async def test_all_problems_are_told_at_once_and_the_nearest_name_is_a_field(
    client: Client,
) -> None:
    error = await client.error(f"{PATH}?wek=1&limit=x")
    assert error["details"]["problems"] == [
        {
            "parameter": "wek",
            "reason": "is unknown, the nearest is week",
            "nearest": "week",
        },
        {"parameter": "limit", "reason": "must be a whole number from 1 to 1,000"},
    ]


async def test_a_long_foreign_name_is_not_repeated_whole(client: Client) -> None:
    error = await client.error(f"{PATH}?{'x' * 5_000}=1")
    assert error["details"]["problems"][0]["parameter"] == "x" * 64


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", METRICS_URL])
async def test_an_address_without_parameters_takes_none(client: Client, path: str) -> None:
    error = await client.error(path, verbose="1")
    assert error["message"] == "The parameter verbose is unknown; this address takes none."


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1), ("007", 7), ("999999999999999999", 10**18 - 1)],
)
def test_whole_numbers_are_plain_digits(text: str, expected: int) -> None:
    parameter = integer_parameter("n", 1, None, "A number.")
    assert parse_query([("n", text)], [parameter]) == {"n": expected}


def test_a_number_beyond_the_database_s_range_is_refused() -> None:
    parameter = integer_parameter("n", 1, None, "A number.")
    with pytest.raises(ApiError, match="whole number of at least 1"):
        parse_query([("n", "9" * 19)], [parameter])


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        pytest.param({"Accept": "text/csv"}, {}, id="Accept of another type"),
        pytest.param({"Accept": "application/json;q=0, */*"}, {}, id="JSON ruled out"),
        pytest.param({"Accept": "application/json;q=x"}, {}, id="a quality that is no number"),
        pytest.param({}, {"format": "csv"}, id="format of another issue"),
    ],
)
async def test_another_format_is_not_acceptable(
    client: Client, headers: dict[str, str], query: dict[str, Any]
) -> None:
    answer = await client.http.get(PATH, params=query, headers=headers)
    assert answer.status_code == 406
    assert answer.json()["error"]["code"] == "NOT_ACCEPTABLE"


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/html;level=1, application/json;charset=utf-8",
        "application/*",
        "text/html, application/json;q=0.1",
    ],
)
async def test_json_is_answered_to_who_takes_it(client: Client, accept: str) -> None:
    answer = await client.http.get(PATH, params={"format": "json"}, headers={"Accept": accept})
    assert answer.status_code == 200
