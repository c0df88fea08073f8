"""Assets of the URL finder's daily snapshot and its dictionary of metrics."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, IngestAsset
from cdp_assets.core.runs.partition_run import PartitionRun, partition_run
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.url_finder.snapshot import (
    METRIC_IDS,
    METRICS,
    replace_day,
    samples_of_day,
    upsert_metrics,
)
from resources.postgres.warehouse import Warehouse

METRIC = "filplus/storage_provider_url_finder_metric"
SNAPSHOT = "filplus/storage_provider_url_finder_daily_snapshot"
VALUE = "filplus/storage_provider_url_finder_metric_value"
_OBSERVED = "raw_url_finder/provider_retrievability"
CODE_VERSION = "3"  # 3: a test without its time loses its ratios, not the sample
_DEPS = [dg.AssetDep(_OBSERVED.split("/")), dg.AssetDep(METRIC.split("/"))]
_READS = "the stored responses of the day of the run, one per hundred providers"


@dg.multi_asset(
    name="url_finder_metrics",
    specs=[
        provider_spec(
            METRIC,
            source="url_finder",
            group="filplus_daily",
            cadence="none",
            code_version=CODE_VERSION,
            reads="nothing; a constant of the code, bounded by four rows",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "four_metrics_are_known",
            asset=METRIC.split("/"),
            description="The dictionary holds the four metrics of the specification.",
        )
    ],
)
def url_finder_metrics(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Write the dictionary of metrics."""
    with (
        partition_run(context, warehouse, [METRIC], code_version=CODE_VERSION) as run,
        run.connection() as connection,
        run.transaction(connection) as cursor,
    ):
        changed = upsert_metrics(cursor)
        ((rows,),) = cursor.execute(
            "select count(*) from filplus.storage_provider_url_finder_metric"
        ).fetchall()
        written = (changed, None)
        before = run.publish(cursor, METRIC, rows, written=written, is_changed=changed > 0)
    yield run.result(METRIC, rows_updated=before.rows_before)
    yield dictionary_check(rows)


def dictionary_check(rows: int) -> dg.AssetCheckResult:
    """Return the check that the dictionary has as many metrics as the specification."""
    return check_result(
        METRIC,
        "four_metrics_are_known",
        "The dictionary holds the four metrics of the specification.",
        failing_rows=abs(len(METRICS) - rows),
        sql="select * from filplus.storage_provider_url_finder_metric order by id",
    )


CHECKS = (
    SqlCheck(
        "every_snapshot_has_two_ratios",
        VALUE,
        "Each provider tested in the days has its two ratios at that instant.",
        f"""
        select s.snapshot_date, s.provider
        from filplus.storage_provider_url_finder_daily_snapshot s
        where s.snapshot_date >= %(start)s and s.snapshot_date < %(end)s
            and s.tested_at is not null -- without it no ratio has an instant
            and 2 <> (
                select count(*)
                from filplus.storage_provider_url_finder_metric_value v
                where v.provider = s.provider and v.tested_at = s.tested_at and v.metric_id in
                    ('{METRIC_IDS["RPA_RETRIEVABILITY"]}', '{METRIC_IDS["CAR_FILES"]}')
            )
        order by 1, 2
        """,
    ),
)


def ingest_day(_: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
    """Return the snapshots and values of the stored responses of a day."""
    found = samples_of_day(connection, day.date)
    samples, unreadable = found or ({}, {})

    def write(cursor: psycopg.Cursor) -> Mapping[str, int]:
        return {SNAPSHOT: len(samples), VALUE: replace_day(cursor, day.date, samples)}

    return DayResult(
        write,
        observed=found is not None,
        tried=sorted({*samples, *unreadable}),
        failed=unreadable,
    )


INGEST_SNAPSHOT = IngestAsset(
    name="url_finder_snapshot",
    does="Build the snapshots and values of the run's days from stored responses.",
    specs=[
        provider_spec(
            SNAPSHOT,
            source="url_finder",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            responses="raw_url_finder.responses",
            deps=_DEPS,
            reads=_READS,
        ),
        provider_spec(
            VALUE,
            source="url_finder",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            responses="raw_url_finder.responses",
            deps=_DEPS,
            reads=_READS,
        ),
    ],
    ingest_day=ingest_day,
    inputs=[_OBSERVED, METRIC],
    code_version=CODE_VERSION,
    failed_check=(
        "response_entries_readable",
        "No provider's entry has a value of another type or range.",
    ),
    sql_checks=CHECKS,
    retries=None,
)
url_finder_snapshot = INGEST_SNAPSHOT.build()
