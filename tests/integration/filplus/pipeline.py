"""The Filecoin Plus half without Dagster: the same planning, landing and dbt at less cost.

A run of the graph costs a second and ten milliseconds per partition, nearly all of it Dagster's
events. Cases that are about the tables take this way; ``test_worked_example`` and ``test_healing``
take the real one. Belongs here: driving the product. Does not: expected rows (``reference``).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import psycopg

from bench.deal_tables import BY_PIECE, HOURLY, INTERMEDIATE, OF_THE_DAY, SNAPSHOTS, WEEKLY
from cdp_assets import clock, partitions
from cdp_assets.core.dbt import assets as dbt_assets
from cdp_assets.core.planning.domain_plan import PlannedRun, RunOutcome
from cdp_assets.core.planning.planner import Refresher, RefreshReport
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.filplus.deals import piece_tables_asset
from cdp_assets.filplus.deals.client_provider_totals_asset import refresh_totals
from cdp_assets.filplus.deals.weekly_variables import weekly_variables
from cdp_assets.filplus.dmob.assets import sync_dmob
from cdp_assets.filplus.dmob.sync import RelationReport
from cdp_assets.filplus.providers.url_finder import assets as url_finder_assets
from cdp_assets.settings import publish_environment
from resources.dbt_runner import DbtRunner, NodeResult, require_manifest
from resources.postgres.warehouse import Warehouse
from tests.integration.filplus.content import Content, content

DAILY = ("provider_url_finder_retrievability_daily",)
WEEKLY_MARTS = tuple(table for table in WEEKLY if table not in INTERMEDIATE)
# Moved by what the landing touched, without dbt.
BY_PIECE_MARTS = tuple(table for table in BY_PIECE if table not in INTERMEDIATE)
MARTS = (*HOURLY, *DAILY, *WEEKLY_MARTS, *SNAPSHOTS, *BY_PIECE_MARTS)
# What the tables by piece are built on.
WEEKS_OF_DEALS = WEEKLY[: WEEKLY.index("client_provider_distribution_weekly_acc") + 1]
# Python assets that are not made by the direct way have tests of their own.
DEAL_TABLES = (
    "tag:domain=filplus and not tag:family=provider_sources and not group:filplus_reports "
    "and not group:filplus_scores and not key:*compliance_weekly "
    "and not key:*retrievability_average_weekly and not key:*compliance_histogram_weekly "
    "and not key:*allocator_score_weekly and not key:*statistics_daily "
    "and not key:*deal_totals_weekly and not key:*report_check*"
)
Rate = tuple[date, str, Decimal | None]
_BY_PIECE_KEYS = {dg.AssetKey(key.split("/")) for key in piece_tables_asset.INPUTS}


@dataclass
class Pipeline:
    """One warehouse behind one source database.

    Attributes:
        dmob: Address of the source.
        warehouse: The warehouse.
        runs: What was made, in order: a name, first and last partition.
        gained: Running weeks of which only the keys of added deals were made, in order.
        rebuilt: For each run of the tables by piece whether they were made from scratch.
    """

    dmob: str
    warehouse: Warehouse
    runs: list[tuple[str, str, str]]
    gained: list[str] = field(default_factory=list)
    rebuilt: list[bool] = field(default_factory=list)

    @classmethod
    def over(cls, dmob: str, warehouse_dsn: str) -> Pipeline:
        """Return a pipeline over two addresses."""
        return cls(dmob, Warehouse(url=warehouse_dsn), [])

    def at(self, as_of: datetime) -> Pipeline:
        """Set the clock."""
        publish_environment({"CDP_AS_OF": as_of.isoformat()})
        return self

    def sync(self, *, sweep_blocks: int | None = None) -> list[RelationReport]:
        """Land what changed; by default every block of ids is compared."""
        return sync_dmob(DirectRun(), self.warehouse, sweep_blocks=sweep_blocks, dsn=self.dmob)[1]

    def refresh(self, defs: dg.Definitions) -> RefreshReport:
        """Make what is due, as ``cdp refresh`` plans it.

        Raises:
            AssertionError: A model or check did not succeed.
        """
        refresher = _DirectRefresher(defs, self)
        report = refresher.refresh(refresher.select([DEAL_TABLES]))
        assert [run.error for run in report.failed] == []
        return report

    def refresh_in_part(self, defs: dg.Definitions, runs: int) -> None:
        """Make what is due as ``refresh`` does, by a process that is killed after so many runs."""
        refresher = _DirectRefresher(defs, self, most=runs)
        with suppress(_Killed):
            refresher.refresh(refresher.select([DEAL_TABLES]))

    def build(self, models: Sequence[str], start: datetime, end: datetime) -> list[NodeResult]:
        """Build models with their checks for a window, after the guards that a run has."""
        manifest = require_manifest()
        nodes = [n for n in manifest["nodes"].values() if n["name"] in models]
        window = (start, end)
        variables = dbt_assets.run_variables(
            self.warehouse, weekly_variables, nodes, window, clock.now(), uuid.uuid4().hex
        )
        if "changed_since" in variables:
            self.gained.append(f"{start:%Y-%m-%d}")
        return DbtRunner(role="cdp_writer").build(
            self.warehouse.address(), dbt_assets.with_checks(nodes, manifest), variables, _ignore
        )

    def build_whole(self, models: Sequence[str]) -> list[NodeResult]:
        """Build unpartitioned models with their checks."""
        manifest = require_manifest()
        nodes = [n for n in manifest["nodes"].values() if n["name"] in models]
        return DbtRunner(role="cdp_writer").build(
            self.warehouse.address(),
            dbt_assets.with_checks(nodes, manifest),
            dbt_assets.snapshot_variables(clock.now(), uuid.uuid4().hex),
            _ignore,
        )

    def make_from(self, start: datetime) -> None:
        """Make every table from a Monday to the clock, that Monday as the first partition.

        The definitions of the graph are made once, so a moved start takes this way.
        """
        publish_environment({"CDP_PARTITIONS_START": start.isoformat()})
        now = clock.now()
        day, hour = partitions.floor_day(now), partitions.floor_hour(now)
        results = self.build(HOURLY, start, hour + timedelta(hours=1))
        refresh_totals(DirectRun(), self.warehouse)
        results += self.build_whole(SNAPSHOTS)
        results += self.build(DAILY, start, day + timedelta(days=1))
        results += self.build(WEEKLY, start, partitions.floor_week(now) + timedelta(days=7))
        results += self.build(OF_THE_DAY, day, day + timedelta(days=1))
        made = self.move_pieces()
        publish_environment({"CDP_PARTITIONS_START": ""})
        assert [r.unique_id for r in results if not r.is_good] == []
        assert [check.description for check in made.checks if not check.passed] == []

    def make_weeks(self, first: datetime, week: datetime) -> None:
        """Make one week anew, where the first partition is that of a given Monday."""
        publish_environment({"CDP_PARTITIONS_START": first.isoformat()})
        results = self.build(WEEKLY, week, week + timedelta(days=7))
        publish_environment({"CDP_PARTITIONS_START": ""})
        assert [r.unique_id for r in results if not r.is_good] == []

    def move_pieces(self) -> piece_tables_asset.PieceTablesReport:
        """Bring the tables by piece up to the weeks; note whether they were moved or rebuilt."""
        _, made = piece_tables_asset.refresh_piece_tables(DirectRun(), self.warehouse)
        self.rebuilt.append(made.outcome.is_rebuilt)
        return made

    def land_days(self, keys: Sequence[str]) -> None:
        """Land days of the URL finder: the clock's by asking, others from kept answers."""
        url_finder_assets.INGEST.run(DirectRun(partition_keys=keys), self.warehouse)

    def keep_rates(self, rates: Sequence[Rate]) -> None:
        """Keep answers of the URL finder as if they had been received on their days."""
        with self.warehouse.connect() as connection:
            for day, provider, rate in rates:
                percent = "null" if rate is None else str(rate * 100)
                connection.execute(
                    "insert into raw_url_finder.responses (day, request_fingerprint, entities, "
                    "http_status, is_complete, fetched_at, response_hash, body) "
                    "values (%s, %s, %s, 200, true, %s, %s, %s)",
                    [
                        day,
                        f"bulk:{provider}",
                        [provider],
                        day,
                        f"{provider} {day} {percent}",
                        f'{{"providers": [{{"provider_id": "{provider}", '
                        f'"retrievability_percent": {percent}}}]}}'.encode(),
                    ],
                )

    def rows(self, mart: str) -> list[tuple[Any, ...]]:
        """Return every row of a mart in full, in total order."""
        with self.warehouse.connect() as connection:
            return rows_of(connection, f"filplus.{mart}")

    def content(self) -> Content:
        """Return every row of every table, pieces by their CID and without versions."""
        with self.warehouse.connect() as connection:
            return content(connection)


