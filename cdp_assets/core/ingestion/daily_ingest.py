"""The run of an asset that lands a source: days or a snapshot in, publications out.

Everything that is landed day by day, and every unpartitioned table of a source, goes through
:func:`ingest`; an asset whose days are all alike is declared as an :class:`IngestAsset`.

Scope: what such runs share; not here: requests to a source or its rows (``<source>/landing``), or
the frame of a run (``cdp_assets.core.runs.partition_run``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.failed_entities import (
    failed_before,
    failed_check,
    previously_failed_last,
    record_attempt,
)
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.units import counted
from resources.http.http_client import HttpClient
from resources.postgres.warehouse import Warehouse

Row = TypeVar("Row")
# Stores the responses for entities; given those that failed last time, returns those that fail now.
Fetch = Callable[
    [psycopg.Connection, HttpClient, date, Sequence[str], Collection[str]], Mapping[str, str]
]


@dataclass(frozen=True)
class Day:
    """One day to land; an unpartitioned table has the day of the clock.

    Attributes:
        date: UTC day.
        is_present: The clock is in it, so a source without history may be requested for it.
        is_over: It had ended at ``as_of``, so a source with history has all of it.
        as_of: The clock.
    """

    date: date
    is_present: bool
    is_over: bool
    as_of: datetime


@dataclass
class DayResult:
    """The result of a day.

    Attributes:
        write: Replaces or adds the rows, in the transaction that publishes them; returns how many
            each asset then has, by asset key.
        observed: False leaves the day NOT_OBSERVED.
        is_complete: False leaves a day that is over stale, so that the next refresh lands it again.
        tried: Entities of the attempt.
        failed: Reason by entity that could not be stored.
        statistics: Further numbers, summed over the days of the run.
    """

    write: Callable[[psycopg.Cursor], Mapping[str, int]]
    observed: bool = True
    is_complete: bool = True
    tried: Sequence[str] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    statistics: Mapping[str, int] = field(default_factory=dict)


@dataclass
class IngestSummary:
    """Sums over the days of a run."""

    run: PartitionRun
    not_observed: int = 0
    tried: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    statistics: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Mapping[str, int], result: DayResult) -> None:
        """Add a day."""
        self.rows.update(rows)
        self.not_observed += not result.observed
        self.tried += len(result.tried)
        self.failed.update(result.failed)
        self.statistics.update(result.statistics)


IngestDay = Callable[[PartitionRun, psycopg.Connection, Day], DayResult]


def ingest(
    context: RunContext,
    warehouse: Warehouse,
    asset_keys: Sequence[str],
    ingest_day: IngestDay,
    *,
    definition: dg.DailyPartitionsDefinition | None = None,
    inputs: Sequence[str] = (),
    code_version: str,
    source: str | None = None,
    adds_rows: bool = False,
) -> IngestSummary:
    """Land every day of the run, or an unpartitioned table once.

    Rows, failed entities and publication of a day are one transaction. Responses are stored before
    it, so that they outlive a day that fails.

    Args:
        context: Of the step, or a direct run.
        warehouse: Where the tables are.
        asset_keys: What is written; failed entities are listed under the first.
        ingest_day: Returns the rows of a day; fetches and stores responses on a connection that
            commits each statement.
        definition: The days; null for an unpartitioned table.
        inputs: Asset keys that are read.
        code_version: Of the code that builds the rows.
        source: The outside source that is requested, one run at a time.
        adds_rows: Rows are only added; else those of the day are replaced.

    Raises:
        dagster.Failure: A day could not be landed at all; days before it are published.
    """
    with partition_run(
        context,
        warehouse,
        asset_keys,
        definition=definition,
        inputs=inputs,
        code_version=code_version,
        source=source,
    ) as run:
        summary = IngestSummary(run)
        for key in run.keys:
            with run.connection() as connection:
                day = _day(run, key)
                result = ingest_day(run, connection, day)
                rows = _write(run, connection, asset_keys, key, day, result, adds_rows=adds_rows)
            summary.add(rows, result)
            if key and result.observed:
                found = ", ".join(f"{name}: {counted(n, 'row')}" for name, n in rows.items())
                run.log.info(f"{key}: {found}, {len(result.failed):,} failed")
    return summary


def _day(run: PartitionRun, key: str) -> Day:
    if run.definition is None:
        return Day(run.as_of.date(), is_present=True, is_over=False, as_of=run.as_of)
    start, end = run.window_of(key)
    return Day(start.date(), start <= run.as_of < end, run.is_over(key), run.as_of)


def _write(
    run: PartitionRun,
    connection: psycopg.Connection,
    asset_keys: Sequence[str],
    key: str,
    day: Day,
    result: DayResult,
    *,
    adds_rows: bool,
) -> Mapping[str, int]:
    with run.transaction(connection) as cursor:
        rows = result.write(cursor)
        record_attempt(cursor, asset_keys[0], result.tried, result.failed)
        for asset_key in asset_keys:
            run.publish(
                cursor,
                asset_key,
                rows[asset_key],
                key=key,
                is_final=day.is_over and result.is_complete,
                state="MATERIALIZED" if result.observed else "NOT_OBSERVED",
                adds_rows=adds_rows,
            )
    return rows


@dataclass(frozen=True, kw_only=True)
class IngestAsset:
    """A daily asset of a source, declared: what is landed, from where, what is checked.

    Attributes:
        name: Of the step.
        does: What the step does, for the UI.
        specs: Of the tables; failed entities are listed under the first.
        ingest_day: Returns the rows of a day.
        inputs: Asset keys that are read.
        code_version: Of the code that builds the rows.
        source: The outside source that is requested; null: stored responses are enough.
        failed_check: Name and text of the check that shows failed entities; null: there are none.
        sql_checks: Further checks that are one SQL statement each. It may name ``start`` and
            ``end``, the dates of the run's days (end excluded), and ``today``, the clock's date.
        other_checks: Further checks that need the summary of the run.
        evaluate: Results of the other checks.
        metadata: Names of the statistics that are labels of the materialization.
        retries: Of the step.
    """

    name: str
    does: str
    specs: Sequence[dg.AssetSpec]
    ingest_day: IngestDay
    inputs: Sequence[str] = ()
    code_version: str
    source: str | None = None
    failed_check: tuple[str, str] | None = None
    sql_checks: Sequence[SqlCheck] = ()
    other_checks: Sequence[dg.AssetCheckSpec] = ()
    evaluate: Callable[[IngestSummary], Iterator[dg.AssetCheckResult]] | None = None
    metadata: Sequence[str] = ()
    retries: dg.RetryPolicy | None = SOURCE_RETRIES

    @property
    def asset_keys(self) -> list[str]:
        """Return the keys of the tables."""
        return [spec.key.to_user_string() for spec in self.specs]

    def run(self, context: RunContext, warehouse: Warehouse) -> IngestSummary:
        """Land the days of a run."""
        return ingest(
            context,
            warehouse,
            self.asset_keys,
            self.ingest_day,
            definition=partitions.days,
            inputs=self.inputs,
            code_version=self.code_version,
            source=self.source,
        )

    def build(self) -> dg.AssetsDefinition:
        """Return the asset."""

        @dg.multi_asset(
            name=self.name,
            description=self.does,
            specs=self.specs,
            check_specs=[
                *self._failed_check_spec(),
                *(check.spec() for check in self.sql_checks),
                *self.other_checks,
            ],
            partitions_def=partitions.days,
            backfill_policy=dg.BackfillPolicy.single_run(),
            retry_policy=self.retries,
        )
        def daily_asset(
            context: dg.AssetExecutionContext, warehouse: Warehouse
        ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
            summary = self.run(context, warehouse)
            for key in self.asset_keys:
                yield summary.run.result(key, metadata=self._labels(summary))
            if self.failed_check is not None:
                name, _ = self.failed_check
                yield failed_check(name, self.asset_keys[0], summary.failed, summary.tried)
            yield from self._sql_check_results(summary.run)
            if self.evaluate is not None:
                yield from self.evaluate(summary)

        return daily_asset

    def _failed_check_spec(self) -> list[dg.AssetCheckSpec]:
        if self.failed_check is None:
            return []
        name, description = self.failed_check
        return [dg.AssetCheckSpec(name, asset=self.specs[0].key, description=description)]

    def _sql_check_results(self, run: PartitionRun) -> Iterator[dg.AssetCheckResult]:
        if not self.sql_checks:
            return
        start, end = partitions.window_of_keys(partitions.days, run.keys)
        values = {"start": start.date(), "end": end.date(), "today": run.as_of.date()}
        with run.warehouse.connect(autocommit=True) as connection:
            for check in self.sql_checks:
                yield evaluate(connection, check, values)

    def _labels(self, summary: IngestSummary) -> dict[str, int]:
        return {
            "days_not_observed": summary.not_observed,
            "failed_entities": len(summary.failed),
            **{name: summary.statistics[name] for name in self.metadata},
        }


@dataclass(frozen=True, kw_only=True)
class PresentDay(Generic[Row]):
    """How a source that reports the present only fills a day.

    The day of the clock is fetched; a past day is read from the responses that were stored on it,
    and is NOT_OBSERVED without any.

    Attributes:
        asset_key: The table, under which failed entities are listed: they are fetched last.
        source: Where the responses come from.
        noun: What one entity is, for the log.
        pending: Entities that the day of the clock still needs.
        fetch: Stores the responses for entities, in their order.
        read: Rows of the stored responses of a day, by entity; null without any response.
        replace: Replaces the rows of a day.
        count: Statistics of an observed day, from its rows and failed entities.
    """

    asset_key: str
    source: Source
    noun: str
    pending: Callable[[psycopg.Connection, Day], Sequence[str]]
    fetch: Fetch
    read: Callable[[psycopg.Connection, date], Mapping[str, Row] | None]
    replace: Callable[[psycopg.Cursor, date, Mapping[str, Row]], object]
    count: (
        Callable[[psycopg.Connection, Mapping[str, Row], Mapping[str, str]], Mapping[str, int]]
        | None
    ) = None

    def __call__(self, run: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
        """Fetch what the day still needs, and return the rows of its stored responses."""
        tried: Sequence[str] = ()
        failed: Mapping[str, str] = {}
        if day.is_present:
            before = failed_before(connection, self.asset_key)
            tried = previously_failed_last(self.pending(connection, day), before)
        if tried:
            with self.source.open(run.warehouse) as http:
                run.log.info(f"{self.source.title}: fetching {counted(len(tried), self.noun)}")
                failed = self.fetch(connection, http, day.date, tried, before)
        found = self.read(connection, day.date)
        rows = found or {}
        observed = found is not None or day.is_present

        def write(cursor: psycopg.Cursor) -> Mapping[str, int]:
            self.replace(cursor, day.date, rows)
            return {self.asset_key: len(rows)}

        counts = self.count(connection, rows, failed) if self.count and observed else {}
        return DayResult(write, observed, tried=tried, failed=failed, statistics=counts)
