"""One asset of a chain whose partitions are its periods: what it is, and how its work is run.

A new table of a chain is a :class:`PeriodStep`, made in a module of its own topic and listed in
``chain_steps.period_steps_of``. Scope: the definition; not here: the list of steps, Dagster's
assets (``chain_assets``), or which periods are stale (``chain_refresh``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext
from cdp_assets.validators.canonical.normalise import CODE_VERSION, WriteContext
from cdp_assets.validators.chains.adapter import DataType
from cdp_assets.validators.chains.chain_registry import Chain, Component, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_runner import PeriodResult, run_periods
from resources.postgres.warehouse import Warehouse


@dataclass(frozen=True, kw_only=True)
class PeriodStep:
    """One asset of a chain whose partitions are its periods.

    Attributes:
        asset_key: The table.
        upstream: Assets that it depends on.
        inputs: Assets and marks (``periods.marks``) whose versions are published with the rows;
            where one of them has a newer version for a period, the period is stale.
        checks: Of the table, as those of this asset.
        work: What is done for one period.
        components: It waits for the longest finality lag of these (validator §2).
        group: Asset group.
        source: The outside source that is requested, one run at a time; null: none.
        data_type: What it stores or is built from alone; null: several. A step whose data type has
            no source with an address is not planned.
        observes_running: It is built for the running period, too.
        code_version: Of the code that builds the rows.
    """

    asset_key: str
    upstream: Sequence[str]
    inputs: Sequence[str]
    checks: Sequence[SqlCheck]
    work: Callable[[WriteContext, ChainSources, str], PeriodResult]
    components: Sequence[Component] = ()
    group: str = "validator_canonical"
    source: str | None = None
    data_type: DataType | None = None
    observes_running: bool = False
    code_version: str = CODE_VERSION

    def run(
        self,
        context: RunContext,
        warehouse: Warehouse,
        registry: Registry,
        chain: Chain,
        sources: ChainSources,
        keys: Sequence[str],
    ) -> tuple[PartitionRun, dict[str, PeriodResult]]:
        """Do the work of the periods of a run."""
        return run_periods(
            context,
            warehouse,
            self.asset_key,
            keys,
            lambda run, key: self.work(WriteContext(chain, registry, run), sources, key),
            inputs=self.inputs,
            source=self.source,
            code_version=self.code_version,
        )
