"""Assets of reports: the client family, the allocator family with its scores, and alerts.

Daily. Client reports come first, because the checks of allocators read them. Belongs here: specs,
checks and the steps of a run. Does not: what a report holds.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.checks.check_results import as_typed, check_result
from cdp_assets.core.planning.asset_facts import SOURCE_SETTING
from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run, partition_keys_of_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.filplus.compliance_alerts.alerts import rewrite_alerts
from cdp_assets.filplus.reports.client_report import CODE_VERSION, ReportClock
from cdp_assets.filplus.reports.generation import (
    GenerationReport,
    generate_allocator_reports,
    generate_client_reports,
)
from cdp_assets.filplus.reports.report_checks import check_spec, run_check
from cdp_assets.filplus.reports.report_run import (
    INPUT_KEYS,
    FamilyRun,
    run_report_set,
    skipped_check,
)
from cdp_assets.filplus.reports.report_store import record_rule_version
from cdp_assets.filplus.reports.report_tables import (
    ALERTS_TABLE,
    ALLOCATOR_TABLES,
    CLIENT_TABLES,
    WEEKLY_TABLES,
    ReportTable,
)
from cdp_assets.filplus.scoring.rules import RuleBook, load_rules
from cdp_assets.units import counted
from resources.postgres.ops_status import Publication, input_versions, publish, record_run
from resources.postgres.warehouse import Warehouse

_ALERTS_CHECK = "alerts_name_their_evidence"
_READS = "inputs of the chosen entities, a fixed number of statements; bounded by the entities"


def build_report_assets(known: Collection[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Return the assets of reports and alerts.

    Args:
        known: What this code location makes; inputs that it does not make are no dependency, and
            a run without their tables says which are absent.
    """
    wanted = [dg.AssetKey(key.split("/")) for key in INPUT_KEYS]
    inputs = [key for key in wanted if key in known]
    clients = [dg.AssetKey(table.key.split("/")) for table in CLIENT_TABLES]
    return [_reports(_CLIENTS, inputs), _reports(_ALLOCATORS, [*inputs, *clients]), _alerts()]


def report_spec(
    table: ReportTable,
    deps: Sequence[dg.AssetKey | dg.AssetDep],
    cadence: str = "daily",
    *,
    is_issued: bool = False,
    reads: str | None = None,
    code_version: str = CODE_VERSION,
) -> dg.AssetSpec:
    """Return the declaration of one table of a family.

    What is issued is made once for its day and then stays (compliance §6): later inputs reach the
    report of the next day, or one that somebody asks for.
    """
    return dg.AssetSpec(
        key=table.key.split("/"),
        deps=deps,
        group_name=table.group,
        kinds={"python", "postgres"},
        tags={
            "domain": "filplus",
            "layer": "mart",
            "cadence": cadence,
            "pii": "none",
            "tier": "1",
        },
        metadata={
            SOURCE_SETTING: "github_api_url",  # editions, audits and bookkeeping of the registry
            "reads": reads or _READS,
            # Past days are not due: their inputs show the present.
            **({"present_only": True, "observed": table.key} if cadence == "daily" else {}),
            **({"issued_once": True} if is_issued else {}),
        },
        freshness_policy=FRESHNESS_BY_CADENCE[cadence],
        code_version=code_version,
    )


@dataclass(frozen=True)
class _Family:
    """Report tables that one step makes in one transaction."""

    name: str
    does: str
    tables: tuple[ReportTable, ...]
    check: str
    claim: str
    generate: Callable[[psycopg.Connection, psycopg.Cursor, datetime, RuleBook], GenerationReport]


_CLIENTS = _Family(
    name="client_reports",
    does="Make the client reports of the clock's day.",
    tables=CLIENT_TABLES,
    check="every_applied_client_has_a_report",
    claim="Every client with an application has a report of the day.",
    generate=generate_client_reports,
)
_ALLOCATORS = _Family(
    name="allocator_reports",
    does="Make the allocator reports of the clock's day, with checks and scores.",
    tables=ALLOCATOR_TABLES,
    check="every_registered_allocator_has_a_report",
    claim="Every allocator of the registry has a report of the day.",
    generate=generate_allocator_reports,
)