class _Killed(Exception):
    """The process that refreshed is gone."""


class _DirectRefresher(Refresher):
    """Plans like the product and does the work of each run without the framework."""

    def __init__(
        self, defs: dg.Definitions, pipeline: Pipeline, *, most: int | None = None
    ) -> None:
        super().__init__(
            defs,
            None,
            pipeline.warehouse,
            as_of=clock.now(),
            user="test",  # type: ignore[arg-type]
        )
        self._pipeline = pipeline
        self._most = most

    def launch(self, planned: PlannedRun) -> RunOutcome:
        name, keys = planned.group, planned.keys
        if self._most == 0:
            raise _Killed
        self._most = None if self._most is None else self._most - 1
        definition = self.graph.get(keys[0]).partitions_def
        if definition is None:
            return self._launch_whole(name, keys)
        assert isinstance(definition, dg.TimeWindowPartitionsDefinition)
        start = partitions.window_of(definition, planned.first)[0]
        end = partitions.window_of(definition, planned.last)[1]
        if keys[0].path[0] == "raw_url_finder":
            self._pipeline.land_days(partitions.keys_between(definition, start, end))
            broken = []
        else:
            results = self._pipeline.build([key.path[-1] for key in keys], start, end)
            broken = [f"{r.unique_id}: {r.message}" for r in results if not r.is_good]
        self._pipeline.runs.append((name, planned.first, planned.last))
        return RunOutcome(
            name, planned.partitions, planned.first, planned.last, 0.0, "; ".join(broken) or None
        )

    def _launch_whole(self, name: str, keys: tuple[dg.AssetKey, ...]) -> RunOutcome:
        broken = []
        if keys[0].path[-1] == "client_provider_totals":
            refresh_totals(DirectRun(), self._pipeline.warehouse)
        elif keys[0] in _BY_PIECE_KEYS:
            made = self._pipeline.move_pieces()
            broken = [str(check.description) for check in made.checks if not check.passed]
        else:
            results = self._pipeline.build_whole([key.path[-1] for key in keys])
            broken = [f"{r.unique_id}: {r.message}" for r in results if not r.is_good]
        self._pipeline.runs.append((name, "", ""))
        return RunOutcome(name, 1, "", "", 0.0, "; ".join(broken) or None)


def rows_of(connection: psycopg.Connection[Any], table: str) -> list[tuple[Any, ...]]:
    """Return every row of a table in full, in total order."""
    return connection.execute(f"select t.* from {table} t order by t.*::text").fetchall()


def _ignore(_: str) -> None:
    """Take a log line and say nothing."""
