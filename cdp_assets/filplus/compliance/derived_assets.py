"""Assets of the derived weeks: averages, classes by average, histograms, newest scores.

Belongs here: specs, checks and the steps of a run. Does not: the statements (``derived_weeks``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.checked import as_typed, checked
from cdp_assets.failures import explained
from cdp_assets.filplus.compliance.derived_weeks import (
    AVERAGES,
    HISTOGRAMS,
    SCORES,
    SPS_COMPLIANCE,
    replace_averages,
    replace_histograms,
    replace_scores,
    replace_sps_compliance,
)
from cdp_assets.filplus.compliance.week_inputs import require_week
from cdp_assets.filplus.compliance.weekly_tables import OPEN_DATA_INPUTS
from cdp_assets.filplus.reports.client_report import CODE_VERSION, ReportClock
from cdp_assets.filplus.reports.report_assets import report_spec
from cdp_assets.filplus.reports.report_store import remember_rules
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.filplus.scoring.rules import RuleSet, load_rules
from cdp_assets.materialization import materialized
from cdp_assets.run_context import note_launch, received_keys
from resources.publication import Publication, input_versions, publish, record_run, row_counts
from resources.warehouse import Warehouse

_READS = "the running totals of the weeks of the run and {more}; bounded by the week's entities"


@dataclass(frozen=True)
class DerivedWeek:
    """One table whose weeks are made by one statement.

    Attributes:
        table: What is made.
        by_week: Asset keys of the inputs with weeks, which must be there.
        by_day: Those with days, of which a week may have none.
        as_a_whole: Those without partitions.
        replace: Writes a week by the rules in force and the clock; returns its rows.
        reads: What is read besides the week itself.
        check: Name of the check of the weeks of a run.
        claim: What must hold, in words.
        query: Rows that break it, week and entity first; takes the weeks.
    """

    table: ReportTable
    by_week: tuple[str, ...]
    by_day: tuple[str, ...]
    as_a_whole: tuple[str, ...]
    replace: Callable[[psycopg.Cursor, datetime, RuleSet, datetime], int]
    reads: str
    check: str
    claim: str
    query: str


_DERIVED = (
    DerivedWeek(
        table=AVERAGES,
        by_week=("filplus/providers_weekly_acc",),
        by_day=(),
        as_a_whole=OPEN_DATA_INPUTS,
        replace=replace_averages,
        reads="the pairs of clients that confirm open data",
        check="every_mean_lies_within_its_values",
        claim="A mean lies in [0, 1], and is null exactly where there is no provider.",
        query="select week, average_of from filplus.retrievability_average_weekly "
        "where week = any(%s) and ((average_retrievability is null) <> (num_of_providers = 0) "
        "or average_retrievability not between 0 and 1)",
    ),
    DerivedWeek(
        table=SPS_COMPLIANCE,
        by_week=(
            "filplus/client_provider_distribution_weekly_acc",
            "filplus/client_allocator_distribution_weekly_acc",
            "filplus/storage_provider_compliance_weekly",
            AVERAGES.key,
        ),
        by_day=(),
        as_a_whole=(),
        replace=replace_sps_compliance,
        reads="the pairs of its clients",
        check="classes_stay_within_the_providers",
        claim="The providers of the three classes are at most all providers of the allocator.",
        query="select week, allocator from filplus.allocator_sps_compliance_weekly "
        "where week = any(%s) "
        "and compliant_sps + partially_compliant_sps + non_compliant_sps > total_sps",
    ),
    DerivedWeek(
        table=HISTOGRAMS,
        by_week=("filplus/providers_weekly_acc", "filplus/allocators_weekly_acc"),
        by_day=(),
        as_a_whole=OPEN_DATA_INPUTS,
        replace=replace_histograms,
        reads="the pairs of clients that confirm open data",
        check="buckets_add_up_to_their_total",
        claim="The buckets of a week, measure and population add up to their total.",
        query="select week, subject, measure, population from filplus.compliance_histogram_weekly "
        "where week = any(%s) group by 1, 2, 3, 4, week_total "
        "having sum(num_of_values) <> week_total",
    ),
    DerivedWeek(
        table=SCORES,
        by_week=(),
        by_day=("filplus/allocator_report", "filplus/allocator_score_explained"),
        as_a_whole=(),
        replace=replace_scores,
        reads="the reports of these weeks",
        check="reports_lie_in_their_week_and_month",
        claim="A report lies in the week and in the month that it counts for.",
        query="select week, allocator, metric from filplus.allocator_score_weekly "
        "where week = any(%s) and (date_trunc('week', create_date) <> week "
        "or date_trunc('month', create_date) <> month)",
    ),
)


def build_derived_assets(known: Collection[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Return the four assets.

    Args:
        known: What this code location makes besides them and the weekly classes; inputs that it
            does not make are no dependency.
    """
    ours = {dg.AssetKey(derived.table.key.split("/")) for derived in _DERIVED}
    return [_asset(derived, {*known, *ours}) for derived in _DERIVED]