def _reports(family: _Family, deps: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    first = family.tables[0]

    @dg.multi_asset(
        name=family.name,
        description=family.does,
        specs=[report_spec(table, deps, is_issued=True) for table in family.tables],
        partitions_def=partitions.days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[
            *(check_spec(table) for table in family.tables),
            dg.AssetCheckSpec(family.check, asset=first.key.split("/"), description=family.claim),
        ],
    )
    def reports(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        keys = partition_keys_of_run(context, partitions.days)
        with as_dagster_failures():
            rules = load_rules()
            run = run_report_set(
                context,
                warehouse,
                family.tables,
                keys,
                lambda connection, cursor, now: family.generate(connection, cursor, now, rules),
            )
            yield from _results(context, warehouse, family.tables, keys, run)
            yield skipped_check(first, family.check, _skipped(run.generated))

    return reports


def _alerts() -> dg.AssetsDefinition:
    reports = (CLIENT_TABLES[0], CLIENT_TABLES[-1], ALLOCATOR_TABLES[0], ALLOCATOR_TABLES[7])
    deps = [dg.AssetKey(table.key.split("/")) for table in (*reports, *WEEKLY_TABLES)]

    @dg.multi_asset(
        name="compliance_alerts",
        specs=[report_spec(ALERTS_TABLE, deps)],
        partitions_def=partitions.days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[
            dg.AssetCheckSpec(
                _ALERTS_CHECK,
                asset=ALERTS_TABLE.key.split("/"),
                description="Every alert says since when, and has a query for its rows.",
            )
        ],
    )
    def compliance_alerts(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        """Make the alerts of the clock's day; a past day leaves them as they are."""
        keys = partition_keys_of_run(context, partitions.days)
        with as_dagster_failures():
            yield from _rewrite_alerts(context, warehouse, keys, [d.to_user_string() for d in deps])

    return compliance_alerts


def _rewrite_alerts(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    keys: Sequence[str],
    inputs: Sequence[str],
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    as_of, asset = clock.now(), ALERTS_TABLE.key
    present = partitions.key_of(partitions.days, partitions.floor_day(as_of))
    rules = load_rules()
    rows, broken = 0, []
    values = [as_of.replace(tzinfo=None)]
    windows = [partitions.window_of(partitions.days, key) for key in keys]
    with (
        lock_for_run(context, warehouse, [asset]) as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=[asset],
            partition_keys=keys,
            window=(windows[0][0], windows[-1][1]),
            launched_by=user,
        ) as record,
        warehouse.connect(application="cdp alerts") as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        versions = input_versions(cursor, inputs)
        before = _count(cursor)
        shown = as_typed(connection, BROKEN_ALERTS, values)
        if present in keys:
            record_rule_version(cursor, rules.at(as_of.date()), ReportClock(as_of, as_of.date()))
            rows = rewrite_alerts(cursor, as_of, rules)
            broken = cursor.execute(BROKEN_ALERTS, values).fetchall()
        record.rows_written, record.rows_deleted = rows, before if present in keys else 0
        held = rows if present in keys else before
        for key, window in zip(keys, windows, strict=True):
            publish(
                cursor,
                Publication(
                    asset_key=asset,
                    partition_key=key,
                    window=window,
                    row_count=rows if key == present else 0,
                    input_versions=versions,
                    as_of=as_of,
                    is_final=window[1] <= as_of,
                    code_version=CODE_VERSION,
                    run_id=context.run.run_id,
                    state="MATERIALIZED" if key == present else "NOT_OBSERVED",
                    is_changed=key == present,
                ),
            )
    # The table holds the present only, whatever days were asked for.
    yield materialize_result(context, warehouse, asset, figures={"dagster/row_count": held})
    yield check_result(
        asset,
        _ALERTS_CHECK,
        "Every alert says since when, and has a query for its rows.",
        failing_rows=len(broken),
        samples=[" ".join(map(str, row)) for row in broken],
        found="Without a value, a query or a past start: "
        f"{len(broken)} of {counted(rows, 'alert')}.",
        sql=shown,
    )


BROKEN_ALERTS = """
select entity_type, entity_id, rule from filplus.compliance_alerts
where value is null or evidence_query = '' or since > %s
order by 1, 2, 3
"""


def _count(cursor: psycopg.Cursor) -> int:
    """Return how many alerts there are; the table holds one per broken rule."""
    row = cursor.execute("select count(*) from filplus.compliance_alerts").fetchone()
    assert row is not None
    return int(row[0])


def _results(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    tables: Sequence[ReportTable],
    keys: Sequence[str],
    run: FamilyRun,
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    rules = load_rules().at(run.as_of.date())
    figures = {"entities_skipped": len(_skipped(run.generated))}
    for table in tables:
        yield materialize_result(context, warehouse, table.key, figures=figures)
    with warehouse.connect(autocommit=True) as connection:
        for table in tables:
            yield run_check(connection, table, keys[-1], rules.checks, rules.version)


def _skipped(generated: GenerationReport | None) -> dict[str, str]:
    return dict(generated.skipped) if generated else {}
