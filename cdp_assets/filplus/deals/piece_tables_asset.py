"""Assets of the tables by piece, updated together; the statements are in ``piece_tables``."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.runs.partition_run import PartitionRun, Published, RunContext, partition_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.filplus.deals import piece_tables_checks
from cdp_assets.filplus.deals.piece_tables import SnapshotPoint, UpdateResult, update
from cdp_assets.filplus.deals.piece_tables_guard import code_of, require_moment
from cdp_assets.filplus.deals.piece_tables_inputs import (
    INPUTS,
    KEYED,
    READS,
)
from resources.postgres.warehouse import Warehouse

CODE_VERSION = "1"


@dataclass(frozen=True)
class PieceTablesReport:
    """What one run did.

    Attributes:
        moment: What the tables contain.
        outcome: Rows that changed.
        published: Version and rows by asset key.
        checks: Results of the checks.
    """

    moment: SnapshotPoint
    outcome: UpdateResult
    published: dict[str, Published]
    checks: Sequence[dg.AssetCheckResult]

    @property
    def has_passed(self) -> bool:
        """Return whether every check passed."""
        return all(check.passed for check in self.checks)


def _spec(asset_key: str) -> dg.AssetSpec:
    layer = "mart" if asset_key.startswith("filplus/") else "intermediate"
    return dg.AssetSpec(
        asset_key.split("/"),
        deps=[key.split("/") for key in INPUTS[asset_key]],
        group_name="filplus_entities",
        kinds={"python", "postgres"},
        tags={
            "domain": "filplus",
            "layer": layer,
            "cadence": "snapshot",
            "pii": "none",
            "tier": "1" if layer == "mart" else "2",
        },
        freshness_policy=FRESHNESS_BY_CADENCE["snapshot"],
        code_version=CODE_VERSION,
        skippable=True,
        metadata={
            "reads": READS[asset_key],
            "dagster/relation_identifier": asset_key.replace("/", "."),
        },
    )


@dg.multi_asset(
    name="filplus_piece_tables",
    specs=[_spec(key) for key in INPUTS],
    check_specs=piece_tables_checks.specs(),
    can_subset=True,
)
def piece_table_assets(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Update the four tables in one transaction; report those that the run selected."""
    run, report = refresh_piece_tables(context, warehouse)
    metadata = {
        "pieces_counted": report.outcome.changed,
        "is_rebuilt": report.outcome.is_rebuilt,
    }
    for key in INPUTS:
        if dg.AssetKey(key.split("/")) in context.selected_asset_keys:
            yield run.result(key, metadata=metadata)
    for check in report.checks:
        assert check.asset_key is not None
        assert check.check_name is not None
        if dg.AssetCheckKey(check.asset_key, check.check_name) in context.selected_asset_check_keys:
            yield check


def refresh_piece_tables(
    context: RunContext, warehouse: Warehouse
) -> tuple[PartitionRun, PieceTablesReport]:
    """Update the tables to the weeks and publish them, in one transaction and one snapshot.

    A broken rule publishes all of them as CHECK_FAILED, and the next run rebuilds them.

    Raises:
        MissingUpstream: A week is missing or stale; nothing was changed.
    """
    inputs = sorted({key for keys in INPUTS.values() for key in keys})
    with partition_run(context, warehouse, list(INPUTS), inputs=inputs) as run:
        with run.snapshot() as cursor:
            cursor.execute("set local work_mem = '64MB'")
            report = _update_and_publish(cursor, run)
        run.record.write_seconds = run.record.lap()
        if not report.has_passed:
            run.record.outcome = "CHECK_FAILED"
    return run, report


def _update_and_publish(cursor: psycopg.Cursor, run: PartitionRun) -> PieceTablesReport:
    code = code_of(cursor, CODE_VERSION)
    moment = require_moment(cursor, clock.now(), list(INPUTS), code)
    outcome = update(cursor, moment)
    checks = piece_tables_checks.evaluate_all(cursor.connection, is_rebuilt=outcome.is_rebuilt)
    report = PieceTablesReport(moment, outcome, {}, checks)
    versions = dict(run.versions)
    for key, inputs in INPUTS.items():
        changes = outcome.tables[key.replace("/", ".")]
        # A table that this transaction has already written counts with its new version.
        report.published[key] = run.publish(
            cursor,
            key,
            _row_count(cursor, key, outcome),
            written=(changes.written, changes.deleted),
            versions={one: versions[one] for one in inputs},
            state="MATERIALIZED" if report.has_passed else "CHECK_FAILED",
            is_changed=changes.is_changed,
            in_place=not outcome.is_rebuilt,
            as_of=moment.as_of.replace(tzinfo=UTC),
            code_version=code,
        )
        versions[key] = report.published[key].version
    return report


def _row_count(cursor: psycopg.Cursor, asset_key: str, outcome: UpdateResult) -> int:
    """Count the rows of a table; those of the keyed one from its changes, as it is large."""
    table = asset_key.replace("/", ".")
    changes = outcome.tables[table]
    if asset_key != KEYED:
        cursor.execute(f"select count(*) from {table}".encode())
    elif outcome.is_rebuilt:
        return changes.written
    else:
        cursor.execute(
            "select row_count + %s from ops.asset_partition_status "
            "where asset_key = %s and partition_key = ''",
            [changes.written - changes.deleted, asset_key],
        )
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
