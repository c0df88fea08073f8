"""Checks of client stakes and P&L: each is one statement that finds the rows which break a rule.

As the canonical checks, with the parameters chain and periods. Scope: the checks; not here: the
steps (``computed_steps``).
"""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.validators.pnl.pnl_tables import CLIENT_STAKES, PNL
from cdp_assets.validators.storage.version_checks import one_current_row

_WARN = dg.AssetCheckSeverity.WARN
_PNL = "validators/validator_pnl"
# The newest result of a check is what the UI shows: it must not pass because the last run was over
# other periods than the incomplete ones. Bounded, so that its cost does not grow with the history.
_NEWEST_PERIODS = """
    select period_id from validators.canonical_periods
    where chain_id = %(chain)s and is_current and not is_void
    order by period_ordinal desc limit 30
"""
_CURRENT = "chain_id = %(chain)s and period_id = any(%(periods)s) and is_current and not is_void"


CLIENT_STAKE_CHECKS = (
    one_current_row(CLIENT_STAKES),
    SqlCheck(
        "introduced_stake_within_total",
        "validators/canonical_client_stakes",
        "The stakes of clients at a validator add up to its total stake at most (I12).",
        f"""
        select s.period_id, s.validator_key || ': ' || sum(s.stake_native) || ' of '
            || min(m.total_stake_native) as sample
        from (select * from validators.canonical_client_stakes where {_CURRENT}) s
        join validators.canonical_validator_meta m
            on m.chain_id = s.chain_id and m.period_id = s.period_id
            and m.validator_key = s.validator_key and m.is_current and not m.is_void
        group by s.period_id, s.validator_key
        having sum(s.stake_native) > min(m.total_stake_native)
        """,
        _WARN,
    ),
)
PNL_CHECKS = (
    one_current_row(PNL),
    SqlCheck(
        "total_is_sum_of_components",
        _PNL,
        "The total is the sum of the four components, and null where one of them is (I3).",
        f"""
        select period_id, validator_key
        from validators.validator_pnl
        where {_CURRENT} and total_revenue_native is distinct from
            exec_fees_native + mev_tips_native + vote_rewards_native + commission_native
        """,
        is_blocking=True,
    ),
    SqlCheck(
        "quality_matches_components",
        _PNL,
        "A row is COMPLETE exactly where no component is missing, and then has a total.",
        f"""
        select period_id, validator_key || ' ' || quality as sample
        from validators.validator_pnl
        where {_CURRENT} and (
            (quality = 'COMPLETE') <> (missing_components = '{{}}')
            or (quality = 'COMPLETE') <> (total_revenue_native is not null)
        )
        """,
        is_blocking=True,
    ),
    SqlCheck(
        "every_validator_has_a_row",
        _PNL,
        "Every validator that was known in the period has a row.",
        """
        select distinct i.period_id, i.validator_key
        from validators.canonical_validator_identities i
        left join validators.validator_pnl p
            on p.chain_id = i.chain_id and p.period_id = i.period_id
            and p.validator_key = i.validator_key and p.is_current and not p.is_void
        where i.chain_id = %(chain)s and i.period_id = any(%(periods)s) and i.is_current
            and not i.is_void and p.validator_key is null
        """,
        is_blocking=True,
    ),
    SqlCheck(
        "every_component_is_known",
        _PNL,
        "Every validator has all components, in the run's periods and the newest 30 of the chain; "
        "a missing one makes its lines incomplete.",
        f"""
        select period_id, validator_key || ' lacks ' || array_to_string(missing_components, ', ')
            as sample
        from validators.validator_pnl
        where chain_id = %(chain)s and is_current and not is_void and quality = 'INCOMPLETE'
            and period_id in (
                select unnest(%(periods)s::text[])
                union all
                ({_NEWEST_PERIODS})
            )
        """,
        _WARN,
    ),
    SqlCheck(
        "price_of_the_day_present",
        _PNL,
        "With a source of prices, each period has a price of its last day; without one its fiat "
        "columns are null.",
        f"""
        select distinct period_id, 'no price' as sample
        from validators.validator_pnl
        where {_CURRENT} and price is null and %(has_prices)s
        """,
    ),
)
