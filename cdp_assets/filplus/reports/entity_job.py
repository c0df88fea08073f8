"""The job that builds the report of one client or allocator at once, outside the daily runs.

Scope: its config and its one step; not here: what a report holds. With the inputs of the daily run
it returns that run's report again and writes nothing.
"""

# No postponed annotations here: the framework reads the resource from the signature.

from datetime import datetime
from typing import Literal, NamedTuple

import dagster as dg
import psycopg
from psycopg import sql
from pydantic import BaseModel, Field

from cdp_assets import clock, partitions
from cdp_assets.core.runs.launch_forms import launch_fields, read_form
from cdp_assets.core.runs.partition_run import partition_run
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import tag_run
from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.deals.table_keys import DEALS
from cdp_assets.filplus.reports.client_report import CODE_VERSION
from cdp_assets.filplus.reports.generation import (
    GenerationReport,
    generate_allocator_reports,
    generate_client_reports,
)
from cdp_assets.filplus.reports.report_run import INPUT_KEYS, publish_days
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.filplus.scoring.rules import load_rules
from cdp_assets.governance import audit_log
from cdp_assets.governance.audit_log import AuditEntry
from cdp_assets.units import counted
from resources.postgres.ops_status import bump_version
from resources.postgres.warehouse import Warehouse


class EntityReportConfig(BaseModel):
    """Entity of the report, and the reason."""

    kind: Literal["client", "allocator"] = Field(
        description="What the entity is: `client` or `allocator`."
    )
    entity: str = Field(
        description="Its id, such as f0300; an allocator's robust address is accepted, too.",
        pattern=r"^f[0-4][0-9a-z]+$",
    )
    reason: str = Field(
        description="Why the report is built now; stored in the run.", min_length=3, max_length=500
    )


class WrittenReport(NamedTuple):
    """A stored report: its id, whose it is, and its UTC day as an ISO date."""

    report_id: str
    entity: str
    day: str


