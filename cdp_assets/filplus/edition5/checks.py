"""What the fixed tables of edition 5 must hold (compliance §2.3, §7.2), checked when they are read.

Scope: the rules about stored rows; not here: the form of a file (see ``rules``).
"""

from __future__ import annotations

from typing import LiteralString

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck

_WARN = dg.AssetCheckSeverity.WARN
_OUTCOMES: LiteralString = (
    "('passed', 'passedConditionally', 'failed', 'pending', 'notAudited', 'invalid')"
)


def _actor_ids(table: LiteralString) -> SqlCheck:
    return SqlCheck(
        "allocator_ids_are_actor_ids",
        f"filplus/{table}",
        "An allocator's id is f0 and a number.",
        f"select distinct allocator_id from filplus.{table} "
        "where allocator_id !~ '^f0[0-9]+$' order by allocator_id",
    )


def _known_outcomes(table: LiteralString, key: LiteralString) -> SqlCheck:
    return SqlCheck(
        "outcomes_known",
        f"filplus/{table}",
        "An outcome is one of those of compliance §2.3. Any other word is stored as unknown.",
        f"select {key}, outcome from filplus.{table} "
        f"where outcome not in {_OUTCOMES} order by {key}",
        _WARN,
    )


CHECKS = (
    _actor_ids("edition5_audit_states"),
    _known_outcomes("edition5_audit_states", "allocator_id, audit_number"),
    SqlCheck(
        "audits_numbered_from_zero",
        "filplus/edition5_audit_states",
        "The audits of an allocator are numbered from 0 without a gap.",
        """
        select allocator_id, array_agg(audit_number order by audit_number) as numbers
        from filplus.edition5_audit_states
        group by allocator_id
        having min(audit_number) <> 0 or max(audit_number) <> count(*) - 1
        order by allocator_id
        """,
    ),
    SqlCheck(
        "audit_times_in_order",
        "filplus/edition5_audit_states",
        "An audit starts, ends, and its datacap is allocated, in this order, as far as recorded.",
        """
        select allocator_id, audit_number, started_at, ended_at, dc_allocated_at
        from filplus.edition5_audit_states
        where ended_at < started_at or dc_allocated_at < coalesce(ended_at, started_at)
        order by allocator_id, audit_number
        """,
        _WARN,
    ),
    SqlCheck(
        "datacap_not_negative",
        "filplus/edition5_audit_states",
        "An audit gave no negative datacap.",
        """
        select allocator_id, audit_number, datacap_amount_pib
        from filplus.edition5_audit_states
        where datacap_amount_pib < 0 order by allocator_id, audit_number
        """,
    ),
    SqlCheck(
        "rounds_numbered_from_one",
        "filplus/edition5_audit_times",
        "The rounds of a series are numbered from 1 without a gap.",
        """
        select series, array_agg(round order by round) as rounds
        from filplus.edition5_audit_times
        group by series having min(round) <> 1 or max(round) <> count(*)
        order by series
        """,
    ),
    SqlCheck(
        "durations_positive",
        "filplus/edition5_audit_times",
        "An average duration is longer than 0 seconds and shorter than edition 5, 497 days.",
        """
        select series, round, average_seconds
        from filplus.edition5_audit_times
        where average_seconds not between 1 and 497 * 86400 order by series, round
        """,
    ),
    _actor_ids("edition5_pathways"),
    SqlCheck(
        "pathways_named",
        "filplus/edition5_pathways",
        "An allocator has a type and a pathway, which are no empty text.",
        """
        select allocator_id, type_of_allocator, pathway
        from filplus.edition5_pathways
        where trim(type_of_allocator) = '' or trim(pathway) = '' order by allocator_id
        """,
    ),
    _known_outcomes("edition5_monthly_outcomes", "month"),
    SqlCheck(
        "months_complete",
        "filplus/edition5_monthly_outcomes",
        "A month is its first day, is in edition 5 (March 2024 to July 2025), and no month "
        "between the first and the last is missing.",
        """
        select coalesce(m.month, g.month) as month, m.month is null as is_missing
        from (select distinct month from filplus.edition5_monthly_outcomes) m
        full join (
            select generate_series(min(month), max(month), interval '1 month')::date as month
            from filplus.edition5_monthly_outcomes
        ) g using (month)
        where m.month is null or m.month <> date_trunc('month', m.month)
            or m.month not between '2024-03-01' and '2025-07-01'
        order by 1
        """,
    ),
    SqlCheck(
        "audits_add_up",
        "filplus/edition5_monthly_outcomes",
        "The counts of a month are not negative and, one last audit per allocator, add up to at "
        "most the allocators of edition 5.",
        """
        select month, sum(audits) as audits
        from filplus.edition5_monthly_outcomes
        group by month
        having min(audits) < 0 or sum(audits) > (
            select nullif(count(distinct allocator_id), 0)
            from (
                select allocator_id from filplus.edition5_audit_states
                union all
                select allocator_id from filplus.edition5_pathways
            ) known
        )
        order by month
        """,
    ),
    SqlCheck(
        "datacap_has_audits",
        "filplus/edition5_monthly_outcomes",
        "Datacap is not negative, and an outcome without an audit has none.",
        """
        select month, outcome, audits, datacap_pib
        from filplus.edition5_monthly_outcomes
        where datacap_pib < 0 or (audits = 0 and datacap_pib <> 0) order by month, outcome
        """,
    ),
)
