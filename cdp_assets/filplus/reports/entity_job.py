"""The job that makes the report of one client or allocator at once, outside the nightly batches.

Belongs here: its config and its one step. Does not: what a report holds. With the inputs of the
night it gives the night's report again and writes nothing.
"""

# No postponed annotations here: the framework reads the config class from the signature.

from datetime import datetime
from typing import Literal

import dagster as dg
import psycopg
from pydantic import Field

from cdp_assets import clock, partitions
from cdp_assets.errors import BadConfiguration
from cdp_assets.failures import explained
from cdp_assets.filplus.reports.generation import (
    GenerationReport,
    generate_allocator_reports,
    generate_client_reports,
)
from cdp_assets.filplus.reports.report_run import INPUT_KEYS, ONE_SNAPSHOT, publish_days
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.filplus.scoring.rules import load_rules
from cdp_assets.governance import audit_log
from cdp_assets.governance.audit_log import AuditEntry
from cdp_assets.run_context import note_launch
from resources.publication import bump_version, input_versions, record_run
from resources.warehouse import Warehouse


class EntityReportConfig(dg.Config):
    """Whose report is made, and why."""

    kind: Literal["client", "allocator"] = Field(
        description="What the entity is: `client` or `allocator`."
    )
    entity: str = Field(
        description="Its id, such as f0300; an allocator's robust address is understood, too.",
        pattern=r"^f[0-4][0-9a-z]+$",
    )
    reason: str = Field(
        description="Why the report is made now; kept with the run.", min_length=3, max_length=500
    )


@dg.op(description="Make one report in one transaction; writes nothing if it is stored already.")
def make_entity_report(
    context: dg.OpExecutionContext, config: EntityReportConfig, warehouse: Warehouse
) -> None:
    """Make the report of one client or allocator for the clock's day.

    A new report has its row in the audit log. The day is published with it where the night had
    published it; a day whose night is still to come stays unmade.

    Raises:
        Failure: The entity is unknown to the source, or an input table is absent or was never made.
    """
    tables = CLIENT_TABLES if config.kind == "client" else ALLOCATOR_TABLES
    names = [table.key for table in tables]
    as_of = clock.now()
    day = partitions.key_of(partitions.days, partitions.floor_day(as_of))
    user = note_launch(context, warehouse, reason=config.reason)
    context.log.info(f"{config.kind} {config.entity}: {config.reason}")
    with (
        explained(),
        warehouse.lock_tables(names),
        # No partition keys: what fails here is no failure of the day.
        record_run(
            warehouse, run_id=context.run_id, asset_keys=names, partition_keys=[],
            window=partitions.window_of(partitions.days, day), launched_by=user,
        ) as record,
        warehouse.connect(application="cdp entity report") as connection,
    ):  # fmt: skip
        audit_log.hold(connection)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(ONE_SNAPSHOT)
            inputs = input_versions(cursor, INPUT_KEYS)
            done = _generate(connection, cursor, config, as_of)
            if sum(done.rows.values()):
                audit_log.append(cursor, _audit_entry(cursor, config, user, as_of, context.run_id))
            if _is_made(cursor, names[0], day):
                publish_days(cursor, tables, [day], done, inputs, as_of, context.run_id)
            else:
                for key in sorted(key for key, rows in done.rows.items() if rows):
                    bump_version(cursor, key, context.run_id)
        record.rows_by_asset = {key: (done.rows[key], 0) for key in names}
        record.write_seconds = record.lap()
    rows = sum(done.rows.values())
    context.add_output_metadata({"rows_written": rows, "reason": config.reason})


def _generate(
    connection: psycopg.Connection,
    cursor: psycopg.Cursor,
    config: EntityReportConfig,
    as_of: datetime,
) -> GenerationReport:
    generate = generate_client_reports if config.kind == "client" else generate_allocator_reports
    done = generate(connection, cursor, as_of, load_rules(), [config.entity])
    if done.left_out:
        raise BadConfiguration(
            done.left_out[config.entity], key=config.entity,
            hint="look the id up in raw_dmob.verifier or raw_dmob.verified_client",
        )  # fmt: skip
    return done


_WRITTEN_LAST = {
    "client": "select report_id, client, report_day from filplus.client_report "
    "order by id desc limit 1",
    "allocator": "select id, allocator, report_day from filplus.allocator_report "
    "order by report_number desc limit 1",
}


def _audit_entry(
    cursor: psycopg.Cursor, config: EntityReportConfig, user: str, as_of: datetime, run_id: str
) -> AuditEntry:
    """Return the entry of the report that was just written."""
    row = cursor.execute(_WRITTEN_LAST[config.kind]).fetchone()
    assert row is not None
    report, entity, day = (str(part) for part in row)
    return AuditEntry(
        at=as_of, actor_id=user, action="CREATE_REPORT", resource_type=f"{config.kind}_report",
        resource_id=report, before=None, after={config.kind: entity, "report_day": day},
        reason=config.reason, correlation_id=run_id,
    )  # fmt: skip


def _is_made(cursor: psycopg.Cursor, asset_key: str, day: str) -> bool:
    cursor.execute(
        "select from ops.asset_partition_status "
        "where asset_key = %s and partition_key = %s and state = 'MATERIALIZED'",
        [asset_key, day],
    )
    return cursor.rowcount > 0


@dg.job(
    name="entity_report_job",
    description="Make the report of one client or allocator now, with a reason.",
)
def entity_report_job() -> None:
    """Make one report."""
    make_entity_report()