@dg.op(
    description="Build one report in one transaction; write nothing if it is stored already.",
    config_schema=launch_fields(EntityReportConfig),
)
def build_entity_report(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    """Build the report of one client or allocator for the clock's day.

    A new report has its row in the audit log. The day is published with it where the daily run
    had published it; before that run the day stays missing.

    Raises:
        Failure: The form has a value that is not allowed, the entity is unknown to the source, or
            an input table is absent or was never built.
    """
    with as_dagster_failures():
        config = read_form(EntityReportConfig, context.op_config)
    tables = CLIENT_TABLES if config.kind == "client" else ALLOCATOR_TABLES
    names = [table.key for table in tables]
    day = partitions.key_of(partitions.days, partitions.floor_day(clock.now()))
    user = tag_run(context, warehouse, reason=config.reason, landing=DEALS)
    context.log.info(f"{config.kind} {config.entity}: {config.reason}")
    with (
        partition_run(
            context,
            warehouse,
            names,
            definition=partitions.days,
            keys=(),  # what fails here is no failure of the day
            window=partitions.window_of(partitions.days, day),
            inputs=INPUT_KEYS,
            code_version=CODE_VERSION,
        ) as run,
        run.connection("cdp entity report") as connection,
    ):
        audit_log.hold(connection)
        with run.transaction(connection, one_snapshot=True) as cursor:
            done = _generate(connection, cursor, config, run.as_of)
            report = _newest(cursor, config, done)
            if sum(done.rows.values()):
                entry = _audit_entry(config, report, user, run.as_of, run.run_id)
                audit_log.append(cursor, entry)
            if _is_materialized(cursor, names[0], day):
                publish_days(cursor, run, tables, [day], done)
            else:
                for key in sorted(key for key, rows in done.rows.items() if rows):
                    bump_version(cursor, key, run.run_id)
        run.record.rows_by_asset = {key: (done.rows[key], 0) for key in names}
        run.record.write_seconds = run.record.lap()
    _report(context, config, report, done)


def _report(
    context: dg.OpExecutionContext,
    config: EntityReportConfig,
    report: WrittenReport,
    done: GenerationReport,
) -> None:
    """Report what was written, or that nothing was.

    A written report is an observation of its tables: after a materialization Dagster would show
    their check results as outdated, and the day as one that the daily run built.
    """
    rows = sum(done.rows.values())
    labels: dict[str, str | int] = {
        "report_id": report.report_id,
        config.kind: report.entity,
        "report_day": report.day,
        "rows_written": rows,
        "reason": config.reason,
    }
    if rows:
        summary = (
            f"report {report.report_id} of {report.entity} for {report.day}: "
            f"{counted(rows, 'row')} written"
        )
        for key in sorted(key for key, written in done.rows.items() if written):
            context.log_event(
                dg.AssetObservation(
                    key.split("/"),
                    description=summary,
                    partition=report.day,
                    metadata={**labels, "rows_inserted": done.rows[key]},
                )
            )
    else:
        summary = (
            f"nothing was written: {report.entity} has report {report.report_id} for {report.day} "
            "already, and none of its inputs changed since"
        )
    context.log.info(summary)
    context.add_output_metadata({"result": summary, **labels})


def _generate(
    connection: psycopg.Connection,
    cursor: psycopg.Cursor,
    config: EntityReportConfig,
    as_of: datetime,
) -> GenerationReport:
    generate = generate_client_reports if config.kind == "client" else generate_allocator_reports
    done = generate(connection, cursor, as_of, load_rules(), [config.entity])
    if done.skipped:
        raise BadConfiguration(
            done.skipped[config.entity],
            key=config.entity,
            hint="look the id up in raw_dmob.verifier or raw_dmob.verified_client",
        )
    return done


_NEWEST = {
    "client": "select report_id, client, report_day from filplus.client_report "
    "{} order by id desc limit 1",
    "allocator": "select id, allocator, report_day from filplus.allocator_report "
    "{} order by report_number desc limit 1",
}
_OF_ENTITY = {
    "client": "where client = %(entity)s",
    "allocator": "where allocator = %(entity)s or allocator = "
    "(select address_id from raw_dmob.verifier where address = %(entity)s)",
}


def _newest(
    cursor: psycopg.Cursor, config: EntityReportConfig, done: GenerationReport
) -> WrittenReport:
    """Return the report that was just written, else the one that the entity has already."""
    chosen = "" if sum(done.rows.values()) else _OF_ENTITY[config.kind]
    row = cursor.execute(
        sql.SQL(_NEWEST[config.kind]).format(sql.SQL(chosen)), {"entity": config.entity}
    ).fetchone()
    assert row is not None
    return WrittenReport(*(str(part) for part in row))


def _audit_entry(
    config: EntityReportConfig, report: WrittenReport, user: str, as_of: datetime, run_id: str
) -> AuditEntry:
    """Return the entry of the report that was just written."""
    return AuditEntry(
        at=as_of,
        actor_id=user,
        action="CREATE_REPORT",
        resource_type=f"{config.kind}_report",
        resource_id=report.report_id,
        before=None,
        after={config.kind: report.entity, "report_day": report.day},
        reason=config.reason,
        correlation_id=run_id,
    )


def _is_materialized(cursor: psycopg.Cursor, asset_key: str, day: str) -> bool:
    cursor.execute(
        "select from ops.asset_partition_status "
        "where asset_key = %s and partition_key = %s and state = 'MATERIALIZED'",
        [asset_key, day],
    )
    return cursor.rowcount > 0


@dg.job(
    name="entity_report_job",
    description="Build the report of one client or allocator now, with a reason. Ends with the "
    "report's id, or with the message that nothing was written, because the report is stored "
    "already and no input changed. Every field is required. Example: "
    '`{"ops": {"build_entity_report": {"config": {"kind": "client", "entity": "f0101", '
    '"reason": "requested by governance"}}}}`.',
)
def entity_report_job() -> None:
    """Build one report."""
    build_entity_report()
