"""One run of a family of report tables: generate for the clock's day, publish, describe.

Belongs here: what every family does around its generation. Does not: the assets
(``report_assets``) or the generation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import dagster as dg
import psycopg
from psycopg import sql

from cdp_assets import clock, partitions
from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.runs.run_tags import lock_for_run
from cdp_assets.filplus.report_inputs.input_tables import INPUT_TABLES, OVERRIDE_TABLE
from cdp_assets.filplus.reports.client_report import CODE_VERSION
from cdp_assets.filplus.reports.generation import GenerationReport
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.units import counted
from resources.postgres.ops_status import Publication, input_versions, publish, record_run
from resources.postgres.warehouse import Warehouse

Generate = Callable[[psycopg.Connection, psycopg.Cursor, datetime], GenerationReport]
# Reports are read by some fifteen statements; what commits between two of them would tear a report.
ONE_SNAPSHOT = "set transaction isolation level repeatable read"
INPUT_KEYS = tuple(table.replace(".", "/") for table in (*INPUT_TABLES, OVERRIDE_TABLE))


@dataclass(frozen=True)
class FamilyRun:
    """What a run of a family did; nothing was generated for past days."""

    generated: GenerationReport | None
    as_of: datetime


def run_report_set(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    tables: Sequence[ReportTable],
    keys: Sequence[str],
    generate: Generate,
) -> FamilyRun:
    """Make the reports of the clock's day if it is asked for, and publish every day asked for.

    A past day keeps the reports that it has; without any it is published as not observed: the
    tables that a report is made of show the present.
    """
    names = [table.key for table in tables]
    window = (
        partitions.window_of(partitions.days, keys[0])[0],
        partitions.window_of(partitions.days, keys[-1])[1],
    )
    as_of = clock.now()
    with (
        lock_for_run(context, warehouse, names) as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=names,
            partition_keys=keys,
            window=window,
            launched_by=user,
        ) as record,
        warehouse.connect(application="cdp reports") as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.execute(ONE_SNAPSHOT)
        inputs = input_versions(cursor, INPUT_KEYS)
        present = partitions.key_of(partitions.days, partitions.floor_day(as_of))
        generated = generate(connection, cursor, as_of) if present in keys else None
        record.rows_by_asset = {
            table.key: (generated.rows[table.key] if generated else 0, 0) for table in tables
        }
        publish_days(cursor, tables, keys, generated, inputs, as_of, context.run.run_id)
        record.write_seconds = record.lap()
    return FamilyRun(generated, as_of)


def publish_days(
    cursor: psycopg.Cursor,
    tables: Sequence[ReportTable],
    keys: Sequence[str],
    generated: GenerationReport | None,
    inputs: Mapping[str, int],
    as_of: datetime,
    run_id: str,
) -> None:
    """Publish days of a family with the rows that they hold now.

    Args:
        cursor: In the transaction that wrote the rows.
        tables: Of the family.
        keys: Days.
        generated: What was made of the clock's day; null where that is not among them.
        inputs: Versions of the inputs as read.
        as_of: The clock, UTC.
        run_id: Dagster run.
    """
    present = partitions.key_of(partitions.days, partitions.floor_day(as_of))
    for table in tables:
        by_day = _day_counts(cursor, table, keys)
        for key in keys:
            start, end = partitions.window_of(partitions.days, key)
            is_present = key == present
            publish(
                cursor,
                Publication(
                    asset_key=table.key,
                    partition_key=key,
                    window=(start, end),
                    row_count=by_day[key],
                    input_versions=inputs,
                    as_of=as_of,
                    is_final=end <= as_of,
                    code_version=CODE_VERSION,
                    run_id=run_id,
                    state="MATERIALIZED" if is_present or by_day[key] else "NOT_OBSERVED",
                    is_changed=bool(is_present and generated and generated.rows[table.key]),
                ),
            )


def skipped_check(asset: ReportTable, name: str, skipped: Mapping[str, str]) -> dg.AssetCheckResult:
    """Return the result of a check that every entity has a report; those without are listed."""
    listed = sorted(skipped.items())
    entity = "allocator" if asset.name.startswith("allocator") else "client"
    return check_result(
        asset.key,
        name,
        "Every entity has a report; those left out are tried again by every run.",
        failing_rows=len(skipped),
        found=f"{counted(len(skipped), 'entity has', 'entities have')}"
        f" no report; each is tried again by every run.",
        samples=[{"entity": name, "reason": reason} for name, reason in listed],
        sql=f"select {entity}, max(report_day) as newest from filplus.{asset.name} "
        "group by 1 order by 2, 1",
        severity=dg.AssetCheckSeverity.WARN,
        figures={"skipped": dg.MetadataValue.json(dict(listed[:50]))},
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
