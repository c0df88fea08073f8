"""The second golden set: every table equals its plain formula over 200,000 deals, row for row.

The formulas are those of ``bench/reference``, straight from compliance §3 over the source; nothing
of the product takes part in them. The source is generated with all its dirt, plus rows on every
border that a formula names.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from bench.deal_tables import OF_THE_DAY
from bench.statements import Statement
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from simulator.dmob.database import DmobScale, create_dmob
from simulator.dmob.pairs import provider_id
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database
from tests.integration.filplus.formulas import MADE, Tables, rows_of_both
from tests.integration.filplus.pipeline import Pipeline, Rate

pytestmark = pytest.mark.integration

START, END = datetime(2024, 2, 27, tzinfo=UTC), datetime(2024, 3, 28, 15, 20, tzinfo=UTC)
SCALE = DmobScale(
    deals=200_000,
    clients=120,
    providers=60,
    allocators=24,
    start=START,
    end=END,
    seed=77,
    pairs=600,
)
EDGES = Path(__file__).with_name("edges.sql")


@pytest.fixture(scope="module")
def tables(
    server: EmbeddedServer, ready_template: str, definitions: dg.Definitions
) -> Iterator[Tables]:
    """Rows of each table as the product made them and by their formula."""
    create_database(server.dsn("postgres"), "golden_dmob")
    with psycopg.connect(server.dsn("golden_dmob"), autocommit=True) as source:
        create_dmob(source, SCALE)
        source.execute(EDGES.read_text(encoding="utf-8"))
        source.execute("refresh materialized view unique_providers")
    for dsn in fresh_database(server, ready_template):
        pipeline = Pipeline.over(server.dsn("golden_dmob"), dsn)
        with SimulatorServer(seed=77, as_of=END) as simulator:
            publish_environment({"CDP_URL_FINDER_API_URL": f"{simulator.url}/url-finder"})
            _make(pipeline, definitions)
        yield rows_of_both(pipeline, END)
    publish_environment({"CDP_URL_FINDER_API_URL": "", "CDP_AS_OF": ""})


def _make(pipeline: Pipeline, definitions: dg.Definitions) -> None:
    pipeline.at(END)
    with pipeline.warehouse.connect() as connection:
        for table, remainder in (("allocator_registry", 0), ("allocator_registry_archive", 1)):
            connection.execute(_REGISTRY.format(table=table), [remainder])
        connection.execute(_RETRIEVALS)
    pipeline.keep_rates(_rates())
    pipeline.sync()
    pipeline.refresh(definitions)


# Allocators of the simulated source by number; every seventh entry is rejected, some are in both.
_REGISTRY = """
insert into filplus.{table} (allocator_id, allocator_address, json_path, registry_info, rejected,
    data_type, audits, blob_sha)
select 'f0' || 500000 + 13 * n, 'f2' || n, n || '.json', '{{}}', n %% 7 = 3, 'openData', '[]', ''
from generate_series(3, 30) n where n %% 2 = %s or n %% 5 = 0
"""


# FilSpark's days of the second week and later, of two providers in three.
_RETRIEVALS = """
insert into filplus.provider_retrievability_daily (date, provider, total, successful, success_rate,
    successful_http)
select d, 'f0' || 1000000 + 11 * p, 100 + p, (p * 7 + extract(day from d)::integer) % 90, 0,
    nullif((p * 5 + extract(day from d)::integer) % 50, 0)
from generate_series(timestamp '2024-03-06', timestamp '2024-03-27', interval '2 days') d
cross join generate_series(0, 59) p
where p % 3 > 0
"""


def _rates() -> list[Rate]:
    """Rates of the providers on days of every week; the last day of some weeks is null."""
    return [
        (
            (START + timedelta(days=day)).date(),
            f"f0{provider_id(1 + provider)}",
            None if (day + provider) % 11 == 0 else Decimal((day * 37 + provider * 13) % 101) / 100,
        )
        for day in range(0, 28, 2)
        for provider in range(60)
    ]


@pytest.mark.parametrize("statement", MADE, ids=lambda s: s.table)
def test_a_table_equals_its_plain_formula_row_for_row(tables: Tables, statement: Statement) -> None:
    ours, plain = tables[statement.table]
    if statement.table in OF_THE_DAY:
        ours = [row for row in ours if END.replace(tzinfo=None, hour=0, minute=0) in row]
    assert len(plain) > 0
    assert len(ours) == len(plain)
    different = [(mine, theirs) for mine, theirs in zip(ours, plain, strict=True) if mine != theirs]
    assert different[:5] == []


def test_the_rows_that_are_compared_are_not_all_the_same(tables: Tables) -> None:
    rates = {row[-2] for row in tables["allocators_weekly_acc"][0]}
    assert len({rate for rate in rates if 0 < rate < 1}) > 10
    assert len({row[5] for row in tables["providers_weekly"][0]}) > 20
    waits = {row[-1] for row in tables["allocator_client_stats_daily"][0]}
    assert None in waits
    assert len(waits) > 3
    balances = [row[2:] for row in tables["old_datacap_client_balance_weekly"][0]]
    assert sum(claims > 0 for _, claims in balances) > 10
    assert sum(allocations > 0 for *_, allocations in tables["old_datacap_balance_weekly"][0]) > 5
    assert sum(row[6] < row[7] for row in tables["client"][0]) > 20


# Tables of §3 that no formula over DMOB makes, each with where its rows come from.
WITHOUT_FORMULA = {
    "provider_url_finder_retrievability_daily": "the URL finder",
    "storage_provider_url_finder_daily_snapshot": "the URL finder",
    "storage_provider_url_finder_metric": "the URL finder",
    "storage_provider_url_finder_metric_value": "the URL finder",
    "provider_retrievability_daily": "FilSpark",
    "provider_ip_info": "the location service",
    "provider_filscan_info": "Filscan",
    "provider_ipni_reporting": "cid.contact",
    "ipni_reporting_daily": "cid.contact",
    "ipni_publisher_advertisement": "the chains of advertisements",
    "storage_provider_compliance_weekly": "weekly_rules over §3.10 and the registries (§6.5)",
    "allocator_compliance_weekly": "weekly_rules over §3.8, §3.6 and the classes (§6.6)",
    "retrievability_average_weekly": "§6.5 over §3.10 and the registries (test_weekly_statistics)",
    "allocator_sps_compliance_weekly": "§6.6 over the classes (test_weekly_statistics)",
    "compliance_histogram_weekly": "§6.8 over §3.6 to §3.11 (test_weekly_statistics)",
    "allocator_score_weekly": "§5.4 over stored reports (test_weekly_scores)",
    "deal_totals_weekly": "sums of §3.1 for the statistics of §7.5 and §7.6 (its unit test)",
    "client_statistics_daily": "§7.5 (its unit test)",
    "storage_provider_statistics_daily": "§7.6 (its unit test)",
    "allocator_statistics_daily": "§7.2 (its unit test)",
    "allocator_report_check_daily": "§7.7 over stored reports (its unit test)",
    "report_check_counts_weekly": "§7.7 over stored reports (its unit test)",
}
GROUPS = ("filplus_hourly", "filplus_daily", "filplus_weekly", "filplus_entities")


def test_every_table_of_the_chapter_has_a_formula(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    made = {
        key.path[-1]
        for key in graph.materializable_asset_keys
        if graph.get(key).group_name in GROUPS and key.path[0] == "filplus"
    }
    compared = {s.table for s in MADE}
    assert compared | set(WITHOUT_FORMULA) == made
    assert compared.isdisjoint(WITHOUT_FORMULA)
