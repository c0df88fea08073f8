"""Health: live is the process, ready its dependencies, late data degrades and nothing more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from query_layer.auth.claims import ANONYMOUS
from query_layer.ops import health as health_module
from query_layer.ops.health import MAX_POLL_AGE_SECONDS
from query_layer.ops.metrics import ASSET_AGE, METRICS, ProcessMetrics
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


METRICS_URL = "http://query.test:8001/metrics"
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
    answer = await client.http.get(METRICS_URL)
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
        text = (await client.http.get(METRICS_URL)).text
    assert (asset["age_seconds"], asset["stale"], asset["data_version"]) == (None, None, None)
    assert "asset_data_age_seconds{" not in text


def test_a_label_is_escaped() -> None:
    text = ProcessMetrics("development").exposition({ASSET_AGE: [(('a"\\\n',), 1.0)]}).decode()
    assert r'asset_data_age_seconds{asset="a\"\\\n"} 1.0' in text


_CHAINS = (
    "truncate ops.chain_progress; insert into ops.chain_progress values "
    "('a-net', '9', '8', {lag}, '2026-11-08 12:00Z', '{gaps}', now())"
)


@pytest.mark.parametrize(
    ("lag", "gaps", "status"),
    [(1, "{}", "ok"), (1, "{7}", "degraded"), (2, "{}", "degraded"), (4, "{}", "degraded"),
     (5, "{}", "failing")],
)  # fmt: skip
async def test_ingestion_tells_the_lag_of_every_chain(
    client: Client, mart: Mart, lag: int, gaps: str, status: str
) -> None:
    mart.run(_CHAINS.format(lag=lag, gaps=gaps))
    data = (await client.get("/health/ingestion")).json()["data"]
    mart.run("truncate ops.chain_progress")
    assert data["chains"] == [
        {
            "chain_id": "a-net",
            "expected_period": "9",
            "latest_ingested": "8",
            "lag_periods": lag,
            "last_success": "2026-11-08T12:00:00Z",
            "gaps": [gap for gap in gaps.strip("{}").split(",") if gap],
            "status": status,
        }
    ]
    assert (data["status"] == "ok") == (status == "ok")


async def test_jobs_and_sources_have_the_names_of_the_live_platform(
    client: Client, mart: Mart
) -> None:
    mart.run(
        "truncate ops.runs; insert into ops.asset_catalog (asset_key, description, owner, "
        "asset_group, layer, cadence) select key, '', '', 'g', 'mart', 'daily' "
        "from unnest(array['filplus/client_report', 'filplus/allocator_registry']) key"
    )
    mart.run(
        "insert into ops.runs (run_id, asset_key, started_at, finished_at, outcome, launched_by, "
        "rows_written) values ('a', 'filplus/client_report', now() - interval '2 h', "
        "now() - interval '1 h', 'SUCCESS', 'demo', 9), ('b', 'filplus/allocator_registry', "
        "now() - interval '3 d', now() - interval '2 d', 'SUCCESS', 'demo', 1)"
    )
    mart.run("insert into ops.source_health (source, ok, checked_at) values ('dmob', true, now())")
    data = (await client.get("/health")).json()["data"]
    found = data["dependencies"]
    states = {name: state["status"] for name, state in found.items()}
    assert states == {
        "database": "up",
        "database-dmob": "up",
        "AggregationTasksService": "down",  # never
        "ClientReportGeneratorJobService": "up",
        "GitHubAllocatorRegistryService": "down",  # two days ago, daily
    }
    report = found["ClientReportGeneratorJobService"]
    assert (report["lastRunReports"], report["lastRunFails"]) == (9, 0)
    reason = found["GitHubAllocatorRegistryService"]["unhealthyReason"]
    assert reason == "its last success is older than 86,400 s"
    assert (data["status"], (await client.get("/health/ready")).status_code) == ("degraded", 200)