def _asset(derived: DerivedWeek, known: Collection[dg.AssetKey]) -> dg.AssetsDefinition:
    table = derived.table
    inputs = [
        key for key in (*derived.by_week, *derived.by_day, *derived.as_a_whole)
        if dg.AssetKey(key.split("/")) in known
    ]  # fmt: skip

    @dg.multi_asset(
        name=table.name,
        specs=[
            report_spec(table, [], cadence="weekly")
            .replace_attributes(deps=[_dep(key, derived) for key in inputs])
            .merge_attributes(metadata={"reads": _READS.format(more=derived.reads)})
        ],
        partitions_def=partitions.weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[
            dg.AssetCheckSpec(derived.check, asset=table.key.split("/"), description=derived.claim)
        ],
    )
    def derived_weekly(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        keys = received_keys(context, partitions.weeks)
        with explained():
            yield from _replace_weeks(context, warehouse, derived, keys, inputs)

    return derived_weekly


def _dep(key: str, derived: DerivedWeek) -> dg.AssetDep:
    """Return a dependency; the days of a running week are not all there yet: none is required."""
    mapping = dg.AllPartitionMapping() if key in derived.by_day else None
    return dg.AssetDep(key.split("/"), partition_mapping=mapping)


def _replace_weeks(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    derived: DerivedWeek,
    keys: Sequence[str],
    inputs: Sequence[str],
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    as_of, table = clock.now(), derived.table
    windows = [partitions.window_of(partitions.weeks, key) for key in keys]
    rules = load_rules()
    total = before = 0
    with (
        warehouse.lock_tables([table.key]),
        record_run(
            warehouse, run_id=context.run.run_id, asset_keys=[table.key], partition_keys=keys,
            window=(windows[0][0], windows[-1][1]), launched_by=note_launch(context, warehouse),
        ) as record,
        warehouse.connect(autocommit=True, application="cdp derived weeks") as connection,
    ):  # fmt: skip
        for key, window in zip(keys, windows, strict=True):
            with connection.transaction(), connection.cursor() as cursor:
                versions = input_versions(cursor, inputs)
                are_final = require_week(cursor, window, derived.by_week, derived.as_a_whole)
                before += row_counts(connection, [table.key], key)[table.key]
                # Weeks before the first version are judged by it, as the live platform does.
                in_force = rules.at(max(window[0].date(), rules.versions[0].effective_from))
                remember_rules(cursor, in_force, ReportClock(as_of, as_of.date()))
                rows = derived.replace(cursor, window[0], in_force, as_of)
                publish(
                    cursor,
                    Publication(
                        asset_key=table.key, partition_key=key, window=window, row_count=rows,
                        input_versions=versions, as_of=as_of,
                        is_final=are_final and window[1] <= as_of, code_version=CODE_VERSION,
                        run_id=context.run.run_id,
                    ),
                )  # fmt: skip
            total += rows
        record.rows_written, record.rows_deleted = total, before
        record.write_seconds = record.lap()
        values = [[window[0].replace(tzinfo=None) for window in windows]]
        broken = connection.execute(derived.query, values).fetchall()
        shown = as_typed(connection, derived.query, values)
    yield materialized(context, warehouse, table.key)
    yield checked(
        table.key, derived.check, derived.claim,
        failing_rows=len(broken), samples=[" ".join(map(str, row)) for row in broken], sql=shown,
    )  # fmt: skip
