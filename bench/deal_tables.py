"""The tables that the bench builds: all deal tables of compliance §3 and their inputs.

Scope: names, in the order in which a warehouse is built. Not here: building them
(``bench.history``), or the formulas (``bench/reference``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HOURLY = ("unified_verified_deal_hourly", "client_claims_hourly")
SNAPSHOTS = (
    "allocator",
    "client",
    "client_datacap_allocation",
    "old_datacap_balance_nv22",
    "old_datacap_client_balance_nv22",
    "provider",
    "provider_first_client",
)
WEEKLY = (
    "client_provider_piece_weekly",
    "client_provider_repeated_piece_weekly",
    "client_provider_claims_weekly_acc",
    "client_provider_distribution_weekly",
    "client_provider_distribution_weekly_acc",
    "providers_weekly",
    "providers_weekly_acc",
    "client_allocator_distribution_weekly",
    "client_allocator_distribution_weekly_acc",
    "allocators_weekly",
    "allocators_weekly_acc",
    "old_datacap_balance_weekly",
    "old_datacap_client_balance_weekly",
)
TOTALS = ("client_provider_totals",)
BY_PIECE = (
    "client_piece",
    "client_provider_distribution",
    "client_replica_distribution",
    "cid_sharing",
)
# Inputs of marts; not in schema filplus.
INTERMEDIATE = frozenset(
    {
        "client_provider_piece_weekly",
        "client_provider_repeated_piece_weekly",
        "client_provider_claims_weekly_acc",
        "client_provider_totals",
        "client_piece",
    }
)
# Counted on the day of the clock only.
OF_THE_DAY = ("allocator_client_stats_daily", "clients_stats_daily")


@dataclass(frozen=True)
class Step:
    """Tables that one run builds.

    Attributes:
        name: Shown in the report.
        kind: Partitions of dbt's models, dbt's unpartitioned models, or a module of our own SQL.
        tables: In dependency order.
    """

    name: str
    kind: Literal["hour", "day", "week", "unpartitioned", "totals", "pieces"]
    tables: tuple[str, ...]


STEPS = (
    Step("hourly models", "hour", HOURLY),
    Step("totals per pair", "totals", TOTALS),
    Step("snapshots", "unpartitioned", SNAPSHOTS),
    Step("weekly models", "week", WEEKLY),
    Step("tables by piece", "pieces", BY_PIECE),
    Step("daily models", "day", OF_THE_DAY),
)
TABLES = frozenset(table for step in STEPS for table in step.tables)
SCHEMAS = ("filplus", "intermediate")

# Column by which a table is partitioned; other tables are compared and counted in full.
PARTITIONED_BY = {
    **dict.fromkeys(HOURLY, "hour"),
    **dict.fromkeys(WEEKLY, "week"),
    **dict.fromkeys(OF_THE_DAY, "date"),
}
