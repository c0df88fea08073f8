"""Checks of commission lines: each is one statement that finds the rows which break a rule.

As the canonical checks, with the parameters chain and periods. Scope: the checks; not here: what a
computation itself refuses (``over_attribution``).
"""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.validators.commissions.line_table import LINES
from cdp_assets.validators.storage.version_checks import one_current_row

_WARN = dg.AssetCheckSeverity.WARN
_LINES = "validators/partner_commission_lines"
_CURRENT = (
    "l.chain_id = %(chain)s and l.period_id = any(%(periods)s) and l.is_current and not l.is_void"
)

LINE_CHECKS = (
    one_current_row(LINES),
    SqlCheck(
        "attribution_within_component",
        _LINES,
        "All partners together take no more of a component than there is (I1).",
        f"""
        select l.period_id, l.validator_key || ' ' || l.revenue_component || ': '
            || sum(l.raw_amount_native) as sample
        from validators.partner_commission_lines l
        join validators.validator_pnl p
            on p.chain_id = l.chain_id and p.period_id = l.period_id
            and p.validator_key = l.validator_key and p.is_current and not p.is_void
        where {_CURRENT} and l.line_kind = 'ATTRIBUTION' and l.revenue_component in
            ('EXEC_FEES', 'MEV_TIPS', 'VOTE_REWARDS', 'COMMISSION', 'TOTAL')
        group by l.period_id, l.validator_key, l.revenue_component
        having sum(l.raw_amount_native) > greatest(0, min(
            case l.revenue_component
                when 'EXEC_FEES' then p.exec_fees_native
                when 'MEV_TIPS' then p.mev_tips_native
                when 'VOTE_REWARDS' then p.vote_rewards_native
                when 'COMMISSION' then p.commission_native
                else p.total_revenue_native
            end
        ))
        union all
        -- A line of all validators counts in the sum over all of them.
        select t.period_id, t.revenue_component || ' of all validators: ' || t.native as sample
        from (
            select l.chain_id, l.period_id, l.revenue_component, sum(l.raw_amount_native) as native
            from validators.partner_commission_lines l
            where {_CURRENT} and l.line_kind = 'ATTRIBUTION' and l.revenue_component in
                ('EXEC_FEES', 'MEV_TIPS', 'VOTE_REWARDS', 'COMMISSION', 'TOTAL')
            group by l.chain_id, l.period_id, l.revenue_component
            having bool_or(l.validator_key is null)
        ) t
        cross join lateral (
            select sum(greatest(0, case t.revenue_component
                when 'EXEC_FEES' then p.exec_fees_native
                when 'MEV_TIPS' then p.mev_tips_native
                when 'VOTE_REWARDS' then p.vote_rewards_native
                when 'COMMISSION' then p.commission_native
                else p.total_revenue_native
            end)) as native
            from validators.validator_pnl p
            where p.chain_id = t.chain_id and p.period_id = t.period_id and p.is_current
                and not p.is_void
        ) available
        where t.native > available.native
        """,
        is_blocking=True,
    ),
    SqlCheck(
        "amount_is_base_times_rate",
        _LINES,
        "Each line of a flat rate is its exact base times the rate, rounded down once (I2).",
        f"""
        select l.period_id, l.line_id::text as sample
        from validators.partner_commission_lines l
        where {_CURRENT} and l.line_kind = 'ATTRIBUTION' and l.commission_rate_bps is not null
            and l.raw_amount_native is not null and not (
                l.raw_amount_native * l.base_denominator * 10000
                    <= greatest(l.base_numerator, 0) * l.commission_rate_bps
                and (l.raw_amount_native + 1) * l.base_denominator * 10000
                    > greatest(l.base_numerator, 0) * l.commission_rate_bps
            )
        """,
        is_blocking=True,
    ),
    SqlCheck(
        "final_is_override_or_computed",
        _LINES,
        "The final amount is the override where there is one, else the computed amount (I7).",
        f"""
        select l.period_id, l.line_id::text as sample
        from validators.partner_commission_lines l
        where {_CURRENT} and l.line_kind <> 'ADJUSTMENT' and l.final_amount_native is distinct from
            coalesce(l.override_amount_native, l.pre_override_amount_native)
        """,
        is_blocking=True,
    ),
    SqlCheck(
        "override_not_stale",
        _LINES,
        "The amount that an override replaced is still the one its author saw.",
        f"""
        select distinct l.period_id, l.agreement_id || ' override ' || l.override_id as sample
        from validators.partner_commission_lines l
        where {_CURRENT} and l.override_stale
        """,
        _WARN,
    ),
)
