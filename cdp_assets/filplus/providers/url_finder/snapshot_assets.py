"""Assets of the URL finder's daily snapshot and its dictionary of metrics."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.checks.check_results import as_typed, check_result
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, land_days, landed
from cdp_assets.core.ingestion.failed_entities import failed_check
from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.url_finder.snapshot import (
    METRIC_IDS,
    METRICS,
    replace_day,
    samples_of_day,
    upsert_metrics,
)
from resources.postgres.ops_status import Publication, publish, record_run, row_counts
from resources.postgres.warehouse import Warehouse

METRIC = "filplus/storage_provider_url_finder_metric"
SNAPSHOT = "filplus/storage_provider_url_finder_daily_snapshot"
VALUE = "filplus/storage_provider_url_finder_metric_value"
_OBSERVED = "raw_url_finder/provider_retrievability"
CODE_VERSION = "3"  # 3: a test without its time costs its ratios, not the sample
_DEPS = [dg.AssetDep(_OBSERVED.split("/")), dg.AssetDep(METRIC.split("/"))]
_READS = "the kept answers of the day of the run, one per hundred providers"


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
        as_dagster_failures(),
        lock_for_run(context, warehouse, [METRIC]) as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=[METRIC],
            partition_keys=[""],
            window=None,
            launched_by=user,
        ) as record,
        warehouse.connect() as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        updated = row_counts(connection, [METRIC], "")[METRIC]
        changed = upsert_metrics(cursor)
        ((rows,),) = cursor.execute(
            "select count(*) from filplus.storage_provider_url_finder_metric"
        ).fetchall()
        publish(
            cursor,
            Publication(
                asset_key=METRIC,
                partition_key="",
                window=None,
                row_count=rows,
                input_versions={},
                as_of=clock.now(),
                is_final=False,
                code_version=CODE_VERSION,
                run_id=context.run.run_id,
                is_changed=changed > 0,
            ),
        )
        record.rows_written = changed
    yield materialize_result(context, warehouse, METRIC, rows_updated=updated)
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


@dg.multi_asset(
    name="url_finder_snapshot",
    specs=[
        provider_spec(
            SNAPSHOT,
            source="url_finder",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            answers="raw_url_finder.responses",
            deps=_DEPS,
            reads=_READS,
        ),
        provider_spec(
            VALUE,
            source="url_finder",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            answers="raw_url_finder.responses",
            deps=_DEPS,
            reads=_READS,
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "response_entries_readable",
            asset=SNAPSHOT.split("/"),
            description="No provider's entry has a value of another type or range.",
        ),
        dg.AssetCheckSpec(
            "every_snapshot_has_two_ratios",
            asset=VALUE.split("/"),
            description="Each provider tested in the days has its two ratios at that instant.",
        ),
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def url_finder_snapshot(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Make the snapshots and values of the run's days of kept answers."""
    total = land_days(
        context,
        warehouse,
        [SNAPSHOT, VALUE],
        _make_day,
        inputs=[_OBSERVED, METRIC],
        code_version=CODE_VERSION,
    )
    for key in (SNAPSHOT, VALUE):
        yield landed(context, warehouse, total, key)
    yield failed_check("response_entries_readable", SNAPSHOT, total.failed, total.tried)
    with warehouse.connect(autocommit=True) as connection:
        values = [*total.window, RATIOS]
        broken = connection.execute(WITHOUT_RATIOS, values).fetchall()
        shown = as_typed(connection, WITHOUT_RATIOS, values)
    yield check_result(
        VALUE,
        "every_snapshot_has_two_ratios",
        "Each provider tested in the days has its two ratios at that instant.",
        failing_rows=len(broken),
        samples=[f"{day} {provider}" for day, provider in broken],
        sql=shown,
    )


RATIOS = [METRIC_IDS["RPA_RETRIEVABILITY"], METRIC_IDS["CAR_FILES"]]
WITHOUT_RATIOS = """
select s.snapshot_date, s.provider
from filplus.storage_provider_url_finder_daily_snapshot s
where s.snapshot_date >= %s::timestamptz at time zone 'UTC'
    and s.snapshot_date < %s::timestamptz at time zone 'UTC'
    and s.tested_at is not null -- without it no ratio has an instant
    and 2 <> (
        select count(*)
        from filplus.storage_provider_url_finder_metric_value v
        where v.provider = s.provider and v.tested_at = s.tested_at and v.metric_id = any(%s)
    )
order by 1, 2
"""


def _make_day(connection: psycopg.Connection, day: Day) -> DayResult:
    found = samples_of_day(connection, day.date)
    samples, unreadable = found or ({}, {})
    rows = {SNAPSHOT: len(samples), VALUE: 0}

    def write(cursor: psycopg.Cursor) -> None:
        rows[VALUE] = replace_day(cursor, day.date, samples)

    return DayResult(
        rows,
        write,
        observed=found is not None,
        tried=sorted({*samples, *unreadable}),
        failed=unreadable,
    )
