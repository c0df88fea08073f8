"""How a table of weekly classes becomes an asset: refused, replaced, published, checked.

Scope: the steps of a run, the same for both tables; not here: which tables there are
(``weekly_assets``) or their rows (``weekly_tables``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.filplus.compliance.week_inputs import require_week
from cdp_assets.filplus.report_inputs.input_tables import require_inputs
from cdp_assets.filplus.reports.client_report import CODE_VERSION, ReportClock
from cdp_assets.filplus.reports.report_assets import report_spec
from cdp_assets.filplus.reports.report_store import record_rule_version
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.filplus.scoring.rules import RuleSet, load_rules
from resources.postgres.warehouse import Warehouse

_Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


@dataclass(frozen=True, kw_only=True)
class WeeklyTable:
    """One table whose weeks are replaced one by one.

    Attributes:
        table: What is written.
        replace: Writes a week by the rules in force and the clock; returns its rows.
        by_week: Asset keys of the inputs with weeks, which must be published.
        by_day: Those with days, of which a week may have none.
        unpartitioned: Those without partitions.
        check: Of the weeks of a run, which its statement takes as ``weeks``.
        reads: What is read and why that is bounded; null takes the text of reports.
        code_version: Of the statement; another one makes every stored week stale.
    """

    table: ReportTable
    replace: Callable[[psycopg.Cursor, datetime, RuleSet, datetime], int]
    by_week: tuple[str, ...] = ()
    by_day: tuple[str, ...] = ()
    unpartitioned: tuple[str, ...] = ()
    check: SqlCheck
    reads: str | None = None
    code_version: str = CODE_VERSION

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the keys of all inputs."""
        return (*self.by_week, *self.by_day, *self.unpartitioned)

    def dep(self, key: str) -> dg.AssetDep:
        """Return a dependency; the days of a running week are not all there: none is required."""
        mapping = dg.AllPartitionMapping() if key in self.by_day else None
        return dg.AssetDep(key.split("/"), partition_mapping=mapping)


def build_week_asset(week: WeeklyTable, known: Collection[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the asset of one table.

    Args:
        week: The table.
        known: What this code location builds; inputs that it does not build are no dependency.
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
        run, result = replace_weeks(context, warehouse, week)
        yield run.result(table.key)
        yield result

    return compliance_weekly


def replace_weeks(
    context: RunContext, warehouse: Warehouse, week: WeeklyTable
) -> tuple[PartitionRun, dg.AssetCheckResult]:
    """Replace the weeks of the run, each in a transaction of its own, then check them.

    Raises:
        MissingUpstream: An input of a week is missing or invalid.
    """
    table, rules = week.table, load_rules()
    with (
        partition_run(
            context,
            warehouse,
            [table.key],
            definition=partitions.weeks,
            inputs=week.inputs,
            code_version=week.code_version,
        ) as run,
        run.connection("cdp compliance") as connection,
    ):
        require_inputs(connection, [key.replace("/", ".") for key in week.inputs])
        windows = {key: run.window_of(key) for key in run.keys}
        for key, window in windows.items():
            with run.transaction(connection) as cursor:
                run.read_inputs(connection)
                are_final = require_week(cursor, window, week.by_week, week.unpartitioned)
                # Weeks before the first version follow it, as on the live platform.
                in_force = rules.at(max(window[0].date(), rules.versions[0].effective_from))
                record_rule_version(cursor, in_force, ReportClock(run.as_of, run.as_of.date()))
                rows = week.replace(cursor, window[0], in_force, run.as_of)
                is_final = are_final and run.is_over(key)
                run.publish(cursor, table.key, rows, key=key, is_final=is_final)
        run.record.write_seconds = run.record.lap()
        weeks = [window[0].replace(tzinfo=None) for window in windows.values()]
        checked = evaluate(connection, week.check, {"weeks": weeks})
    return run, checked
