"""Logs: one JSON line per request, found by its correlation id, without a value of the query."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from query_layer.http.correlation import choose
from query_layer.ops.logs import configure_logging, log_event
from tests.query_layer.client import Client
from tests.query_layer.warehouse import PATH, Mart

pytestmark = pytest.mark.anyio


class Lines:
    """The lines written so far."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        """Everything as written."""
        return self._stream.getvalue()

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of an event."""
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Log as the process does, into memory; pytest gets its own logging back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    logging.getLogger("httpx").setLevel("WARNING")  # the client of the tests logs addresses
    stream = io.StringIO()
    configure_logging("info", stream)
    yield Lines(stream)
    root.handlers[:] = before
    logging.getLogger("httpx").setLevel("NOTSET")
    root.setLevel(level)


async def test_a_request_is_one_line_of_the_agreed_shape(lines: Lines, client: Client) -> None:
    await client.http.get(PATH, headers={"X-Correlation-ID": "abc-1"})
    [line] = lines.of("api.request")
    assert set(line) == {"timestamp", "level", "correlation_id", "event", "context"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["timestamp"])
    assert (line["level"], line["correlation_id"]) == ("info", "abc-1")
    context = line["context"]
    assert context.pop("duration_ms") > 0
    assert context.pop("bytes") > 100
    assert context == {
        "method": "GET",
        "route": PATH,
        "status": 200,
        "cache": "miss",
        "error_code": None,
    }


async def test_the_line_tells_how_the_answer_was_come_by(lines: Lines, client: Client) -> None:
    tag = (await client.get()).headers["etag"]
    await client.get()
    await client.http.get(PATH, headers={"If-None-Match": tag})
    await client.http.head(PATH)
    found = [
        (line["context"]["method"], line["context"]["cache"], line["context"]["status"])
        for line in lines.of("api.request")
    ]
    assert found == [
        ("GET", "miss", 200),
        ("GET", "hit", 200),
        ("GET", "not_modified", 304),
        ("HEAD", "hit", 200),
    ]


async def test_neither_values_nor_credentials_are_logged(lines: Lines, client: Client) -> None:
    await client.http.get(
        "/v1/storage-providers/planted-path?provider=planted-value&token=planted-token",
        headers={"Cookie": "cdp-session=planted-cookie"},
    )
    await client.http.get(PATH, headers={"Authorization": "Bearer planted-bearer"})
    await client.http.get(PATH, headers={"Authorization": "Bearer cdp_planted_key"})
    await client.get(provider="planted-value")
    assert "planted" not in lines.text
    assert [line["context"]["route"] for line in lines.of("api.request")] == [
        None,
        None,
        None,
        PATH,
    ]
    assert [line["context"]["error_code"] for line in lines.of("api.request")] == [
        "RESOURCE_NOT_FOUND",
        "TOKEN_INVALID",
        "API_KEY_INVALID",
        "VALIDATION_FAILED",
    ]


async def test_a_failure_of_the_database_is_logged_with_state_and_place_without_its_text(
    lines: Lines, client: Client, mart: Mart
) -> None:
    mart.run("drop view api_v1.providers_weekly_acc")
    await client.http.get(PATH, headers={"X-Correlation-ID": "abc-2"})
    [line] = lines.of("api.error")
    assert (line["correlation_id"], line["level"]) == ("abc-2", "error")
    context = line["context"]
    assert (context["code"], context["exception"]) == ("ASSET_REBUILDING", "UndefinedTableError")
    assert context["sqlstate"] == "42P01"
    assert any(frame.startswith("load_response (page_reader.py:") for frame in context["frames"])
    assert "providers_weekly_acc" not in lines.text.replace("frames", "")


async def test_the_lines_of_libraries_have_the_same_shape(lines: Lines) -> None:
    try:
        raise ValueError("a secret value")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Broken %s", "pipe")
    [line] = lines.of("log")
    assert line["context"]["message"] == "Broken pipe"
    assert line["context"]["exception"] == "ValueError"
    assert line["correlation_id"] is None
    assert "secret" not in lines.text


async def test_a_level_that_is_off_costs_nothing(lines: Lines) -> None:
    log_event(logging.DEBUG, "never.seen", value=object())
    assert lines.text == ""


async def test_the_caller_s_correlation_id_comes_back(client: Client) -> None:
    answer = await client.http.get(PATH, headers={"X-Correlation-ID": "My.id_1-2"})
    assert answer.headers["x-correlation-id"] == "My.id_1-2"


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"x-correlation-id": "a" * 64}, "a" * 64, id="64 characters"),
        pytest.param({"x-correlation-id": "a" * 65}, None, id="65 characters"),
        pytest.param({"x-correlation-id": "two words"}, None, id="a space"),
        pytest.param({"x-correlation-id": 'a"}\n{'}, None, id="text that would break a line"),
        pytest.param({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE, id="trace id"),
        pytest.param(
            {"x-correlation-id": "mine", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
            "mine",
            id="own id before trace id",
        ),
        pytest.param({"traceparent": "00-1-2-3"}, None, id="broken trace"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_an_id_is_taken_over_only_in_its_form(
    headers: dict[str, str], expected: str | None
) -> None:
    chosen = choose(headers)
    assert chosen == expected if expected else re.fullmatch("[0-9a-f]{32}", chosen)
