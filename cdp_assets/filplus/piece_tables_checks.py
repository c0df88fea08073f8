"""What holds for the tables by piece whenever they were written (compliance §13, 1, 7 and 8).

A check reads what a run wrote, or tables that are small because they have a row per pair. Belongs
here: the rules. Does not: the tables (``piece_tables``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
import psycopg

from cdp_assets.checked import checked, sample_rows


@dataclass(frozen=True)
class Rule:
    """One check: a query of the rows that break it, after a move and after a rebuild.

    Attributes:
        name: Of the check.
        asset_key: The table that it is about.
        meaning: In words.
        moved: Query over the temporary tables of a move; null: the query of a rebuild is bounded.
        rebuilt: Query over whole tables.
    """

    name: str
    asset_key: str
    meaning: str
    rebuilt: str
    moved: str | None = None


RULES = (
    Rule(
        "piece_rows_are_consistent",
        "intermediate/client_piece",
        "Every row that was written has a provider, and its largest size is at most the sum.",
        "select * from intermediate.client_piece "
        "where num_of_replicas < 1 or largest_piece_size not between 0 and total_deal_size",
        "select * from moved where new_replicas < 1 or new_largest not between 0 and new_total",
    ),
    Rule(
        "distribution_figures_fit_each_other",
        "filplus/client_provider_distribution",
        "Unique bytes are at most all bytes, and every pair has a claim (compliance §13, 3).",
        "select * from filplus.client_provider_distribution "
        "where unique_data_size not between 0 and total_deal_size or claims_count < 1",
    ),
    Rule(
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
    Rule(
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
    Rule(
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
        """
        select s.*, b.unique_cid_count as other_way
        from sharing_rows d
        inner join filplus.cid_sharing s
            on s.client = 'f0' || d.client_id and s.other_client = 'f0' || d.other_id
        left join filplus.cid_sharing b
            on b.client = s.other_client and b.other_client = s.client
        where s.unique_cid_count is distinct from b.unique_cid_count or s.unique_cid_count < 1
            or s.total_deal_size < 0 or s.client = s.other_client
        """,
    ),
)


def specs() -> list[dg.AssetCheckSpec]:
    """Return what Dagster is told about the checks."""
    return [
        dg.AssetCheckSpec(rule.name, asset=rule.asset_key.split("/"), description=rule.meaning)
        for rule in RULES
    ]


def evaluate(cursor: psycopg.Cursor, is_rebuilt: bool) -> Sequence[dg.AssetCheckResult]:
    """Return the result of every check, read in the transaction that wrote the tables."""
    return [_evaluate(cursor, rule, is_rebuilt) for rule in RULES]


def _evaluate(cursor: psycopg.Cursor, rule: Rule, is_rebuilt: bool) -> dg.AssetCheckResult:
    query = rule.rebuilt if is_rebuilt or rule.moved is None else rule.moved
    cursor.execute(f"select b.*, count(*) over () as broken from ({query}) b".encode())
    rows = sample_rows(cursor)
    broken = int(rows[0]["broken"] or 0) if rows else 0
    return checked(
        rule.asset_key,
        rule.name,
        rule.meaning,
        failing_rows=broken,
        samples=[{k: v for k, v in row.items() if k != "broken"} for row in rows],
        sql=rule.rebuilt,
    )
