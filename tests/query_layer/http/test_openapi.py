"""The contract page: OpenAPI and the docs page, served without anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from opentelemetry import trace

from query_layer.errors import CATALOGUE
from query_layer.read.list_query import list_parameters
from tests.query_layer.client import MART_ROUTES, PROVIDERS_ROUTE, Client, running
from tests.query_layer.warehouse import PATH, Mart

pytestmark = pytest.mark.anyio


@pytest.fixture
async def document(client: Client) -> dict[str, Any]:
    """The OpenAPI document as served."""
    served: dict[str, Any] = (await client.get("/openapi.json")).json()
    return served


def parameters_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters of the providers, those that routes share included."""
    shared = document["components"]["parameters"]
    listed = document["paths"][PATH]["get"]["parameters"]
    return [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in listed]


async def test_every_address_is_described(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {
        "/health",
        "/health/live",
        "/health/ready",
        "/health/ingestion",
        "/metrics",
        "/v1/ingestion/health",
        "/v1/catalog",
        "/v1/catalog/{asset}",
        *(route.path for route in MART_ROUTES),
        "/v1/export/providers_weekly_acc",
    }
    for methods in document["paths"].values():
        assert set(methods) == {"get"}
        assert methods["get"]["description"]


async def test_the_list_has_the_parameters_that_are_parsed(document: dict[str, Any]) -> None:
    described = parameters_of(document)
    assert [parameter["name"] for parameter in described] == [
        parameter.name for parameter in list_parameters(PROVIDERS_ROUTE)
    ]
    assert all(parameter["in"] == "query" for parameter in described)


async def test_the_examples_of_the_parameters_are_good_values(
    document: dict[str, Any], client: Client
) -> None:
    for parameter in parameters_of(document):
        answer = await client.get(**{parameter["name"]: parameter["example"]})
        if parameter["name"] == "cursor":
            assert answer.json()["error"]["code"] == "CURSOR_INVALID"
        else:
            assert answer.status_code == 200, (parameter, answer.text)


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))
    assert names
    assert names <= set(document["components"]["schemas"])


async def test_the_row_is_described_column_by_column(document: dict[str, Any]) -> None:
    row = document["components"]["schemas"]["ProvidersWeeklyAccRow"]
    assert list(row["properties"]) == [column.name for column in PROVIDERS_ROUTE.columns]
    assert row["properties"]["total_deal_size"]["type"] == "string"
    assert "required" not in row  # `fields` asks for some columns only


async def test_the_docs_page_loads_nothing_and_has_an_anchor_for_every_error(
    client: Client,
) -> None:
    answer = await client.get("/docs")
    page = answer.text
    for code in CATALOGUE:
        assert f'id="{code}"' in page
    assert PATH in page
    assert not re.search(r"https?://|src=|<script|<link|@import|url\(", page)
    [style] = re.findall(r"<style>(.*?)</style>", page)
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in answer.headers["content-security-policy"]


async def test_an_error_s_documentation_link_resolves(client: Client) -> None:
    address = (await client.error("/nowhere"))["documentation"]
    path, _, anchor = address.partition("#")
    page = await client.get(path)
    assert page.status_code == 200
    assert f'id="{anchor}"' in page.text


async def test_telemetry_is_idle_whatever_the_environment(
    mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    provider = trace.get_tracer_provider()
    async with running(mart.settings()) as client:
        assert not client.app._native_telemetry.enabled()
        assert (await client.get("/health/live")).status_code == 200
    assert trace.get_tracer_provider() is provider


async def test_the_root_points_to_the_pages_and_the_text_of_the_docs_page_holds_no_markdown(
    client: Client,
) -> None:
    root = await client.get("/")
    assert (root.status_code, root.headers["location"]) == (307, "/pages")
    page = (await client.get("/docs")).text
    assert "<code>sort</code>" in page
    assert "`" not in page
