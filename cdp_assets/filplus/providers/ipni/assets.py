"""Assets of the network indexer: the crawl of advertisements, and the status from it."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.core.ingestion.client_factory import Source, source_client
from cdp_assets.core.ingestion.daily_ingest import (
    Day,
    DayResult,
    IngestAsset,
    IngestSummary,
    ingest,
)
from cdp_assets.core.ingestion.failed_entities import failed_check
from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.core.runs.partition_run import PartitionRun
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.ipni import status as ipni_status
from cdp_assets.filplus.providers.ipni.crawl import SCHEMA, Crawler, CrawlReport
from cdp_assets.filplus.providers.ipni.store import publish_counted, store_publishers
from cdp_assets.filplus.providers.known_providers import KNOWN_PROVIDERS
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from resources.http.http_client import HttpClient
from resources.http.public_network import PublicTransport, looks_public
from resources.postgres.warehouse import Warehouse
from resources.sources.ipni import LIST_SECONDS, READ_SECONDS, Indexer, read_providers

WALKED = "raw_ipni/advertisement"
ADVERTISEMENTS = ipni_status.ADVERTISEMENTS
DAILY = "filplus/ipni_reporting_daily"
LIVE = "filplus/provider_ipni_reporting"
CODE_VERSION = "2"  # 2: a peer id is read in every form


def _walked(name: str, meaning: str, broken: str) -> SqlCheck:
    """Return a check of what the crawl has read; publishers are third parties: it warns."""
    return SqlCheck(name, WALKED, meaning, broken, dg.AssetCheckSeverity.WARN)


WALKED_CHECKS = (
    _walked(
        "equal_entries_have_equal_numbers",
        "Advertisements that name the same first block of entries have the same number of them: a "
        "block's id is the hash of its content.",
        "select entries_cid as id from raw_ipni.advertisement where entries_number is not null "
        "group by 1 having min(entries_number) <> max(entries_number) order by 1",
    ),
    _walked(
        "chains_do_not_fork",
        "An advertisement is the previous one of at most one other: a publisher that began anew "
        "from an old one counts both ways.",
        "select previous_cid as id from raw_ipni.advertisement where previous_cid is not null "
        "group by 1 having count(*) > 1 order by 1",
    ),
    _walked(
        "providers_are_peer_ids",
        "An advertisement names its provider by a peer id, stored in base58. Any other text is "
        "stored as it is and is the id of no provider.",
        "select provider_id as id from raw_ipni.advertisement "
        "where provider_id !~ '^(Qm|1)[1-9A-HJ-NP-Za-km-z]+$' group by 1 order by 1",
    ),
    SqlCheck(
        "no_chain_is_broken",
        ADVERTISEMENTS,
        "No advertisement is gone, failing, unreadable or has entries that loop.",
        "select cid, reason from raw_ipni.broken_link order by last_failed_at desc, cid",
        dg.AssetCheckSeverity.WARN,
    ),
)
_PUBLISHER_TRIES = 2  # of thousands of publishers many are down; the next run tries them again
_INDEXER = Source(
    name="cid_contact",
    title="network indexer",
    setting="cid_contact_url",
    read_seconds=LIST_SECONDS,
    pauses=0,
)
_INPUT_DEPS = [
    dg.AssetDep(key.split("/"))
    for key in (ADVERTISEMENTS, ipni_status.CLAIMS, ipni_status.PROVIDERS)
]


@dg.multi_asset(
    name="ipni_advertisements",
    specs=[
        provider_spec(
            WALKED,
            source="cid_contact",
            group="filplus_sources",
            cadence="daily",
            code_version=CODE_VERSION,
        ),
        provider_spec(
            ADVERTISEMENTS,
            source="cid_contact",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            reads="newly counted advertisements, bounded by the run's budget",
        ),
    ],
    check_specs=[
        *(check.spec() for check in WALKED_CHECKS),
        dg.AssetCheckSpec(
            "publishers_reachable",
            asset=ADVERTISEMENTS.split("/"),
            description="Each listed publisher responded; those that did not are named.",
        ),
        dg.AssetCheckSpec(
            "crawl_budget_sufficient",
            asset=ADVERTISEMENTS.split("/"),
            description="The budget of a run is enough to reach what was read before.",
        ),
    ],
    retry_policy=SOURCE_RETRIES,
)
def ipni_advertisements(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Read the indexer's list, then crawl every chain within the run's budget."""
    report = CrawlReport()

    def ingest_snapshot(run: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
        nonlocal report
        url = str(_INDEXER.url)
        with _INDEXER.open(warehouse) as http:
            outcome = Indexer(http).providers()
        for response in outcome.responses:
            store_response(connection, SCHEMA, day.date, ["providers"], response)
        providers, unreadable = read_providers(outcome.usable().body)
        listed = {one.provider_id for one in providers} | set(unreadable)
        store_publishers(connection, providers, day.as_of)
        run.log.info(f"crawling the chains of {counted(len(providers), 'provider')}")
        crawler = Crawler(
            connection,
            _publisher_client,
            only_public=looks_public(url),
            as_of=day.as_of,
            blocks=get_settings().ipni_blocks_per_run,
        )
        report = crawler.run(providers)
        report.failed |= unreadable

        def write(cursor: psycopg.Cursor) -> Mapping[str, int]:
            added = publish_counted(cursor)
            _forget_unlisted(cursor, listed)
            run.log.info(
                f"{counted(report.fetched, 'block')} fetched, "
                f"{counted(added, 'advertisement')} added"
            )
            return {key: _count(cursor, key) for key in (WALKED, ADVERTISEMENTS)}

        return DayResult(write, tried=sorted(listed), failed=report.failed)

    summary = ingest(
        context,
        warehouse,
        [ADVERTISEMENTS, WALKED],
        ingest_snapshot,
        code_version=CODE_VERSION,
        source="ipni",
        adds_rows=True,
    )
    metadata = {"blocks_fetched": report.fetched, "providers_unfinished": len(report.unfinished)}
    for key in (WALKED, ADVERTISEMENTS):
        yield summary.run.result(key, metadata=metadata)
    yield from _crawled_checks(warehouse)
    yield failed_check("publishers_reachable", ADVERTISEMENTS, report.failed, summary.tried)
    yield budget_check(report.unfinished, report.fetched)


def budget_check(unfinished: Collection[str], fetched: int) -> dg.AssetCheckResult:
    """Return the check that a run's budget reached what was read before, for every chain."""
    return check_result(
        ADVERTISEMENTS,
        "crawl_budget_sufficient",
        "The budget of a run is enough to reach what was read before.",
        failing_rows=len(unfinished),
        samples=sorted(unfinished),
        found=f"{counted(len(unfinished), 'chain goes', 'chains go')} on in the next run.",
        sql="select walked_for, count(*) from raw_ipni.advertisement "
        "where entries_number is null group by 1 order by 2 desc, 1",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"blocks_fetched": fetched},
    )


