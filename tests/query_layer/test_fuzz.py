"""Fuzz: whatever is asked, the answer is data, the one envelope, or a text that is meant (I-01)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from query_layer.errors import CATALOGUE, Code
from query_layer.read.list_query import list_parameters
from tests.query_layer.client import PROVIDERS_ROUTE, Client, error_of
from tests.query_layer.warehouse import PATH

pytestmark = pytest.mark.anyio

NAMES = st.sampled_from([parameter.name for parameter in list_parameters(PROVIDERS_ROUTE)])
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from(["2026-11-02", "f01", "-provider", "exact", "json", "week,provider", "1", "0"]),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Accept", "Accept-Encoding", "If-None-Match", "X-Correlation-ID", "traceparent", "Cookie"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)
BOUNDED = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def ask(client: Client, address: str, headers: dict[str, str]) -> None:
    """GET an address and hold the answer against what may be answered."""
    answer = await client.http.get(address, headers=headers)
    assert answer.status_code != 500, answer.text
    if answer.status_code in (200, 304):
        return
    if answer.status_code == 307:  # the root, which points to the documentation
        assert (answer.url.path, answer.headers["location"]) == ("/", "/pages")
        return
    error = error_of(answer)
    assert CATALOGUE[Code(error["code"])].status == answer.status_code
    assert not any(word in answer.text.lower() for word in ("traceback", "select ", "asyncpg"))


@BOUNDED
@given(pairs=st.lists(st.tuples(NAMES, VALUES), max_size=4), headers=HEADERS)
@example(pairs=[("provider", "\ud7ff\x00")], headers={})
async def test_any_parameters_get_an_answer_of_the_catalogue(
    client: Client, pairs: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    query = "&".join(f"{name}={quote(value)}" for name, value in pairs)
    await ask(client, f"{PATH}?{query}", headers)


@BOUNDED
@given(path=st.text(max_size=30), query=st.binary(max_size=20))
@example(path="\x00", query=b"\xff=\xfe")
@example(path="v1/storage-providers", query=b"&&==%")
async def test_any_address_gets_an_answer_of_the_catalogue(
    client: Client, path: str, query: bytes
) -> None:
    await ask(client, f"/{quote(path)}?{quote(query, safe='&=%')}", {})
