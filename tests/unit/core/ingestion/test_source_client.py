"""The client that the settings describe: paced by its own bucket and by what the source tells."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from cdp_assets import clock
from cdp_assets.core.ingestion.client_factory import source_client
from resources.http.http_client import HttpClient, Request
from resources.postgres.ops_status import SourceHealth


@pytest.fixture
def told() -> list[SourceHealth]:
    return []


def ask(told: list[SourceHealth], **options: bool) -> HttpClient:
    reset = clock.wall_clock() + timedelta(hours=1)
    headers = {
        "x-ratelimit-limit": "1000",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(reset.timestamp())),
    }
    made = source_client(
        "lotus", "https://node.test", read_seconds=1, report=told.append, **options
    )
    made._client = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, text="{}", headers=headers))
    )
    made.send(Request("q"))
    return made


def test_a_quota_that_any_source_tells_is_shown_and_heeded(told: list[SourceHealth]) -> None:
    made = ask(told)
    assert [h.quota_left for h in told] == [0]
    refused = made.send(Request("q")).failure
    assert refused is not None
    assert "its quota of 1,000 requests is used up" in refused.message


def test_strangers_cannot_stop_us_with_a_quota_of_their_own(told: list[SourceHealth]) -> None:
    made = ask(told, respects_quota=False)
    assert made.send(Request("q")).failure is None
    assert [h.quota_left for h in told] == [None, None]
