"""Assets of weekly compliance: classes of providers, then of allocators, one week per partition.

Belongs here: specs, checks and the steps of a run. Does not: the tests (``weekly_rules``).
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
from cdp_assets.filplus.compliance.week_inputs import require_week
from cdp_assets.filplus.compliance.weekly_tables import (
    ALLOCATOR_INPUTS,
    ALLOCATORS,
    OPEN_DATA_INPUTS,
    PROVIDER_INPUTS,
    PROVIDERS,
    replace_allocator_week,
    replace_provider_week,
)
from cdp_assets.filplus.reports.client_report import CODE_VERSION, ReportClock
from cdp_assets.filplus.reports.input_tables import require_inputs
from cdp_assets.filplus.reports.report_assets import report_spec
from cdp_assets.filplus.reports.report_store import remember_rules
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.filplus.scoring.rules import RuleSet, load_rules
from cdp_assets.materialization import materialized
from cdp_assets.run_context import note_launch, received_keys
from resources.publication import Publication, input_versions, publish, record_run, row_counts
from resources.warehouse import Warehouse

Replace = Callable[[psycopg.Cursor, datetime, RuleSet], int]
_CHECKS = {
    PROVIDERS.name: (
        "provider_classes_follow_their_tests",
        "A provider is compliant exactly when it passes all three tests.",
        "select week, provider from filplus.storage_provider_compliance_weekly "
        "where week = any(%s) "
        "and (is_above_open_data_average and has_enough_clients and is_spread) "
        "<> (compliance_score = 'compliant')",
    ),
    ALLOCATORS.name: (
        "provider_shares_stay_within_the_whole",
        "The three shares of an allocator add up to 100 percent at most.",
        "select week, allocator from filplus.allocator_compliance_weekly where week = any(%s) "
        "and compliant_sps_percentage + partially_compliant_sps_percentage "
        "+ non_compliant_sps_percentage > 100.000001",
    ),
}


@dataclass(frozen=True)
class _Classes:
    """A table of classes.

    Attributes:
        table: The table.
        replace: Replaces one week of it.
        by_week: Asset keys of the weeks that it is made of.
        as_a_whole: Of its inputs without partitions.
    """

    table: ReportTable
    replace: Replace
    by_week: tuple[str, ...]
    as_a_whole: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the keys of all inputs."""
        return (*self.by_week, *self.as_a_whole)


def build_compliance_assets(known: Collection[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Return the two assets.

    Args:
        known: What this code location makes; inputs that it does not make are no dependency.
    """
    providers = _Classes(PROVIDERS, replace_provider_week, PROVIDER_INPUTS, OPEN_DATA_INPUTS)
    allocators = _Classes(ALLOCATORS, replace_allocator_week, ALLOCATOR_INPUTS, ())
    made = {*known, dg.AssetKey(PROVIDERS.key.split("/"))}
    return [_asset(classes, made) for classes in (providers, allocators)]


def _asset(classes: _Classes, known: Collection[dg.AssetKey]) -> dg.AssetsDefinition:
    table = classes.table
    name, description, _ = _CHECKS[table.name]
    inputs = [dg.AssetKey(key.split("/")) for key in classes.inputs]

    @dg.multi_asset(
        name=table.name,
        specs=[report_spec(table, [key for key in inputs if key in known], cadence="weekly")],
        partitions_def=partitions.weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[dg.AssetCheckSpec(name, asset=table.key.split("/"), description=description)],
    )
    def compliance_weekly(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        keys = received_keys(context, partitions.weeks)
        with explained():
            yield from _replace_weeks(context, warehouse, classes, keys)

    return compliance_weekly


def _replace_weeks(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    classes: _Classes,
    keys: Sequence[str],
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    table, as_of = classes.table, clock.now()
    windows = [partitions.window_of(partitions.weeks, key) for key in keys]
    rules = load_rules()
    total = before = 0
    with (
        warehouse.lock_tables([table.key]),
        record_run(
            warehouse, run_id=context.run.run_id, asset_keys=[table.key], partition_keys=keys,
            window=(windows[0][0], windows[-1][1]), launched_by=note_launch(context, warehouse),
        ) as record,
        warehouse.connect(autocommit=True, application="cdp compliance") as connection,
    ):  # fmt: skip
        require_inputs(connection, [key.replace("/", ".") for key in classes.inputs])
        for key, window in zip(keys, windows, strict=True):
            with connection.transaction(), connection.cursor() as cursor:
                versions = input_versions(cursor, classes.inputs)
                are_final = require_week(cursor, window, classes.by_week, classes.as_a_whole)
                before += row_counts(connection, [table.key], key)[table.key]
                # Weeks before the first version are judged by it, as the live platform does.
                in_force = rules.at(max(window[0].date(), rules.versions[0].effective_from))
                remember_rules(cursor, in_force, ReportClock(as_of, as_of.date()))
                rows = classes.replace(cursor, window[0], in_force)
                publish(
                    cursor,
                    Publication(
                        asset_key=table.key, partition_key=key, window=window, row_count=rows,
                        input_versions=versions, as_of=as_of,
                        is_final=are_final and window[1] <= as_of,
                        code_version=CODE_VERSION, run_id=context.run.run_id,
                    ),
                )  # fmt: skip
            total += rows
        record.rows_written, record.rows_deleted = total, before
        record.write_seconds = record.lap()
        name, description, query = _CHECKS[table.name]
        values = [[window[0].replace(tzinfo=None) for window in windows]]
        broken = connection.execute(query, values).fetchall()
        shown = as_typed(connection, query, values)
    yield materialized(context, warehouse, table.key)
    yield checked(
        table.key, name, description,
        failing_rows=len(broken), samples=[f"{week} {entity}" for week, entity in broken],
        sql=shown,
    )  # fmt: skip
