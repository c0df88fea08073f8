"""The one frame of a run: locks, record, input versions, transactions, publication, failures.

Every asset that Python builds, every sync, report and dbt step runs in it. What such a step does is
a function of a context and a warehouse; without Dagster it runs with a :class:`DirectRun`.

Scope: the frame; not here: what is written, the tags of a run (``run_tags``), the rows of the ops
contract themselves (``resources.postgres.ops_status``).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.planning.configured_sources import require_landed
from cdp_assets.core.runs.materialization import materialize_result, updated_in_place
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import graph_of, partition_keys_of_run, tag_process, tag_run
from cdp_assets.partitions import window_of, window_of_keys
from cdp_assets.settings import get_settings
from resources.postgres.locks import LOGGER
from resources.postgres.ops_status import (
    Publication,
    RunRecord,
    Window,
    input_versions,
    publish,
    record_run,
    row_counts,
)
from resources.postgres.warehouse import Warehouse

Written = tuple[int | None, int | None]  # rows written and rows deleted; null: not counted


@dataclass(frozen=True)
class DirectRun:
    """A run without Dagster, for tests and benches: errors are raised unchanged.

    Attributes:
        run_id: Id in the ops contract.
        partition_keys: Of a partitioned asset, ascending and without a gap.
        user: Who is recorded as launching it.
        log: Where progress goes.
    """

    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    partition_keys: Sequence[str] = ()
    user: str = "direct"
    log: logging.Logger = field(default_factory=lambda: logging.getLogger(LOGGER))


RunContext = dg.AssetExecutionContext | dg.OpExecutionContext | DirectRun


@dataclass(frozen=True)
class Published:
    """What a publication did to one partition.

    Attributes:
        version: Version of the asset now.
        row_count: Rows that the partition has now.
        rows_before: Rows that it had.
    """

    version: int
    row_count: int
    rows_before: int


@dataclass
class PartitionRun:
    """A run that holds its locks and has its row in ``ops.runs``.

    Attributes:
        context: Of the step, or a direct run.
        warehouse: Where the tables are.
        keys: Partition keys of the run; one empty key for an unpartitioned asset.
        definition: Time windows of the partitions; null where they are no time windows.
        inputs: Asset keys whose versions are published with the rows.
        code_version: Of the code that builds the rows.
        launched_by: Who launched the run.
        as_of: The clock when the inputs were last read.
        record: What is written into ``ops.runs`` when the run ends.
        keeps_connections: Connections stay open for the next work of the run.
        versions: Versions of the inputs as last read.
    """

    context: RunContext
    warehouse: Warehouse
    keys: Sequence[str]
    definition: dg.TimeWindowPartitionsDefinition | None
    inputs: Sequence[str]
    code_version: str
    launched_by: str
    as_of: datetime
    record: RunRecord
    keeps_connections: bool = False
    versions: dict[str, int] = field(default_factory=dict)
    _written: dict[str, Written] = field(default_factory=dict)
    _updated: dict[str, int] = field(default_factory=dict)
    _open: list[psycopg.Connection] = field(default_factory=list)

    @property
    def run_id(self) -> str:
        """Return the id of the run."""
        return _run_id(self.context)

    @property
    def log(self) -> logging.Logger:
        """Return the log of the run."""
        return self.context.log

    @contextmanager
    def connection(self, application: str = "cdp") -> Iterator[psycopg.Connection]:
        """Open a connection that commits each statement, for fetching and reading.

        The clock and the versions of the inputs are read first: a change that commits later counts
        as newer than what this run read, and the next run picks it up.
        """
        connection = (
            self._open.pop()
            if self._open
            else self.warehouse.connect(autocommit=True, application=application)
        )
        try:
            self.as_of = clock.now()
            self.read_inputs(connection)
            yield connection
        except BaseException:
            connection.close()
            raise
        if self.keeps_connections:
            self._open.append(connection)
        else:
            connection.close()

    @contextmanager
    def transaction(
        self, connection: psycopg.Connection, *, one_snapshot: bool = False
    ) -> Iterator[psycopg.Cursor]:
        """Open the transaction that writes rows and publishes them.

        Args:
            connection: Outside of any transaction.
            one_snapshot: All statements see one state of the database; the versions of the inputs
                are read again from it.
        """
        with connection.transaction(), connection.cursor() as cursor:
            if one_snapshot:
                cursor.execute("set transaction isolation level repeatable read")
                self.read_inputs(connection)
            yield cursor

    @contextmanager
    def snapshot(self, application: str = "cdp") -> Iterator[psycopg.Cursor]:
        """Open one transaction over one state of the database, on a connection of its own."""
        with (
            self.connection(application) as connection,
            self.transaction(connection, one_snapshot=True) as cursor,
        ):
            yield cursor

    def read_inputs(self, connection: psycopg.Connection) -> dict[str, int]:
        """Read the versions of the inputs; call it before reading the inputs."""
        if self.inputs:
            with connection.cursor() as cursor:
                self.versions = input_versions(cursor, self.inputs)
        return self.versions

    def window_of(self, key: str) -> Window:
        """Return the half-open UTC window of a partition."""
        assert self.definition is not None
        return window_of(self.definition, key)

    def is_over(self, key: str) -> bool:
        """Return whether the window of a partition had ended at ``as_of``."""
        return self.window_of(key)[1] <= self.as_of

    def publish(
        self,
        cursor: psycopg.Cursor,
        asset_key: str,
        row_count: int,
        *,
        key: str = "",
        written: Written | None = None,
        versions: Mapping[str, int] | None = None,
        state: str = "MATERIALIZED",
        is_final: bool = False,
        is_changed: bool = True,
        in_place: bool = False,
        adds_rows: bool = False,
        as_of: datetime | None = None,
        code_version: str | None = None,
    ) -> Published:
        """Publish one partition in the transaction that wrote it.

        Args:
            cursor: Of that transaction.
            asset_key: ``schema/table``.
            row_count: Rows that the partition now has.
            key: Partition key; empty for an unpartitioned asset.
            written: Rows written and deleted; null: the partition was replaced where it changed.
            versions: Of the inputs of this asset; null: those last read.
            state: NOT_OBSERVED for a past partition of a source without history.
            is_final: Later runs find nothing new for it.
            is_changed: False where the rows are the same as before: the version stays.
            in_place: Written rows replaced rows with the same key.
            adds_rows: Rows were only added: the increase counts as written.
            as_of: Instant that the rows show; null: that of the run.
            code_version: Of the code that built the rows; null: that of the run.
        """
        before = row_counts(cursor.connection, [asset_key], key)[asset_key]
        version = publish(
            cursor,
            Publication(
                asset_key=asset_key,
                partition_key=key,
                window=self.window_of(key) if self.definition else None,
                row_count=row_count,
                input_versions=self.versions if versions is None else versions,
                as_of=as_of or self.as_of,
                is_final=is_final,
                code_version=self.code_version if code_version is None else code_version,
                run_id=self.run_id,
                state=state,
                is_changed=is_changed,
            ),
        )
        if adds_rows:
            written = (max(0, row_count - before), 0)
        elif written is None:
            written = (row_count, before) if is_changed else (0, 0)
        self._written[asset_key] = _sum(self._written.get(asset_key, (0, 0)), written)
        if in_place:
            self._updated[asset_key] = updated_in_place(
                before, row_count, written[0] or 0, written[1] or 0
            )
        return Published(version, row_count, before)

    def result(
        self,
        asset_key: str,
        *,
        rows_updated: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dg.MaterializeResult[Any]:
        """Return the materialization of an asset; call it after the run's block has ended.

        Args:
            asset_key: ``schema/table``.
            rows_updated: Rows written in place of older ones; null: as published.
            metadata: Further labels of this asset.
        """
        assert isinstance(self.context, dg.AssetExecutionContext)
        updated = self._updated.get(asset_key, 0) if rows_updated is None else rows_updated
        return materialize_result(
            self.context, self.warehouse, asset_key, rows_updated=updated, metadata=metadata
        )

    def close(self) -> None:
        """Record the rows written; what the run recorded by itself stays."""
        self.record.rows_by_asset = {**self._written, **self.record.rows_by_asset}

    def disconnect(self) -> None:
        """Close the connections that were kept."""
        while self._open:
            self._open.pop().close()


@contextmanager
def partition_run(
    context: RunContext,
    warehouse: Warehouse,
    asset_keys: Sequence[str],
    *,
    definition: dg.TimeWindowPartitionsDefinition | None = None,
    keys: Sequence[str] | None = None,
    window: Window | None = None,
    inputs: Sequence[str] = (),
    code_version: str = "",
    source: str | None = None,
    also_locked: Sequence[str] = (),
    keeps_connections: bool = False,
) -> Iterator[PartitionRun]:
    """Run a block under the locks of its tables, recorded in ``ops.runs``.

    Rows are published by :meth:`PartitionRun.publish` in the transaction that writes them. An error
    is recorded with the run and with its partitions, whose rows stay as they were.

    Args:
        context: Of the step, or a :class:`DirectRun`.
        warehouse: Where the tables are.
        asset_keys: Every table that is written, ``schema/table`` or ``schema/chain/table``.
        definition: Time windows of the partitions; null where they are no time windows.
        keys: Partition keys; null: those of the context, and one empty key without a definition.
        window: Recorded as that of the run; null: from the first key to the last.
        inputs: Asset keys whose versions are published with the rows.
        code_version: Of the code that builds the rows; empty where dbt publishes them.
        source: The outside source that is queried: one run at a time.
        also_locked: Tables of which rows are written, too, but which other runs publish.
        keeps_connections: A run of many small pieces of work opens a connection once.

    Raises:
        dagster.Failure: For every error inside, with cause and hint; a :class:`DirectRun` raises
            the error itself.
    """
    is_direct = isinstance(context, DirectRun)
    with nullcontext() if is_direct else as_dagster_failures():
        if keys is None:
            keys = [""] if definition is None else _partition_keys(context, definition)
        if definition is not None and keys:
            window = window_of_keys(definition, keys)
        with (
            lock_for_run(context, warehouse, [*asset_keys, *also_locked], source=source) as user,
            record_run(
                warehouse,
                run_id=_run_id(context),
                asset_keys=asset_keys,
                partition_keys=keys,
                window=window,
                launched_by=user,
            ) as record,
        ):
            run = PartitionRun(
                context,
                warehouse,
                keys,
                definition,
                inputs,
                code_version,
                user,
                clock.now(),
                record,
                keeps_connections,
            )
            try:
                yield run
            finally:
                run.disconnect()
            run.close()


@contextmanager
def lock_for_run(
    context: RunContext,
    warehouse: Warehouse,
    asset_keys: Sequence[str],
    *,
    source: str | None = None,
) -> Iterator[str]:
    """Hold the locks of ``Warehouse.lock_tables`` for a run; yield who launched it.

    The process is recorded before the locks are requested, so that a run killed while it waits is
    known to be gone. The other tags are written after the wait, because the version of the landing
    may change meanwhile. A run whose landing was never filled is refused before anything is
    recorded about its partitions: they stay missing, and the first refresh after a landing, or
    automation, builds them.

    Raises:
        TransientFailure: Another run holds one of them longer than ``CDP_LOCK_WAIT_SECONDS``.
        MissingUpstream: They are built on a landing that was never filled.
    """
    if isinstance(context, DirectRun):
        with warehouse.lock_tables(asset_keys, source=source):
            yield context.user
        return
    tag_process(context, warehouse)
    with warehouse.lock_tables(asset_keys, source=source):
        user = tag_run(context, warehouse)
        _require_landed(context, warehouse, asset_keys)
        yield user


def _require_landed(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    warehouse: Warehouse,
    asset_keys: Sequence[str],
) -> None:
    graph = graph_of(context)
    if graph is not None:  # a step that is no asset checks its inputs itself
        keys = [dg.AssetKey(key.split("/")) for key in asset_keys]
        with warehouse.connect(autocommit=True) as connection:
            require_landed(connection, graph, keys, get_settings())


def _run_id(context: RunContext) -> str:
    return context.run_id if isinstance(context, DirectRun) else context.run.run_id


def _partition_keys(
    context: RunContext, definition: dg.TimeWindowPartitionsDefinition
) -> Sequence[str]:
    if isinstance(context, DirectRun):
        return context.partition_keys
    assert isinstance(context, dg.AssetExecutionContext)
    return partition_keys_of_run(context, definition)


def _sum(first: Written, second: Written) -> Written:
    written, deleted = (
        None if one is None or other is None else one + other
        for one, other in zip(first, second, strict=True)
    )
    return written, deleted
