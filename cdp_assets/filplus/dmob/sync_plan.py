"""The plan of the landing of DMOB: one run that lands all of its relations, before everything else.

Scope: what ``cdp refresh`` launches; not here: the sync (``sync``) or its asset (``assets``).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from cdp_assets.core.planning.domain_plan import PlannedRun, PlanningContext, RunOutcome
from cdp_assets.filplus.dmob.relations import PLAN


@dataclass(frozen=True)
class DmobSyncPlan:
    """Plans the landed relations; they name it in ``planned_by``.

    Attributes:
        full_sweep: Every block of ids is compared, not only the next few of the rotation.
    """

    full_sweep: bool = False
    name: str = PLAN

    def runs(self, context: PlanningContext) -> Generator[PlannedRun, RunOutcome, None]:
        """Yield the sync of all relations when one of them is chosen."""
        landed = context.planned_by(self.name)
        if context.chosen.intersection(landed):
            config = {"ops": {self.name: {"config": {"full_sweep": self.full_sweep}}}}
            yield PlannedRun(self.name, landed, config=config)
