"""Metrics: a port of their own, for named readers, with what was really served."""

from __future__ import annotations

import httpx
import pytest

from query_layer.ops.metrics import METRICS
from tests.query_layer.auth.people import add_people, bearer, token
from tests.query_layer.client import Client, error_of, running
from tests.query_layer.warehouse import PATH, Mart, Provider

pytestmark = pytest.mark.anyio
URL = "http://query.test:8001/metrics"


async def scraped(client: Client) -> dict[str, float]:
    """Return every sample by its line without the value."""
    answer = await client.http.get(URL)
    assert answer.status_code == 200, answer.text
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


async def test_requests_are_counted_by_the_template_of_their_route(client: Client) -> None:
    await client.rows(limit=1)
    await client.get("/v1/storage-providers/f0999/nothing")
    await client.error(limt=1)
    await client.http.request("BREW", PATH)
    samples = await scraped(client)
    counted = {k: v for k, v in samples.items() if k.startswith("api_requests_total")}
    assert counted == {
        f'api_requests_total{{method="GET",path="{PATH}",status="200"}}': 1.0,
        f'api_requests_total{{method="GET",path="{PATH}",status="400"}}': 1.0,
        'api_requests_total{method="GET",path="unmatched",status="404"}': 1.0,
        'api_requests_total{method="other",path="unmatched",status="405"}': 1.0,
    }
    count = f'api_request_duration_seconds_count{{method="GET",path="{PATH}"}}'
    assert samples[count] == 2.0
    assert not any("f0999" in name for name in samples)


async def test_cache_exports_and_limits_are_counted(mart: Mart) -> None:
    add_people(mart)
    mart.write_week([Provider("f01"), Provider("f02")])
    async with running(mart.settings(anonymous_per_minute=3)) as client:
        await client.service.versions.poll()
        for _ in range(4):
            last = await client.get()
        assert last.status_code == 429
        headers = bearer(token("admin"))
        await client.http.get("/v1/export/providers_weekly_acc?format=ndjson", headers=headers)
        samples = await scraped(client)
    assert samples["api_cache_miss_total"] == 1.0
    assert samples["api_cache_hit_total"] == 2.0
    assert samples['api_rate_limited_total{plan="anonymous"}'] == 1.0
    assert samples['api_export_rows_total{format="ndjson"}'] == 2.0
    assert samples["db_pool_active_connections"] == 0.0
    assert samples["db_pool_max_connections"] == 8.0
    assert samples['cdp_pgpool_client_count{env="development"}'] >= 2.0


async def test_what_dagster_wrote_is_measured(client: Client, mart: Mart) -> None:
    mart.run(
        "truncate ops.orchestrator_status, ops.check_states, ops.chain_progress, ops.runs; "
        "insert into ops.orchestrator_status values "
        "(true, 2, 3, now() - interval '90 s', now() - interval '5 s', now()); "
        "insert into ops.check_states values ('filplus/x', 'key_not_null', false, 'ERROR', now()); "
        "insert into ops.chain_progress values ('alpha-net', '9', '4', 5, now(), '{6}', now()); "
        "insert into ops.runs (run_id, asset_key, started_at, finished_at, read_seconds, outcome, "
        "launched_by, rows_written) values "
        "('r', 'filplus/providers_weekly_acc', '2026-11-08 00:00Z', '2026-11-08 00:01Z', 7, "
        "'SUCCESS', 'demo', 1), "
        "('r', 'filplus/client_report', '2026-11-08 00:00Z', '2026-11-08 00:01Z', 1, 'SUCCESS', "
        "'demo', 12)"
    )
    samples = await scraped(client)
    assert samples["orchestrator_runs_in_flight"] == 2.0
    assert samples["orchestrator_runs_queued"] == 3.0
    assert 90 <= samples["orchestrator_oldest_queued_seconds"] < 150
    assert 5 <= samples["orchestrator_daemon_heartbeat_age_seconds"] < 65
    check = 'asset_check_is_passing{asset="filplus/x",check="key_not_null",severity="ERROR"}'
    assert samples[check] == 0.0
    assert samples['ingestion_lag_periods{chain_id="alpha-net"}'] == 5.0
    runner = '{env="development",runner_name="providers_weekly_acc"}'
    assert samples[f"cdp_aggregation_single_transaction_time{runner}"] == 60.0
    assert samples[f"cdp_aggregation_single_transaction_get_data_time{runner}"] == 7.0
    assert samples['cdp_aggregation_summary_time{env="development"}'] == 60.0
    assert samples['cdp_success_client_reports_count{env="development"}'] == 12.0
    assert samples['cdp_fail_client_reports_count{env="development"}'] == 0.0


async def test_every_metric_is_exposed_with_its_type(client: Client) -> None:
    text = (await client.http.get(URL)).text
    for metric in METRICS:
        assert f"# TYPE {metric.name} {metric.kind}" in text


async def test_metrics_are_on_their_port_alone_and_nothing_else_is(client: Client) -> None:
    assert (await client.error("/metrics"))["status"] == 404
    assert (await client.error(f"http://query.test:8001{PATH}"))["status"] == 404
    assert (await client.get("http://query.test:8001/health/live")).status_code == 200


@pytest.mark.parametrize(
    ("sender", "forwarded", "status"),
    [
        ("127.0.0.1", None, 200),
        ("10.1.2.3", None, 200),
        ("192.0.2.1", None, 403),
        ("192.0.2.1", "127.0.0.1", 403),  # not a proxy that is named: its header is ignored
        ("127.0.0.9", "192.0.2.1", 403),  # a named one: the header counts
        ("127.0.0.9", "10.9.9.9", 200),
        ("127.0.0.9", "10.9.9.9, 192.0.2.1", 403),
    ],
)
async def test_named_networks_read_metrics(
    quiet_mart: Mart, sender: str, forwarded: str | None, status: int
) -> None:
    settings = quiet_mart.settings(
        metrics_allow="127.0.0.0/8, 10.0.0.0/8", trusted_proxies="127.0.0.9"
    )
    async with running(settings) as client:
        transport = httpx.ASGITransport(app=client.app, client=(sender, 5000))
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        async with httpx.AsyncClient(transport=transport) as http:
            answer = await http.get(URL, headers=headers)
    assert answer.status_code == status
    assert status == 200 or error_of(answer)["code"] == "SCOPE_DENIED"
