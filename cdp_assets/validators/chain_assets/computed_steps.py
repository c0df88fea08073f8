"""The steps of a chain that are computed: client stakes, P&L, commission lines.

Scope: what they depend on and how they are checked; not here: their work (``pnl``, ``lines_step``),
or the list of all steps (``chain_assets.chain_steps``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from cdp_assets.validators.canonical.checks import of_asset
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Component
from cdp_assets.validators.commissions.line_checks import LINE_CHECKS
from cdp_assets.validators.commissions.lines_step import write_lines
from cdp_assets.validators.commissions.term_store import ENGINE_VERSION
from cdp_assets.validators.periods.period_step import PeriodStep
from cdp_assets.validators.pnl import client_stakes_step, pnl_step
from cdp_assets.validators.pnl.pnl_checks import CLIENT_STAKE_CHECKS, PNL_CHECKS

_ALL: Final[tuple[Component, ...]] = ("EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION")


def computed_steps(chain: Chain, canonical: Collection[str]) -> tuple[PeriodStep, ...]:
    """Return the computed steps of a chain, in the order of the data.

    Args:
        chain: The chain.
        canonical: Keys of the tables that the chain has; a chain without a source of MEV has none
            of it.
    """
    keys = ChainKeys(chain.key_name)
    read = [keys.identities, keys.fees, keys.mev, keys.rewards, keys.meta]
    of_pnl = [key for key in read if key in canonical]
    of_stakes = [key for key in (keys.rewards,) if key in canonical]
    return (
        PeriodStep(
            asset_key=keys.client_stakes,
            upstream=of_stakes or [keys.periods],
            inputs=[*of_stakes, keys.mapping_changes],
            checks=of_asset(CLIENT_STAKE_CHECKS, keys.client_stakes),
            work=client_stakes_step.write_client_stakes,
            components=("VOTE_REWARDS",),
            code_version=client_stakes_step.CODE_VERSION,
        ),
        PeriodStep(
            asset_key=keys.pnl,
            upstream=of_pnl,
            inputs=[*of_pnl, keys.price_changes],
            checks=of_asset(PNL_CHECKS, keys.pnl),
            work=pnl_step.write_pnl,
            components=_ALL,
            group="validator_pnl",
            code_version=pnl_step.CODE_VERSION,
        ),
        PeriodStep(
            asset_key=keys.lines,
            upstream=[keys.pnl, keys.client_stakes],
            inputs=[keys.pnl, keys.client_stakes, keys.term_changes],
            checks=of_asset(LINE_CHECKS, keys.lines),
            work=write_lines,
            components=_ALL,
            group="commissions",
            code_version=ENGINE_VERSION,
        ),
    )
