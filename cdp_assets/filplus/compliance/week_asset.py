"""How a weekly table of compliance becomes an asset: refused, replaced, published, checked.

Belongs here: the steps of a run, the same for each of them. Does not: which tables there are
(``weekly_assets``, ``weekly_statistics_assets``) or their statements.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run, partition_keys_of_run
from cdp_assets.filplus.compliance.week_inputs import require_week
from cdp_assets.filplus.report_inputs.input_tables import require_inputs
from cdp_assets.filplus.reports.client_report import CODE_VERSION, ReportClock
from cdp_assets.filplus.reports.report_assets import report_spec
from cdp_assets.filplus.reports.report_store import record_rule_version
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.filplus.scoring.rules import RuleSet, load_rules
from resources.postgres.ops_status import (
    Publication,
    input_versions,
    publish,
    record_run,
    row_counts,
)
from resources.postgres.warehouse import Warehouse

_Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


@dataclass(frozen=True, kw_only=True)
class WeeklyTable:
    """One table whose weeks are replaced one by one.

    Attributes:
        table: What is made.
        replace: Writes a week by the rules in force and the clock; returns its rows.
        by_week: Asset keys of the inputs with weeks, which must be there.
        by_day: Those with days, of which a week may have none.
        as_a_whole: Those without partitions.
        check: Of the weeks of a run, which its statement takes as ``weeks``.
        reads: What is read and why that is bounded; null takes the words of reports.
        code_version: Of the statement; another one makes every stored week due.
    """

    table: ReportTable
    replace: Callable[[psycopg.Cursor, datetime, RuleSet, datetime], int]
    by_week: tuple[str, ...] = ()
    by_day: tuple[str, ...] = ()
    as_a_whole: tuple[str, ...] = ()
    check: SqlCheck
    reads: str | None = None
    code_version: str = CODE_VERSION

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the keys of all inputs."""
        return (*self.by_week, *self.by_day, *self.as_a_whole)

    def dep(self, key: str) -> dg.AssetDep:
        """Return a dependency; the days of a running week are not all there: none is required."""
        mapping = dg.AllPartitionMapping() if key in self.by_day else None
        return dg.AssetDep(key.split("/"), partition_mapping=mapping)


def build_week_asset(week: WeeklyTable, known: Collection[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the asset of one table.

    Args:
        week: The table.
        known: What this code location makes; inputs that it does not make are no dependency.
    """
    table = week.table
    deps = [week.dep(key) for key in week.inputs if dg.AssetKey(key.split("/")) in known]

    @dg.multi_asset(
        name=table.name,
        specs=[
            report_spec(
                table, deps, cadence="weekly", reads=week.reads, code_version=week.code_version
            )
        ],
        partitions_def=partitions.weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[week.check.spec()],
    )
    def compliance_weekly(context: dg.AssetExecutionContext, warehouse: Warehouse) -> _Results:
        keys = partition_keys_of_run(context, partitions.weeks)
        with as_dagster_failures():
            yield from _replace_weeks(context, warehouse, week, keys)

    return compliance_weekly


def _replace_weeks(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    week: WeeklyTable,
    keys: Sequence[str],
) -> _Results:
    table, as_of = week.table, clock.now()
    windows = [partitions.window_of(partitions.weeks, key) for key in keys]
    rules = load_rules()
    total = before = 0
    with (
        lock_for_run(context, warehouse, [table.key]) as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=[table.key],
            partition_keys=keys,
            window=(windows[0][0], windows[-1][1]),
            launched_by=user,
        ) as record,
        warehouse.connect(autocommit=True, application="cdp compliance") as connection,
    ):
        require_inputs(connection, [key.replace("/", ".") for key in week.inputs])
        for key, window in zip(keys, windows, strict=True):
            with connection.transaction(), connection.cursor() as cursor:
                versions = input_versions(cursor, week.inputs)
                are_final = require_week(cursor, window, week.by_week, week.as_a_whole)
                before += row_counts(connection, [table.key], key)[table.key]
                # Weeks before the first version are judged by it, as the live platform does.
                in_force = rules.at(max(window[0].date(), rules.versions[0].effective_from))
                record_rule_version(cursor, in_force, ReportClock(as_of, as_of.date()))
                rows = week.replace(cursor, window[0], in_force, as_of)
                publish(
                    cursor,
                    Publication(
                        asset_key=table.key,
                        partition_key=key,
                        window=window,
                        row_count=rows,
                        input_versions=versions,
                        as_of=as_of,
                        is_final=are_final and window[1] <= as_of,
                        code_version=week.code_version,
                        run_id=context.run.run_id,
                    ),
                )
            total += rows
        record.rows_written, record.rows_deleted = total, before
        record.write_seconds = record.lap()
        weeks = [window[0].replace(tzinfo=None) for window in windows]
        checked = evaluate(connection, week.check, {"weeks": weeks})
    yield materialize_result(context, warehouse, table.key)
    yield checked
