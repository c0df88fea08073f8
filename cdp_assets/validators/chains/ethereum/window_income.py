"""Income of a window's proposals, from the stored fetches of blocks and of relays (validator §3.2).

A block is vanilla only if no relay delivered it, so fees cannot be read without the relays'
payloads, nor MEV without the blocks. Scope: joining both fetches by validator; not here: what one
block pays (``rules.ethereum_blocks``), fetching.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.chains.adapter import DataType, ReadContext
from cdp_assets.validators.chains.ethereum.fetch_blocks import Proposal, read_proposals
from cdp_assets.validators.rules.ethereum_blocks import (
    ValidatorBlocks,
    block_income,
    canonical_payloads,
)
from cdp_assets.validators.rules.identity_rules import IdentityRow
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.storage.payload_store import StoredFetch
from resources.sources.ethereum.mev_relay import DeliveredPayload, read_delivered


def read_payloads(stored: StoredFetch, period: Period) -> Iterator[DeliveredPayload]:
    """Read the payloads that all relays delivered in a period."""
    for _, body in stored.parts("delivered"):
        for payload in read_delivered(body):
            if period.start_slot <= payload.slot <= period.end_slot:
                yield payload


def income_by_validator(
    blocks: StoredFetch, payloads: Iterable[DeliveredPayload], context: ReadContext
) -> dict[str, ValidatorBlocks]:
    """Return what the proposals of each validator of the period pay, zeros included.

    Args:
        blocks: The fetch of the period's blocks.
        payloads: Of all relays.
        context: With the period's validators and the addresses that they are expected to pay to.
    """
    key_of, expected = context.values("index"), expected_recipients(context.identities)
    sums = {key: ValidatorBlocks() for key in sorted(set(key_of.values()))}
    proposals: list[Proposal] = list(read_proposals(blocks))
    claims = canonical_payloads(payloads, {one.slot: one.block.block_hash for one in proposals})
    for one in proposals:
        key = key_of.get(str(one.proposer_index))
        if key is not None:
            income = block_income(one.slot, one.block, claims.get(one.slot, ()), expected.get(key))
            sums[key].add(income)
    return sums


def expected_recipients(identities: Iterable[IdentityRow]) -> Mapping[str, frozenset[str]]:
    """Return the addresses that each validator is expected to pay to; absent: undeclared."""
    found: dict[str, set[str]] = {}
    for row in identities:
        if row.kind == "fee_recipient":
            found.setdefault(row.validator_key, set()).add(row.value)
    return {key: frozenset(addresses) for key, addresses in found.items()}


def booked_payloads(context: ReadContext) -> list[DeliveredPayload]:
    """Return the payloads of the fetch from which MEV is booked, for reading fees beside it.

    ``canonical.normalise`` passes over a fetch without any payload until the relays confirm it.
    Fees must pass over it, too: else they would hold a block that the other fetch has as MEV.

    Raises:
        MissingUpstream: None is stored.
    """
    for stored in required_fetches(context, "MEV"):
        payloads = list(read_payloads(stored, context.period))
        if payloads or stored.winner.is_confirmed:
            return payloads
    return []


def required_fetches(context: ReadContext, data_type: DataType) -> Sequence[StoredFetch]:
    """Return the complete fetches of another data type, best first; at least one.

    Raises:
        MissingUpstream: None is stored.
    """
    found = context.fetches_of(data_type)
    if not found:
        raise MissingUpstream(
            f"no complete fetch of {data_type} is stored",
            key=context.period.period_id,
            hint="only relays know which blocks builders paid for: set CDP_MEV_RELAY_URLS, and "
            "CDP_ETHEREUM_RPC_URL for the blocks, then materialize the staging assets",
        )
    return found
