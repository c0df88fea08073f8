"""Settings and results of one sync of DMOB.

Scope: plain records; not here: the work (``cdp_assets.filplus.dmob.sync``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cdp_assets.core.runs.partition_run import PartitionRun


@dataclass(frozen=True)
class SyncRequest:
    """Parameters of one sync.

    Attributes:
        run: Who writes and publishes; source rows are read as they are, whatever their start.
        sweep_blocks: Budget of block comparisons; null compares every block.
    """

    run: PartitionRun
    sweep_blocks: int | None


@dataclass
class RelationReport:
    """What one sync did to one relation.

    Attributes:
        rows_staged: Rows that came through the pipe.
        bytes_staged: Their size as COPY text.
        rows_written: Landing rows inserted or replaced.
        rows_replaced: Of the rows written, those that replaced one with the same key.
        rows_deleted: Landing rows that the source no longer has.
        hours_changed: Hours (start, UTC) recorded as changed.
        row_count: Rows of the landing afterwards.
        blocks_compared: Blocks of the sweep; ``blocks_total`` is what a cycle has.
        blocks_differing: Compared blocks that were read again.
        version: Version of the asset afterwards.
        unattributable: Landed rows that no table can hold.
        unattributable_samples: The first ids of those.
    """

    relation: str
    rows_staged: int = 0
    bytes_staged: int = 0
    rows_written: int = 0
    rows_replaced: int = 0
    rows_deleted: int = 0
    hours_changed: int = 0
    row_count: int = 0
    blocks_compared: int = 0
    blocks_differing: int = 0
    blocks_total: int = 0
    version: int = 0
    unattributable: int = 0
    unattributable_samples: list[int] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Return whether any landing row was written or deleted."""
        return self.rows_written > 0 or self.rows_deleted > 0
