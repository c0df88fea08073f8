"""One run of a set of report tables: generate for the clock's day, publish, describe.

Scope: what every set does around its generation; not here: the assets (``report_assets``) or the
generation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import dagster as dg
import psycopg
from psycopg import sql

from cdp_assets import partitions
from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.filplus.report_inputs.input_tables import INPUT_TABLES, OVERRIDE_TABLE
from cdp_assets.filplus.reports.client_report import CODE_VERSION
from cdp_assets.filplus.reports.generation import GenerationReport
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.units import counted
from resources.postgres.warehouse import Warehouse

Generate = Callable[[psycopg.Connection, psycopg.Cursor, datetime], GenerationReport]
INPUT_KEYS = tuple(table.replace(".", "/") for table in (*INPUT_TABLES, OVERRIDE_TABLE))


def run_report_set(
    context: RunContext, warehouse: Warehouse, tables: Sequence[ReportTable], generate: Generate
) -> tuple[PartitionRun, GenerationReport | None]:
    """Generate the reports of the clock's day if the run has it, and publish every day of the run.

    A past day's reports stay; without any it is published as not observed: the tables that a report
    is computed from show the present.

    Returns:
        The run, and what was generated; null for past days.
    """
    names = [table.key for table in tables]
    with (
        partition_run(
            context,
            warehouse,
            names,
            definition=partitions.days,
            inputs=INPUT_KEYS,
            code_version=CODE_VERSION,
        ) as run,
        # Some fifteen statements read a report's inputs; a commit between two would mix two states.
        run.snapshot("cdp reports") as cursor,
    ):
        generated = None
        if present_day(run) in run.keys:
            generated = generate(cursor.connection, cursor, run.as_of)
        publish_days(cursor, run, tables, run.keys, generated)
        run.record.write_seconds = run.record.lap()
    return run, generated


def present_day(run: PartitionRun) -> str:
    """Return the partition key of the clock's day."""
    return partitions.key_of(partitions.days, partitions.floor_day(run.as_of))


def publish_days(
    cursor: psycopg.Cursor,
    run: PartitionRun,
    tables: Sequence[ReportTable],
    keys: Sequence[str],
    generated: GenerationReport | None,
) -> None:
    """Publish days of a set of tables with the rows that they hold now.

    Args:
        cursor: In the transaction that wrote the rows.
        run: Its inputs have been read.
        tables: Of the set.
        keys: Days.
        generated: What was generated for the clock's day; null where that is not among them.
    """
    present = present_day(run)
    for table in tables:
        by_day = _day_counts(cursor, table, keys)
        new = generated.rows[table.key] if generated else 0
        for key in keys:
            run.publish(
                cursor,
                table.key,
                by_day[key],
                key=key,
                written=(new if key == present else 0, 0),
                is_final=run.is_over(key),
                state="MATERIALIZED" if key == present or by_day[key] else "NOT_OBSERVED",
                is_changed=key == present and new > 0,
            )


def skipped_check(asset: ReportTable, name: str, skipped: Mapping[str, str]) -> dg.AssetCheckResult:
    """Return the result of a check that every entity has a report; those without are listed."""
    listed = sorted(skipped.items())
    entity = "allocator" if asset.name.startswith("allocator") else "client"
    return check_result(
        asset.key,
        name,
        "Every entity has a report; every run tries skipped ones again.",
        failing_rows=len(skipped),
        found=f"{counted(len(skipped), 'entity has', 'entities have')}"
        f" no report; every run tries them again.",
        samples=[{"entity": name, "reason": reason} for name, reason in listed],
        sql=f"select {entity}, max(report_day) as newest from filplus.{asset.name} "
        "group by 1 order by 2, 1",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"skipped": dg.MetadataValue.json(dict(listed[:50]))},
    )


def _day_counts(cursor: psycopg.Cursor, table: ReportTable, keys: Sequence[str]) -> Counter[str]:
    """Return the rows of a table by day."""
    own = table.column_names[0]
    if "report_day" in table.column_names:
        statement = sql.SQL(
            "select report_day::text, count(*) from filplus.{} "
            "where report_day = any(%(days)s::date[]) group by 1"
        ).format(sql.Identifier(table.name))
    elif "allocator_report_id" in table.column_names or own == "client_report_id":
        parent = "client_report" if own == "client_report_id" else "allocator_report"
        statement = sql.SQL(
            "select r.report_day::text, count(*) from filplus.{} t "
            "join filplus.{} r on r.id = t.{} where r.report_day = any(%(days)s::date[]) group by 1"
        ).format(sql.Identifier(table.name), sql.Identifier(parent), sql.Identifier(f"{parent}_id"))
    else:
        statement = sql.SQL(
            "select r.report_day::text, count(*) from filplus.{} t "
            "join filplus.allocator_report_scoring_result s on s.id = t.scoring_result_id "
            "join filplus.allocator_report r on r.id = s.allocator_report_id "
            "where r.report_day = any(%(days)s::date[]) group by 1"
        ).format(sql.Identifier(table.name))
    cursor.execute(statement, {"days": list(keys)})
    return Counter(dict(cursor.fetchall()))
