"""Checks of the tables by piece, evaluated in each run that writes them (compliance §13, 1, 7, 8).

A check reads what a run wrote, or tables that are small because they have a row per pair. Scope:
the rules; not here: the tables (``piece_tables``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dagster as dg
import psycopg

from cdp_assets.core.checks.sql_check import SqlCheck, evaluate

CHECKS = (
    SqlCheck(
        "piece_rows_are_consistent",
        "intermediate/client_piece",
        "Every row that was written has a provider, and its largest size is at most the sum.",
        "select * from intermediate.client_piece "
        "where num_of_replicas < 1 or largest_piece_size not between 0 and total_deal_size",
    ),
    SqlCheck(
        "distribution_sizes_consistent",
        "filplus/client_provider_distribution",
        "Unique bytes are at most all bytes, and every pair has a claim (compliance §13, 3).",
        "select * from filplus.client_provider_distribution "
        "where unique_data_size not between 0 and total_deal_size or claims_count < 1",
    ),
    SqlCheck(
        "replica_sizes_equal_those_of_providers",
        "filplus/client_replica_distribution",
        "Bytes per client over all numbers of replicas equal those over all providers "
        "(compliance §13, 7).",
        """
        select client, r.total_deal_size as by_replicas, p.total_deal_size as by_providers
        from (
            select client, sum(total_deal_size) as total_deal_size
            from filplus.client_replica_distribution group by client
        ) r
        full join (
            select client, sum(total_deal_size) as total_deal_size
            from filplus.client_provider_distribution group by client
        ) p using (client)
        where r.total_deal_size is distinct from p.total_deal_size
        """,
    ),
    SqlCheck(
        "replicas_are_at_most_the_providers",
        "filplus/client_replica_distribution",
        "A piece has at least one and at most as many replicas as its client has providers, and "
        "unique bytes are at most all bytes (compliance §13, 7).",
        """
        select r.*, p.providers
        from filplus.client_replica_distribution r
        left join (
            select client, count(*) as providers
            from filplus.client_provider_distribution group by client
        ) p using (client)
        where (r.num_of_replicas between 1 and p.providers) is not true
            or r.unique_data_size not between 0 and r.total_deal_size
        """,
    ),
    SqlCheck(
        "sharing_is_mutual",
        "filplus/cid_sharing",
        "Rows that were written share as many pieces as those of the other direction, at least "
        "one, and no client shares with itself (compliance §13, 8).",
        """
        select s.*, b.unique_cid_count as other_way
        from filplus.cid_sharing s
        left join filplus.cid_sharing b
            on b.client = s.other_client and b.other_client = s.client
        where s.unique_cid_count is distinct from b.unique_cid_count or s.unique_cid_count < 1
            or s.total_deal_size < 0 or s.client = s.other_client
        """,
    ),
)


# After an incremental update: the same rules over the rows that it wrote, which are in temporary
# tables. The other statements read small tables and stay as they are.
_AFTER_MOVE = {
    "piece_rows_are_consistent": "select * from moved "
    "where new_replicas < 1 or new_largest not between 0 and new_total",
    "sharing_is_mutual": """
    select s.*, b.unique_cid_count as other_way
    from sharing_rows d
    inner join filplus.cid_sharing s
        on s.client = 'f0' || d.client_id and s.other_client = 'f0' || d.other_id
    left join filplus.cid_sharing b
        on b.client = s.other_client and b.other_client = s.client
    where s.unique_cid_count is distinct from b.unique_cid_count or s.unique_cid_count < 1
        or s.total_deal_size < 0 or s.client = s.other_client
    """,
}


def specs() -> list[dg.AssetCheckSpec]:
    """Return the declarations of the checks."""
    return [check.spec() for check in CHECKS]


def evaluate_all(
    connection: psycopg.Connection, *, is_rebuilt: bool
) -> Sequence[dg.AssetCheckResult]:
    """Return the result of every check, read in the transaction that wrote the tables."""
    return [
        evaluate(connection, _as_of_run(check, is_rebuilt=is_rebuilt), shown=check.broken)
        for check in CHECKS
    ]


def _as_of_run(check: SqlCheck, *, is_rebuilt: bool) -> SqlCheck:
    moved = None if is_rebuilt else _AFTER_MOVE.get(check.name)
    return check if moved is None else replace(check, broken=moved)
