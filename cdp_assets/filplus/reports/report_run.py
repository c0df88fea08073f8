"""One run of a family of report tables: generate for the clock's day, publish, describe.

Belongs here: what every family does around its generation. Does not: the assets
(``report_assets``) or the generation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg
from psycopg import sql

from cdp_assets import clock, partitions
from cdp_assets.filplus.reports.client_report import CODE_VERSION
from cdp_assets.filplus.reports.generation import GenerationReport
from cdp_assets.filplus.reports.input_tables import INPUT_TABLES, OPTIONAL_TABLES, OVERRIDE_TABLE
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.run_context import launched_by
from resources.publication import Publication, input_versions, publish, record_run
from resources.warehouse import Warehouse

Generate = Callable[[psycopg.Connection, psycopg.Cursor, datetime], GenerationReport]
INPUT_KEYS = tuple(
    table.replace(".", "/") for table in (*INPUT_TABLES, *OPTIONAL_TABLES, OVERRIDE_TABLE)
)


@dataclass(frozen=True)
class FamilyRun:
    """What a run of a family did. ``counts`` are rows of the run's days by asset key."""

    generated: GenerationReport | None
    counts: Counter[str]
    window: partitions.Window
    as_of: datetime
    seconds: float


def run_family(
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
        warehouse.lock_tables(names),
        record_run(
            warehouse, run_id=context.run.run_id, asset_keys=names, partition_keys=keys,
            window=window, launched_by=launched_by(context),
        ) as record,
        warehouse.connect(application="cdp reports") as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):  # fmt: skip
        inputs = input_versions(cursor, INPUT_KEYS)
        present = partitions.key_of(partitions.days, partitions.floor_day(as_of))
        generated = generate(connection, cursor, as_of) if present in keys else None
        record.rows_written = sum(generated.rows.values()) if generated else 0
        counts: Counter[str] = Counter()
        for table in tables:
            by_day = _day_counts(cursor, table, keys)
            counts[table.key] = sum(by_day.values())
            for key in keys:
                start, end = partitions.window_of(partitions.days, key)
                is_present = key == present
                publish(
                    cursor,
                    Publication(
                        asset_key=table.key, partition_key=key, window=(start, end),
                        row_count=by_day[key], input_versions=inputs, as_of=as_of,
                        is_final=end <= as_of, code_version=CODE_VERSION,
                        run_id=context.run.run_id,
                        state="MATERIALIZED" if is_present or by_day[key] else "NOT_OBSERVED",
                        is_changed=bool(is_present and generated and generated.rows[table.key]),
                    ),
                )  # fmt: skip
        seconds = record.lap()
        record.write_seconds = seconds
    return FamilyRun(generated, counts, window, as_of, seconds)


def metadata_of(
    run: FamilyRun, table: ReportTable, connection: psycopg.Connection
) -> dict[str, Any]:
    """Return what a materialization of a table tells (D-03)."""
    row = connection.execute(
        "select pg_total_relation_size(%s::regclass), coalesce(sum(row_count), 0) "
        "from ops.asset_partition_status where asset_key = %s",
        [f"filplus.{table.name}", table.key],
    ).fetchone()
    assert row is not None
    return {
        "dagster/row_count": int(row[1]),
        "dagster/partition_row_count": run.counts[table.key],
        "rows_inserted": run.generated.rows[table.key] if run.generated else 0,
        "rows_updated": 0,
        "rows_deleted": 0,
        "entities_left_out": len(run.generated.left_out) if run.generated else 0,
        "window_start": dg.TimestampMetadataValue(run.window[0].timestamp()),
        "window_end": dg.TimestampMetadataValue(run.window[1].timestamp()),
        "source_watermark": dg.TimestampMetadataValue(run.as_of.timestamp()),
        "duration_seconds": run.seconds,
        "bytes": int(row[0]),
        "dagster/relation_identifier": f"filplus.{table.name}",
        "docs": dg.MetadataValue.path("docs/reference/tables.md"),
    }


def left_out_check(
    asset: ReportTable, name: str, left_out: Mapping[str, str]
) -> dg.AssetCheckResult:
    """Return the result of a check that every entity has a report; those without are listed."""
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(asset.key.split("/")),
        check_name=name,
        passed=not left_out,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(left_out)} entities have no report; each is tried again by every run.",
        metadata={
            "left_out_count": len(left_out),
            "left_out": dg.MetadataValue.json(dict(sorted(left_out.items())[:50])),
        },
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
