"""Assets of the network indexer: the walk of advertisements, and the status made of it."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.checks.check_results import SAMPLES, check_result
from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.core.ingestion.client_factory import configured_url, source_client
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, land_days, landed
from cdp_assets.core.ingestion.failed_entities import failed_check, note_attempt
from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.core.ingestion.snapshot_run import Write, make_snapshot
from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.ipni import status as ipni_status
from cdp_assets.filplus.providers.ipni.crawl import SCHEMA, Crawler, WalkReport
from cdp_assets.filplus.providers.ipni.store import publish_counted, store_publishers
from cdp_assets.filplus.providers.known_providers import KNOWN_PROVIDERS
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from resources.http.http_client import HttpClient
from resources.http.public_network import PublicTransport, looks_public
from resources.http.source_health_recorder import HealthSink
from resources.postgres.warehouse import Warehouse
from resources.sources.ipni import LIST_SECONDS, READ_SECONDS, Indexer, read_providers

WALKED = "raw_ipni/advertisement"
ADVERTISEMENTS = ipni_status.ADVERTISEMENTS
DAILY = "filplus/ipni_reporting_daily"
LIVE = "filplus/provider_ipni_reporting"
CODE_VERSION = "2"  # 2: a peer id is read in every form
# Of what the walk has read: name, what must hold, select of what breaks it. Publishers are
# strangers, so a breach is a warning.


def _walked(name: str, meaning: str, broken: str) -> SqlCheck:
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
        "stored as it is and is the id of nobody.",
        "select provider_id as id from raw_ipni.advertisement "
        "where provider_id !~ '^(Qm|1)[1-9A-HJ-NP-Za-km-z]+$' group by 1 order by 1",
    ),
)
_PUBLISHER_TRIES = 2  # of thousands of strangers many are down; the next run asks them again
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
            description="Each listed publisher answered; those that did not are named.",
        ),
        dg.AssetCheckSpec(
            "no_chain_is_broken",
            asset=ADVERTISEMENTS.split("/"),
            description="No advertisement is gone, failing, unreadable or has entries that loop.",
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
    """Read the indexer's list, then walk every chain within the run's budget."""
    report, listed = WalkReport(), 0

    def prepare(connection: psycopg.Connection, as_of: datetime) -> Write:
        nonlocal report, listed
        url = str(configured_url("cid_contact_url", "network indexer"))
        with (
            HealthSink(warehouse) as sink,
            source_client("cid_contact", url, read_seconds=LIST_SECONDS, report=sink) as http,
        ):
            outcome = Indexer(http).providers()
        for answer in outcome.answers:
            store_response(connection, SCHEMA, as_of.date(), ["providers"], answer)
        providers, unreadable = read_providers(outcome.usable().body)
        listed = len({one.provider_id for one in providers} | set(unreadable))
        store_publishers(connection, providers, as_of)
        context.log.info(f"walking the chains of {counted(len(providers), 'provider')}")
        walk = Crawler(
            connection,
            _publisher_client,
            only_public=looks_public(url),
            as_of=as_of,
            blocks=get_settings().ipni_blocks_per_run,
        )
        report = walk.run(providers)
        report.failed |= unreadable

        def write(cursor: psycopg.Cursor) -> dict[str, int]:
            added = publish_counted(cursor)
            tried = {one.provider_id for one in providers} | set(unreadable)
            _forget_unlisted(cursor, tried)
            note_attempt(cursor, ADVERTISEMENTS, tried, report.failed)
            context.log.info(
                f"{counted(report.fetched, 'block')} fetched, "
                f"{counted(added, 'advertisement')} added"
            )
            return {key: _count(cursor, key) for key in (WALKED, ADVERTISEMENTS)}

        return write

    make_snapshot(
        context,
        warehouse,
        [WALKED, ADVERTISEMENTS],
        prepare,
        code_version=CODE_VERSION,
        source="ipni",
    )
    figures = {"blocks_fetched": report.fetched, "providers_unfinished": len(report.unfinished)}
    for key in (WALKED, ADVERTISEMENTS):
        yield materialize_result(context, warehouse, key, figures=figures)
    yield from _walked_checks(warehouse)
    yield failed_check("publishers_reachable", ADVERTISEMENTS, report.failed, listed)
    yield _broken_check(warehouse)
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
        figures={"blocks_fetched": fetched},
    )


def _publisher_client(base_url: str, only_public: bool) -> AbstractContextManager[HttpClient]:
    """Open the client of one publisher; thousands of strangers have no row of health each."""
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


def _walked_checks(warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
    with warehouse.connect(autocommit=True) as connection:
        for check in WALKED_CHECKS:
            yield evaluate(connection, check)


def _broken_check(warehouse: Warehouse) -> dg.AssetCheckResult:
    with warehouse.connect(autocommit=True) as connection:
        rows = connection.execute(
            "select cid, reason from raw_ipni.broken_link order by last_failed_at desc, cid"
        ).fetchall()
    return check_result(
        ADVERTISEMENTS,
        "no_chain_is_broken",
        "No advertisement is gone, failing, unreadable or has entries that loop.",
        failing_rows=len(rows),
        found=f"{counted(len(rows), 'advertisement')} cannot be read or counted.",
        samples=[{"cid": str(cid), "reason": str(reason)} for cid, reason in rows[:SAMPLES]],
        sql="select * from raw_ipni.broken_link order by last_failed_at desc, cid",
        severity=dg.AssetCheckSeverity.WARN,
    )


@dg.multi_asset(
    name="ipni_reporting_daily",
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
    check_specs=[
        dg.AssetCheckSpec(
            "every_provider_has_a_status",
            asset=DAILY.split("/"),
            description="The counts of each day add up to the providers observed.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def ipni_reporting_daily(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Count the providers by IPNI status for the run's days."""

    def make(connection: psycopg.Connection, day: Day) -> DayResult:
        if day.is_present:
            ipni_status.require_inputs(connection)
        rows = {DAILY: 0}

        def write(cursor: psycopg.Cursor) -> None:
            if day.is_present:
                ipni_status.observe_day(cursor, day.date)
            rows[DAILY] = ipni_status.replace_daily(cursor, day.date)

        observed = day.is_present or ipni_status.is_observed(connection, day.date)
        return DayResult(rows, write, observed=observed)

    total = land_days(
        context, warehouse, [DAILY], make, inputs=ipni_status.INPUTS, code_version=CODE_VERSION
    )
    yield landed(context, warehouse, total, DAILY)
    observed = total.days - total.not_observed
    yield status_check(observed, total.rows[DAILY])


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
        figures={"days_observed": observed},
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

    def prepare(connection: psycopg.Connection, as_of: datetime) -> Write:
        ipni_status.require_inputs(connection)
        return lambda cursor: {LIVE: ipni_status.replace_live(cursor, as_of)}

    rows = make_snapshot(
        context,
        warehouse,
        [LIVE],
        prepare,
        inputs=ipni_status.INPUTS,
        code_version=CODE_VERSION,
        replaces=True,
    )
    yield materialize_result(context, warehouse, LIVE)
    with warehouse.connect(autocommit=True) as connection:
        missing = connection.execute(WITHOUT_STATUS).fetchall()
    yield check_result(
        LIVE,
        "every_provider_of_the_source_has_one_row",
        "The table has as many rows as the source has providers.",
        failing_rows=len(missing),
        samples=[row[0] for row in missing],
        sql=WITHOUT_STATUS,
        figures={"rows": rows[LIVE]},
    )


WITHOUT_STATUS = f"""
select coalesce(s.provider, r.provider) as provider
from ({KNOWN_PROVIDERS}) s
full join filplus.provider_ipni_reporting r on r.provider = s.provider
where s.provider is null or r.provider is null
order by 1
"""
