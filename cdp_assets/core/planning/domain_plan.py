"""The interface of a domain that plans its own runs, where time partitions do not decide.

A source database is landed in one transaction before everything else, a chain has periods of its
own: such assets name their plan in ``planned_by``, and the plan says what is stale, in which ranges
and in which order. The planner alone launches.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import dagster as dg

from cdp_assets.core.planning.asset_facts import PLANNED_BY
from resources.postgres.warehouse import Warehouse


@dataclass(frozen=True)
class PlannedRun:
    """One planned run: the assets and the inclusive range of partition keys.

    An unpartitioned asset has neither a first nor a last key. ``config`` is that of the run.
    """

    group: str
    keys: tuple[dg.AssetKey, ...]
    first: str = ""
    last: str = ""
    partitions: int = 1
    config: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RunOutcome:
    """One run of a refresh: what it was for and how it ended. ``error`` is null for a success."""

    name: str
    partitions: int
    first: str
    last: str
    seconds: float
    error: str | None


@dataclass(frozen=True)
class PlanningContext:
    """What a plan may read.

    Attributes:
        graph: Of all assets.
        instance: Where runs and dynamic partitions are recorded.
        warehouse: Where the ops contract is.
        chosen: The assets that a refresh is for.
    """

    graph: dg.AssetGraph
    instance: dg.DagsterInstance
    warehouse: Warehouse
    chosen: set[dg.AssetKey]

    def planned_by(self, name: str) -> tuple[dg.AssetKey, ...]:
        """Return the assets that name a plan, in the order of their keys."""
        keys = sorted(self.graph.materializable_asset_keys)
        return tuple(k for k in keys if self.graph.get(k).metadata.get(PLANNED_BY) == name)


class DomainPlan(Protocol):
    """Plans the runs of the assets that name it in ``planned_by``."""

    def runs(self, context: PlanningContext) -> Generator[PlannedRun, RunOutcome, None]:
        """Yield the runs one by one; each yield returns how the run ended."""
