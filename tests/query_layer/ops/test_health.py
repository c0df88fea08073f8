"""Health: live is the process, ready its dependencies, late data degrades and nothing more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from query_layer.auth.claims import ANONYMOUS
from query_layer.ops import health as health_module
from query_layer.ops.health import MAX_POLL_AGE_SECONDS
from query_layer.ops.metrics import METRICS, exposition
from query_layer.read.database import Reader
from tests.query_layer.client import Client, error_of, running
from tests.query_layer.warehouse import AS_OF, ASSET, MAX_AGE, Mart, Provider

pytestmark = pytest.mark.anyio


async def test_live_says_that_the_process_answers(client: Client) -> None:
    assert (await client.get("/health/live")).json()["data"] == {"status": "live"}


async def test_ready_names_every_dependency_with_its_latency(client: Client) -> None:
    data = (await client.get("/health/ready")).json()["data"]
    assert data["status"] == "ready"
    assert set(data["checks"]) == {"database", "versions", "views"}
    for check in data["checks"].values():
        assert (check["status"], check["reason"]) == ("ok", None)
        assert check["latencyMs"] >= 0


async def test_a_missing_view_is_named(client: Client, mart: Mart) -> None:
    mart.run("drop view api_v1.providers_weekly_acc")
    error = error_of(await client.get("/health/ready"))
    assert (error["status"], error["code"]) == (503, "ASSET_REBUILDING")
    assert error["message"] == (
        "Not ready: views: not there or not granted: api_v1.providers_weekly_acc"
    )
    assert error["details"]["checks"]["database"]["status"] == "ok"


async def test_a_view_without_its_grant_is_named(client: Client, mart: Mart) -> None:
    mart.run("revoke select on api_v1.providers_weekly_acc from api_ro")
    assert "not granted" in error_of(await client.get("/health/ready"))["message"]


async def test_versions_that_were_not_read_for_long_are_a_reason(client: Client) -> None:
    client.service.versions._polled_at -= MAX_POLL_AGE_SECONDS + 1  # type: ignore[operator]
    error = error_of(await client.get("/health"))
    assert error["code"] == "DATABASE_UNAVAILABLE"
    assert "versions: the data versions were not read for 30 s or more" in error["message"]


async def test_a_pool_that_does_not_answer_in_time_is_a_reason(
    mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "READY_SECONDS", 0.05)
    async with running(mart.settings(pool_min=1, pool_max=1)) as client:
        held, release = asyncio.Event(), asyncio.Event()

        async def hold(_: Reader) -> None:
            held.set()
            await release.wait()

        holder = asyncio.create_task(client.service.database.read(ANONYMOUS, hold))
        await held.wait()
        error = error_of(await client.get("/health/ready"))
        release.set()
        await holder
    assert "database: no response within 50 ms" in error["message"]


async def test_health_tells_version_uptime_pool_and_cache(client: Client) -> None:
    await client.rows()
    data = (await client.get("/health")).json()["data"]
    assert data["version"] == "1.0.0"
    assert data["uptime_seconds"] > 0
    assert data["pool"] == {"active": 0, "max": 8, "waiting": 0}
    assert (data["cache"]["entries"], data["cache"]["misses"]) == (1, 1)


async def test_ingestion_tells_the_age_of_every_asset(client: Client) -> None:
    data = (await client.get("/health/ingestion")).json()["data"]
    assert (data["status"], data["as_of"]) == ("ok", "2026-11-08T13:00:00Z")
    [asset] = data["assets"]
    assert asset.pop("materialized_at").endswith("Z")
    assert asset == {
        "asset_key": ASSET,
        "asset_group": "filplus_weekly",
        "cadence": "weekly",
        "data_version": 1,
        "data_as_of": "2026-11-08T12:00:00Z",
        "max_age_seconds": 8 * 86_400,
        "failed_partitions": 0,
        "age_seconds": 3_600.0,
        "stale": False,
    }


BREAK = {
    "a failed partition": "update ops.asset_partition_status set error_code = 'X'",
    "a source that is down": (
        "insert into ops.source_health (source, ok, checked_at, error_message) "
        "values ('url_finder', false, now(), 'https://user:secret@host refused')"
    ),
}


@pytest.mark.parametrize("statement", BREAK.values(), ids=BREAK)
async def test_trouble_with_the_data_degrades_and_does_not_unready(
    client: Client, mart: Mart, statement: str
) -> None:
    mart.run(statement)
    answer = await client.get("/health/ingestion")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "degraded")
    assert "secret" not in answer.text
    assert (await client.get("/health/ready")).status_code == 200


async def test_stale_data_degrades(mart: Mart) -> None:
    mart.write_week([Provider("f01")])
    late = AS_OF + MAX_AGE + timedelta(seconds=1)
    async with running(mart.settings(CDP_AS_OF=late.isoformat())) as client:
        data = (await client.get("/health/ingestion")).json()["data"]
    assert (data["status"], data["assets"][0]["stale"]) == ("degraded", True)


async def test_metrics_give_the_same_figures(client: Client, mart: Mart) -> None:
    mart.run(
        "insert into ops.source_health (source, ok, checked_at) values ('url_finder', true, now())"
    )
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert f'asset_data_age_seconds{{asset="{ASSET}"}} 3600.0' in lines
    assert f'asset_is_stale{{asset="{ASSET}"}} 0.0' in lines
    assert f'asset_failed_partitions{{asset="{ASSET}"}} 0.0' in lines
    assert 'source_is_ok{source="url_finder"} 1.0' in lines
    assert "api_cache_hit_total 0.0" in lines
    for metric in METRICS:
        assert f"# TYPE {metric.name} {metric.kind}" in lines


async def test_an_asset_never_written_has_no_age(mart: Mart) -> None:
    async with running(mart.settings()) as client:
        asset = (await client.get("/health/ingestion")).json()["data"]["assets"][0]
        text = (await client.get("/metrics")).text
    assert (asset["age_seconds"], asset["stale"], asset["data_version"]) == (None, None, None)
    assert "asset_data_age_seconds{" not in text


def test_a_label_is_escaped() -> None:
    asset = {"asset_key": 'a"\\\n', "age_seconds": 1, "stale": None, "failed_partitions": None}
    process = {"pool": {"active": 0, "waiting": 0}, "cache": {"hits": 0, "misses": 0}}
    text = exposition({"assets": [asset], "sources": []}, process).decode()
    assert r'asset_data_age_seconds{asset="a\"\\\n"} 1.0' in text
