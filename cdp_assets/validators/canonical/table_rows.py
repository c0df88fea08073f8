"""What the rows of fees, MEV and rewards are, from an adapter's observations (validator §5).

Scope: one table each; not here: choosing and writing (``canonical.normalise``).
"""

from __future__ import annotations

from cdp_assets.validators.canonical.canonical_tables import FEES, MEV, REWARDS
from cdp_assets.validators.canonical.normalise import Observed, TableRow, TableWriter
from cdp_assets.validators.chains.adapter import Adapter, ReadContext
from cdp_assets.validators.storage.payload_store import StoredFetch


def _read_fees(adapter: type[Adapter], stored: StoredFetch, context: ReadContext) -> Observed:
    fees = adapter.read_fees(stored, context)
    rows = [
        TableRow(
            (validator,),
            (
                totals.total_fees_native,
                totals.fee_count,
                totals.base_fees_native,
                totals.priority_fees_native,
                totals.blocks_produced,
                totals.leader_slots,
            ),
            frozenset(totals.flags),
        )
        for validator, totals in fees.by_validator.items()
    ]
    statistics = {
        "identities_without_validator": len(fees.unattributed),
        "slots_without_validator": sum(t.leader_slots or 0 for t in fees.unattributed.values()),
    }
    return Observed(rows, fees.total, statistics, is_proven=fees.is_proven)


def _read_mev(adapter: type[Adapter], stored: StoredFetch, context: ReadContext) -> Observed:
    found = adapter.read_mev(stored, context)
    rows = [
        TableRow(
            (validator,),
            (mev.gross, mev.total, mev.commission_bps, mev.tip_count, mev.misdirected),
            mev.all_flags,
        )
        for validator, mev in found.items()
        if context.tracks(validator)
    ]
    # Not what was misdirected: fees are among it, of which a source of MEV knows nothing.
    total = sum((mev.gross or 0) + mev.total for mev in found.values())
    is_proven = bool(found) and all(mev.is_proven for mev in found.values())
    return Observed(rows, total, is_proven=is_proven)


def _read_rewards(adapter: type[Adapter], stored: StoredFetch, context: ReadContext) -> Observed:
    found = adapter.read_rewards(stored, context)
    rows = [
        TableRow(
            (reward.validator_key, reward.staker_address),
            (
                reward.rewards,
                reward.gross,
                reward.commission,
                reward.stake,
                reward.is_operator_owned,
            ),
            reward.flags,
        )
        for reward in found
        if context.tracks(reward.validator_key)
    ]
    total = sum(abs(r.rewards or 0) + abs(r.commission or 0) for r in found)
    return Observed(rows, total)


FEES_WRITER = TableWriter("FEES", FEES, _read_fees)
MEV_WRITER = TableWriter("MEV", MEV, _read_mev)
REWARDS_WRITER = TableWriter("REWARDS", REWARDS, _read_rewards)
