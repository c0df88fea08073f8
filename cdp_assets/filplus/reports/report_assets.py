"""Assets of reports: the client family, the allocator family with its scores, and alerts.

Daily. Client reports come first, because the checks of allocators read them. Scope: specs, checks
and the steps of a run; not here: what a report holds.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.checks.check_results import as_typed, check_result
from cdp_assets.core.planning.asset_facts import SOURCE_SETTING
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
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
    present_day,
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
from resources.postgres.warehouse import Warehouse

_ALERTS_CHECK = "alerts_name_their_evidence"
_READS = "inputs of the chosen entities, a fixed number of statements; bounded by the entities"


def build_report_assets(known: Collection[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Return the assets of reports and alerts.

    Args:
        known: Assets of this code location; other inputs are no dependency, and a run without
            their tables fails and names them.
    """
    wanted = [dg.AssetKey(key.split("/")) for key in INPUT_KEYS]
    inputs = [key for key in wanted if key in known]
    clients = [dg.AssetKey(table.key.split("/")) for table in CLIENT_TABLES]
    return [_reports(_CLIENTS, inputs), _reports(_ALLOCATORS, [*inputs, *clients]), _alerts()]


# Of reports. GitHub has editions, audits and bookkeeping of the registry; without the others a
# report would say that every provider reports nothing to IPNI, or that none was tested.
_SOURCES = "github_api_url, cid_contact_url, url_finder_api_url"


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

    An issued table is written once for its day and then stays (compliance §6): later inputs are in
    the report of the next day, or in one that a person requests.
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
            SOURCE_SETTING: _SOURCES if is_issued else "github_api_url",
            "reads": reads or _READS,
            # Past days are never stale: their inputs show the present.
            **({"present_only": True, "observed": table.key} if cadence == "daily" else {}),
            **({"issued_once": True} if is_issued else {}),
        },
        freshness_policy=FRESHNESS_BY_CADENCE[cadence],
        code_version=code_version,
    )


@dataclass(frozen=True)
class _Family:
    """Report tables that one step builds in one transaction."""

    name: str
    does: str
    tables: tuple[ReportTable, ...]
    check: str
    claim: str
    generate: Callable[[psycopg.Connection, psycopg.Cursor, datetime, RuleBook], GenerationReport]


_CLIENTS = _Family(
    name="client_reports",
    does="Build the client reports of the clock's day.",
    tables=CLIENT_TABLES,
    check="every_applied_client_has_a_report",
    claim="Every client with an application has a report of the day.",
    generate=generate_client_reports,
)
_ALLOCATORS = _Family(
    name="allocator_reports",
    does="Build the allocator reports of the clock's day, with checks and scores.",
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
        run, generated = run_report_set(
            context,
            warehouse,
            family.tables,
            lambda connection, cursor, now: family.generate(connection, cursor, now, load_rules()),
        )
        skipped = dict(generated.skipped) if generated else {}
        yield from _results(run, family.tables, skipped)
        yield skipped_check(first, family.check, skipped)

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
                description="Every alert has a value, a past start and a query for its rows.",
            )
        ],
    )
    def compliance_alerts(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        """Replace the alerts on the clock's day; a past day leaves them as they are."""
        run, count, result = replace_alerts(context, warehouse, [d.to_user_string() for d in deps])
        # The table holds the present only, whatever days the run has.
        yield run.result(ALERTS_TABLE.key, metadata={"dagster/row_count": count})
        yield result

    return compliance_alerts


def replace_alerts(
    context: RunContext, warehouse: Warehouse, inputs: Sequence[str]
) -> tuple[PartitionRun, int, dg.AssetCheckResult]:
    """Replace the alerts if the run has the clock's day, and publish every day of the run.

    Returns:
        The run, how many alerts there are now, and the result of their check.
    """
    asset, rules = ALERTS_TABLE.key, load_rules()
    rows, broken = 0, []
    with (
        partition_run(
            context,
            warehouse,
            [asset],
            definition=partitions.days,
            inputs=inputs,
            code_version=CODE_VERSION,
        ) as run,
        run.connection("cdp alerts") as connection,
        run.transaction(connection) as cursor,
    ):
        present, values = present_day(run), [run.as_of.replace(tzinfo=None)]
        count = before = _count(cursor)
        shown = as_typed(connection, BROKEN_ALERTS, values)
        if present in run.keys:
            clock = ReportClock(run.as_of, run.as_of.date())
            record_rule_version(cursor, rules.at(run.as_of.date()), clock)
            count = rows = rewrite_alerts(cursor, run.as_of, rules)
            broken = cursor.execute(BROKEN_ALERTS, values).fetchall()
        for key in run.keys:
            is_present = key == present
            run.publish(
                cursor,
                asset,
                rows if is_present else 0,
                key=key,
                written=(rows, before) if is_present else (0, 0),
                is_final=run.is_over(key),
                state="MATERIALIZED" if is_present else "NOT_OBSERVED",
                is_changed=is_present,
            )
    result = check_result(
        asset,
        _ALERTS_CHECK,
        "Every alert has a value, a past start and a query for its rows.",
        failing_rows=len(broken),
        samples=[" ".join(map(str, row)) for row in broken],
        found="Without a value, a query or a past start: "
        f"{len(broken)} of {counted(rows, 'alert')}.",
        sql=shown,
    )
    return run, count, result


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
    run: PartitionRun, tables: Sequence[ReportTable], skipped: Mapping[str, str]
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    rules = load_rules().at(run.as_of.date())
    for table in tables:
        yield run.result(table.key, metadata={"entities_skipped": len(skipped)})
    with run.warehouse.connect(autocommit=True) as connection:
        for table in tables:
            yield run_check(connection, table, run.keys[-1], rules.checks, rules.version)
