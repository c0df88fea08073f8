"""Assets of the tables by piece, made together; the statements are in ``piece_tables``."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.runs.materialization import materialize_result, updated_in_place
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.filplus.deals import piece_tables_checks
from cdp_assets.filplus.deals.piece_tables import SnapshotPoint, UpdateResult, update
from cdp_assets.filplus.deals.piece_tables_guard import code_of, require_moment
from cdp_assets.filplus.deals.piece_tables_inputs import (
    INPUTS,
    KEYED,
    READS,
)
from resources.postgres.ops_status import (
    Publication,
    input_versions,
    publish,
    record_run,
    row_counts,
)
from resources.postgres.warehouse import Warehouse

CODE_VERSION = "1"


@dataclass(frozen=True)
class PieceTablesReport:
    """What one run made.

    Attributes:
        moment: What the tables hold.
        outcome: Rows that moved.
        before: Rows by asset key as they were.
        row_counts: Rows by asset key.
        versions: Versions by asset key.
        checks: Results of the checks.
    """

    moment: SnapshotPoint
    outcome: UpdateResult
    before: dict[str, int]
    row_counts: dict[str, int]
    versions: dict[str, int]
    checks: Sequence[dg.AssetCheckResult]


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
    """Make the four tables in one transaction; report those that the run asked for."""
    with (
        as_dagster_failures(),
        lock_for_run(context, warehouse, list(INPUTS)) as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=list(INPUTS),
            partition_keys=[""],
            window=None,
            launched_by=user,
        ) as record,
    ):
        made = refresh_piece_tables(warehouse, context.run.run_id)
        record.write_seconds = record.lap()
        if not all(check.passed for check in made.checks):
            record.outcome = "CHECK_FAILED"
    for key in INPUTS:
        if dg.AssetKey(key.split("/")) in context.selected_asset_keys:
            yield _result(context, warehouse, key, made)
    for check in made.checks:
        assert check.asset_key is not None
        assert check.check_name is not None
        if dg.AssetCheckKey(check.asset_key, check.check_name) in context.selected_asset_check_keys:
            yield check


def refresh_piece_tables(warehouse: Warehouse, run_id: str) -> PieceTablesReport:
    """Bring the tables up to the weeks and publish them, in one transaction and one snapshot.

    A broken rule publishes all of them as CHECK_FAILED, and the next run makes them from scratch.

    Raises:
        MissingUpstream: The weeks are not all there and current; nothing was changed.
    """
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("set local work_mem = '64MB'")
        found = {key: input_versions(cursor, keys) for key, keys in INPUTS.items()}
        code = code_of(cursor, CODE_VERSION)
        moment = require_moment(cursor, clock.now(), list(INPUTS), code)
        before = row_counts(connection, list(INPUTS), "")
        outcome = update(cursor, moment)
        checks = piece_tables_checks.evaluate_all(cursor.connection, is_rebuilt=outcome.is_rebuilt)
        state = "MATERIALIZED" if all(check.passed for check in checks) else "CHECK_FAILED"
        counts: dict[str, int] = {}
        versions: dict[str, int] = {}
        for key in INPUTS:
            moved = outcome.tables[key.replace("/", ".")]
            counts[key] = _row_count(cursor, key, outcome)
            versions[key] = publish(
                cursor,
                Publication(
                    asset_key=key,
                    partition_key="",
                    window=None,
                    row_count=counts[key],
                    # of a table made here, the version that this transaction gave it
                    input_versions={k: versions.get(k, found[key][k]) for k in found[key]},
                    as_of=_aware(moment.as_of),
                    is_final=False,
                    code_version=code,
                    run_id=run_id,
                    state=state,
                    is_changed=moved.is_changed,
                ),
            )
            cursor.execute(
                "update ops.runs set rows_written = %s, rows_deleted = %s "
                "where run_id = %s and asset_key = %s",
                [moved.written, moved.deleted, run_id, key],
            )
    return PieceTablesReport(moment, outcome, before, counts, versions, checks)


def _row_count(cursor: psycopg.Cursor, asset_key: str, outcome: UpdateResult) -> int:
    """Count the rows of a table; those of the keyed one from what moved, as it is large."""
    table = asset_key.replace("/", ".")
    moved = outcome.tables[table]
    if asset_key != KEYED:
        cursor.execute(f"select count(*) from {table}".encode())
    elif outcome.is_rebuilt:
        return moved.written
    else:
        cursor.execute(
            "select row_count + %s from ops.asset_partition_status "
            "where asset_key = %s and partition_key = ''",
            [moved.written - moved.deleted, asset_key],
        )
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _result(
    context: dg.AssetExecutionContext, warehouse: Warehouse, key: str, made: PieceTablesReport
) -> dg.MaterializeResult[Any]:
    moved = made.outcome.tables[key.replace("/", ".")]
    replaced = updated_in_place(
        made.before[key], made.row_counts[key], moved.written, moved.deleted
    )
    return materialize_result(
        context,
        warehouse,
        key,
        rows_updated=0 if made.outcome.is_rebuilt else replaced,
        figures={
            "pieces_counted": made.outcome.changed,
            "is_rebuilt": made.outcome.is_rebuilt,
        },
    )


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC)