def _publisher_client(base_url: str, only_public: bool) -> AbstractContextManager[HttpClient]:
    """Open the client of one publisher; thousands of third parties have no row of health each."""
    return source_client(
        "ipni_publisher",
        base_url,
        read_seconds=READ_SECONDS,
        report=lambda _: None,
        tries=_PUBLISHER_TRIES,
        respects_quota=False,
        transport=PublicTransport() if only_public else None,
    )


def _forget_unlisted(cursor: psycopg.Cursor, listed: set[str]) -> None:
    cursor.execute(
        "delete from ops.failed_entities where asset_key = %s and not entity = any(%s)",
        [ADVERTISEMENTS, sorted(listed)],
    )


def _count(cursor: psycopg.Cursor, asset_key: str) -> int:
    row = cursor.execute(f"select count(*) from {asset_key.replace('/', '.')}").fetchone()
    assert row is not None
    return int(row[0])


def _crawled_checks(warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
    with warehouse.connect(autocommit=True) as connection:
        for check in WALKED_CHECKS:
            yield evaluate(connection, check)


def ingest_status_day(_: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
    """Count the providers of a day by IPNI status; only the day of the clock is observed."""
    if day.is_present:
        ipni_status.require_inputs(connection)

    def write(cursor: psycopg.Cursor) -> Mapping[str, int]:
        if day.is_present:
            ipni_status.observe_day(cursor, day.date)
        return {DAILY: ipni_status.replace_daily(cursor, day.date)}

    observed = day.is_present or ipni_status.is_observed(connection, day.date)
    return DayResult(write, observed=observed)


def _evaluate(summary: IngestSummary) -> Iterator[dg.AssetCheckResult]:
    observed = len(summary.run.keys) - summary.not_observed
    yield status_check(observed, summary.rows[DAILY])


INGEST_DAILY = IngestAsset(
    name="ipni_reporting_daily",
    does="Count the providers by IPNI status for the run's days.",
    specs=[
        provider_spec(
            DAILY,
            source="ipni",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            deps=[
                *(
                    dg.AssetDep(dep.asset_key, partition_mapping=dg.AllPartitionMapping())
                    for dep in _INPUT_DEPS
                ),
                dg.AssetDep(ipni_status.MINER_INFO.split("/")),
            ],
            reads="one row per provider, bounded by the number of providers of the source",
        )
    ],
    ingest_day=ingest_status_day,
    inputs=ipni_status.INPUTS,
    code_version=CODE_VERSION,
    other_checks=[
        dg.AssetCheckSpec(
            "every_provider_has_a_status",
            asset=DAILY.split("/"),
            description="The counts of each day add up to the providers observed.",
        )
    ],
    evaluate=_evaluate,
    retries=None,
)
ipni_reporting_daily = INGEST_DAILY.build()


def status_check(observed: int, rows: int) -> dg.AssetCheckResult:
    """Return the check that each observed day has its row of counts."""
    return check_result(
        DAILY,
        "every_provider_has_a_status",
        "The counts of each day add up to the providers observed.",
        failing_rows=abs(observed - rows),
        found=f"{counted(rows, 'row')} for {counted(observed, 'observed day')}.",
        sql="select r.day, count(*) from raw_ipni.provider_reporting r "
        "left join filplus.ipni_reporting_daily d on d.date = r.day "
        "where d.date is null group by 1 order by 1",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"days_observed": observed},
    )


@dg.multi_asset(
    name="provider_ipni_reporting",
    specs=[
        provider_spec(
            LIVE,
            source="cid_contact",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            deps=[
                *_INPUT_DEPS,
                dg.AssetDep(
                    ipni_status.MINER_INFO.split("/"),
                    partition_mapping=dg.LastPartitionMapping(),
                ),
            ],
            reads="one row per provider, bounded by the number of providers of the source",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "every_provider_of_the_source_has_one_row",
            asset=LIVE.split("/"),
            description="The table has as many rows as the source has providers.",
        )
    ],
)
def provider_ipni_reporting(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Compute the present status of all providers."""
    summary = ingest(
        context,
        warehouse,
        [LIVE],
        ingest_present_status,
        inputs=ipni_status.INPUTS,
        code_version=CODE_VERSION,
    )
    yield summary.run.result(LIVE)
    with warehouse.connect(autocommit=True) as connection:
        missing = connection.execute(WITHOUT_STATUS).fetchall()
    yield check_result(
        LIVE,
        "every_provider_of_the_source_has_one_row",
        "The table has as many rows as the source has providers.",
        failing_rows=len(missing),
        samples=[row[0] for row in missing],
        sql=WITHOUT_STATUS,
        metadata={"rows": summary.rows[LIVE]},
    )


def ingest_present_status(_: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
    """Replace the present status of all providers."""
    ipni_status.require_inputs(connection)
    return DayResult(lambda cursor: {LIVE: ipni_status.replace_live(cursor, day.as_of)})


WITHOUT_STATUS = f"""
select coalesce(s.provider, r.provider) as provider
from ({KNOWN_PROVIDERS}) s
full join filplus.provider_ipni_reporting r on r.provider = s.provider
where s.provider is null or r.provider is null
order by 1
"""
