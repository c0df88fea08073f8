"""The job that makes the report of one client or allocator at once, outside the nightly batches.

Belongs here: its config and its one step. Does not: what a report holds. With the inputs of the
night it gives the night's report again and writes nothing.
"""

# No postponed annotations here: the framework reads the config class from the signature.

from typing import Literal

import dagster as dg
from pydantic import Field

from cdp_assets import clock
from cdp_assets.errors import BadConfiguration
from cdp_assets.failures import explained
from cdp_assets.filplus.reports.generation import (
    generate_allocator_reports,
    generate_client_reports,
)
from cdp_assets.filplus.reports.report_run import ONE_SNAPSHOT
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.filplus.scoring.rules import load_rules
from cdp_assets.run_context import note_launch
from resources.publication import bump_version
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

    Raises:
        Failure: The entity is unknown to the source, or an input table is absent.
    """
    tables = CLIENT_TABLES if config.kind == "client" else ALLOCATOR_TABLES
    generate = generate_client_reports if config.kind == "client" else generate_allocator_reports
    note_launch(context, warehouse, reason=config.reason)
    context.log.info(f"{config.kind} {config.entity}: {config.reason}")
    with (
        explained(),
        warehouse.lock_tables([table.key for table in tables]),
        warehouse.connect(application="cdp entity report") as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.execute(ONE_SNAPSHOT)
        done = generate(connection, cursor, clock.now(), load_rules(), [config.entity])
        if done.left_out:
            raise BadConfiguration(
                done.left_out[config.entity], key=config.entity,
                hint="look the id up in raw_dmob.verifier or raw_dmob.verified_client",
            )  # fmt: skip
        for key, rows in sorted(done.rows.items()):
            if rows:
                bump_version(cursor, key, context.run_id)
    rows = sum(done.rows.values())
    context.add_output_metadata({"rows_written": rows, "reason": config.reason})


@dg.job(
    name="entity_report_job",
    description="Make the report of one client or allocator now, with a reason.",
)
def entity_report_job() -> None:
    """Make one report."""
    make_entity_report()
