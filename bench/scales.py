"""Sizes of the two kinds of run, and the simulated history of a size.

Scope: sizes. Not here: the rows (``simulator``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from cdp_assets.partitions import floor_week
from simulator.dmob.database import DmobScale

# A Thursday, so that half of the current week has data, and a year after the programme's start: 20
# million deals are 52 weeks.
END = datetime(2025, 3, 6, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Sizes:
    """Sizes of the generated data and numbers of measurements.

    Attributes:
        landing_rows: Deals of the landing part; ``landing_rounds`` times each way.
        deals: Sizes of the tick part, ascending; the last one also runs the reference statements.
        hourly_deals: Deals per hour, the same at every size: more deals are a longer history.
        warm_ups: Ticks before the measured ones; ``ticks`` are measured per size.
        starts: Rounds of process starts and of warm dbt.
        backfill_hours: Hours of one backfill, a week in a full run.
        pairs: Pairs of client and provider; null: as the calibration gives.
        report_allocators: Allocators of the report part, each with ``report_clients`` clients.
        validators: Validators of the part validators; an agreement for each five of them.
        backfill_epochs: Epochs of the backfill of a chain; a quarter of them shows its memory.
        history_weeks: Weeks that are loaded from empty, with ``history_deals`` deals.
    """

    landing_rows: int = 2_000_000
    landing_rounds: int = 2
    deals: tuple[int, ...] = (5_000_000, 20_000_000)
    hourly_deals: int = 2_290
    clients: int = 2_500
    providers: int = 2_400
    allocators: int = 140
    warm_ups: int = 1
    ticks: int = 5
    backfill_hours: int = 168
    starts: int = 3
    shared_buffers_mib: int = 2_048
    pairs: int | None = None
    report_allocators: int = 100
    report_clients: int = 500
    validators: int = 1_000
    backfill_epochs: int = 100
    history_weeks: int = 121
    history_deals: int = 200_000

    def as_dict(self) -> dict[str, object]:
        """Return the sizes for a child process."""
        return asdict(self)

    def scale(self, deals: int) -> DmobScale:
        """Return the source database of a size: it ends at ``END``."""
        return DmobScale(
            deals=deals,
            clients=self.clients,
            providers=self.providers,
            allocators=self.allocators,
            start=self.start(deals),
            end=END,
            seed=1,
            dirt=True,
            pairs=self.pairs,
        )

    @property
    def last_as_of(self) -> datetime:
        """Return the clock of the last tick."""
        return END + timedelta(hours=self.warm_ups + self.ticks, minutes=5)

    def start(self, deals: int) -> datetime:
        """Return the first hour of a history with this number of deals."""
        return END - timedelta(hours=deals // self.hourly_deals)


def first_week(start: datetime) -> datetime:
    """Return the Monday from which partitions exist for a history."""
    return floor_week(start)


SMALL = Sizes(
    landing_rows=20_000,
    validators=20,
    backfill_epochs=8,
    landing_rounds=1,
    deals=(20_000,),
    hourly_deals=60,
    clients=60,
    providers=50,
    allocators=24,
    warm_ups=0,
    ticks=1,
    starts=1,
    shared_buffers_mib=128,
    pairs=300,
    backfill_hours=24,
    report_allocators=4,
    report_clients=10,
    history_weeks=3,
    history_deals=4_000,
)
SCALES = {"small": SMALL, "full": Sizes()}
