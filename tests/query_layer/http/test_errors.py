"""Errors: one envelope, one catalogue, one table of database states."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import pytest
from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from query_layer.errors import CATALOGUE, Code, code_for_sqlstate
from tests.query_layer.client import Client, error_of, running
from tests.query_layer.warehouse import PATH, Mart

pytestmark = pytest.mark.anyio

# query_layer.md §4.2, line by line.
STATUSES = {
    400: ["VALIDATION_FAILED", "CURSOR_INVALID", "OFFSET_TOO_DEEP"],
    401: [
        "TOKEN_MISSING",
        "TOKEN_INVALID",
        "TOKEN_EXPIRED",
        "API_KEY_INVALID",
        "API_KEY_EXPIRED",
    ],
    403: ["API_KEY_PRODUCT_DENIED", "API_VERSION_PINNED", "SCOPE_DENIED", "ORG_SUSPENDED"],
    404: ["RESOURCE_NOT_FOUND", "ASSET_UNKNOWN", "PARTITION_NOT_MATERIALIZED"],
    405: ["METHOD_NOT_ALLOWED"],
    406: ["NOT_ACCEPTABLE"],
    408: ["REQUEST_TIMEOUT"],
    409: ["DATA_VERSION_CHANGED"],
    413: ["PAYLOAD_TOO_LARGE", "EXPORT_TOO_LARGE"],
    414: ["URI_TOO_LONG"],
    429: ["RATE_LIMIT_EXCEEDED"],
    500: ["INTERNAL_ERROR"],
    503: ["DATABASE_UNAVAILABLE", "POOL_EXHAUSTED", "ASSET_REBUILDING"],
}


def test_the_catalogue_is_the_specification_s() -> None:
    ours: dict[int, list[str]] = {}
    for code, kind in CATALOGUE.items():
        ours.setdefault(kind.status, []).append(code)
    assert ours == STATUSES
    assert set(CATALOGUE) == set(Code)


def test_unauthorised_and_later_answers_say_how_to_go_on() -> None:
    for kind in CATALOGUE.values():
        if kind.status == 401:
            assert kind.headers == {"WWW-Authenticate": "Bearer"}
        if kind.status in (429, 503):
            assert "Retry-After" in kind.headers


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (asyncpg.QueryCanceledError, "REQUEST_TIMEOUT"),
        (asyncpg.UndefinedTableError, "ASSET_REBUILDING"),
        (asyncpg.UndefinedColumnError, "ASSET_REBUILDING"),
        (asyncpg.LockNotAvailableError, "ASSET_REBUILDING"),
        (asyncpg.SerializationError, "ASSET_REBUILDING"),
        (asyncpg.TooManyConnectionsError, "POOL_EXHAUSTED"),
        (asyncpg.CannotConnectNowError, "DATABASE_UNAVAILABLE"),
        (asyncpg.AdminShutdownError, "DATABASE_UNAVAILABLE"),
        (asyncpg.ConnectionDoesNotExistError, "DATABASE_UNAVAILABLE"),
        (asyncpg.InvalidPasswordError, "DATABASE_UNAVAILABLE"),
        (asyncpg.InvalidCatalogNameError, "DATABASE_UNAVAILABLE"),
        (asyncpg.DiskFullError, "DATABASE_UNAVAILABLE"),
        (asyncpg.InsufficientPrivilegeError, "INTERNAL_ERROR"),
        (asyncpg.DivisionByZeroError, "INTERNAL_ERROR"),
    ],
)
def test_a_state_of_the_database_has_one_code(
    error: type[asyncpg.PostgresError], code: str
) -> None:
    assert code_for_sqlstate(error.sqlstate) == code


def test_an_error_without_a_state_is_internal() -> None:
    assert code_for_sqlstate(None) is Code.INTERNAL_ERROR


@pytest.mark.parametrize("path", ["/v1", "/v1/storage-providers/", "/v1/nothing", "/%00"])
async def test_an_unknown_address_is_not_found(client: Client, path: str) -> None:
    answer = await client.get(path)
    error = error_of(answer)
    assert (error["status"], error["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_a_write_is_refused_and_names_the_job_to_launch(client: Client, method: str) -> None:
    answer = await client.http.request(method, PATH)
    error = error_of(answer)
    assert (error["status"], error["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert error["details"] == {
        "allowed": ["GET", "HEAD", "OPTIONS"],
        "job": "filplus_weekly_job",
        "command": "cdp refresh --select filplus/providers_weekly_acc",
    }
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_a_write_to_another_address_names_the_command(client: Client) -> None:
    error = error_of(await client.http.post("/nowhere"))
    assert (error["code"], error["details"]["command"]) == ("METHOD_NOT_ALLOWED", "cdp refresh")


async def test_head_has_the_headers_of_get_and_no_body(client: Client) -> None:
    get, head = await client.get(), await client.http.head(PATH)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "etag", "content-type", "vary"):
        assert head.headers[name] == get.headers[name]


async def test_options_tells_what_is_allowed(client: Client) -> None:
    answer = await client.http.options(PATH)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await client.http.options("/nowhere")).status_code == 404


async def test_every_answer_has_the_security_headers(client: Client) -> None:
    for path in (PATH, "/nowhere", "/health/live", "/openapi.json"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "server" not in headers
        assert "strict-transport-security" not in headers


async def test_behind_tls_browsers_are_told_to_stay_there(client: Client) -> None:
    answer = await client.http.get(f"https://query.test{PATH}")
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_anything_unexpected_is_one_internal_error_without_its_cause(
    client: Client,
) -> None:
    async def broken(request: Request) -> Response:
        raise RuntimeError("a secret of the inside")

    client.app.add_api_route("/broken", broken, response_model=None)
    answer = await client.get("/broken")
    error = error_of(answer)
    assert (error["status"], error["code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in answer.text
    datetime.fromisoformat(error["timestamp"])


async def test_an_answer_that_breaks_half_way_is_broken_off(client: Client) -> None:
    async def half(request: Request) -> Response:
        class Half(Response):
            async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
                await send({"type": "http.response.start", "status": 200, "headers": []})
                raise RuntimeError("in the middle")

        return Half()

    client.app.add_api_route("/half", half, response_model=None)
    with pytest.raises(RuntimeError, match="in the middle"):
        await client.get("/half")


async def test_a_parameter_that_the_framework_checks_fails_in_the_same_envelope(
    client: Client,
) -> None:
    async def typed(size: int) -> int:
        return size

    client.app.add_api_route("/typed", typed)
    error = await client.error("/typed", size="big")
    assert (error["status"], error["code"]) == (400, "VALIDATION_FAILED")
    assert error["details"]["problems"][0]["parameter"] == "size"


async def test_a_status_that_the_catalogue_does_not_have_is_internal(client: Client) -> None:
    async def teapot() -> None:
        raise HTTPException(418)

    client.app.add_api_route("/teapot", teapot)
    assert (await client.error("/teapot"))["code"] == "INTERNAL_ERROR"


async def test_documentation_links_carry_the_public_address(mart: Mart) -> None:
    async with running(mart.settings(public_url="https://cdp.example.org")) as client:
        error = await client.error("/nowhere")
    assert error["documentation"] == "https://cdp.example.org/docs#RESOURCE_NOT_FOUND"
