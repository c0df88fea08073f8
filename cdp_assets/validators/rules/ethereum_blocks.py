"""What a proposed Ethereum block pays its validator (validator §3.2 "Attribution of a block").

Either a builder's payment or priority fees, never both. Plain functions of integers. Scope: one
block, and the sums over a window; not here: reading responses (``resources.sources``), consensus
rewards (``ethereum_rewards``), writing rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cdp_assets.errors import InvalidSourceResponse
from resources.sources.ethereum.ethereum_rpc import ExecutionBlock, Receipt
from resources.sources.ethereum.mev_relay import DeliveredPayload

RELAY_VALUE_MISMATCH = "RELAY_VALUE_MISMATCH"  # a relay claims another amount than was paid
PAYMENT_UNVERIFIED = "PAYMENT_UNVERIFIED"  # no transaction of the block proves the payment
TRACED = "TRACED"  # transfers to the recipient that only traces show
MISDIRECTED = "MISDIRECTED"  # paid to an address that the validator is not expected to pay to
RECIPIENT_UNDECLARED = "RECIPIENT_UNDECLARED"  # no expected address is declared for the validator


@dataclass(frozen=True, slots=True)
class BlockIncome:
    """What one block pays on the execution layer, in wei.

    Attributes:
        slot: Of the block.
        priority_fees: Income of a vanilla block; 0 for a MEV block, whose builder keeps them.
        mev: Income from the builder, or from traced transfers.
        misdirected: Paid to an unexpected address: no income.
        is_mev: A relay delivered the block.
        flags: What a reader must know, sorted.
    """

    slot: int
    priority_fees: int
    mev: int
    misdirected: int
    is_mev: bool
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class ValidatorBlocks:
    """What the blocks of one validator in one window pay, in wei and counts.

    Attributes:
        fee_flags: Of vanilla blocks.
        mev_flags: Of blocks that a relay delivered, and of misdirected or traced amounts.
    """

    priority_fees: int = 0
    mev: int = 0
    misdirected: int = 0
    blocks: int = 0
    vanilla_blocks: int = 0
    mev_blocks: int = 0
    fee_flags: set[str] = field(default_factory=set)
    mev_flags: set[str] = field(default_factory=set)

    def add(self, income: BlockIncome) -> None:
        """Add one block."""
        self.priority_fees += income.priority_fees
        self.mev += income.mev
        self.misdirected += income.misdirected
        self.blocks += 1
        self.mev_blocks += income.is_mev
        self.vanilla_blocks += not income.is_mev
        if not income.is_mev:
            self.fee_flags.update(income.flags)
        if income.is_mev or income.misdirected or income.mev:
            self.mev_flags.update(income.flags)


def priority_fees(base_fee: int, receipts: Iterable[Receipt]) -> int:
    """Return what transactions pay above the base fee; failed ones pay, too.

    Args:
        base_fee: Wei per gas; burned.
        receipts: Of all transactions of a block.

    Raises:
        InvalidSourceResponse: A price below the base fee, which the protocol excludes.
    """
    total = 0
    for receipt in receipts:
        if receipt.effective_gas_price < base_fee:
            raise InvalidSourceResponse(
                f"transaction {receipt.transaction_hash} pays less than the base fee"
            )
        total += receipt.gas_used * (receipt.effective_gas_price - base_fee)
    return total


def canonical_payloads(
    delivered: Iterable[DeliveredPayload], block_hashes: Mapping[int, str]
) -> dict[int, tuple[DeliveredPayload, ...]]:
    """Return the claims about each canonical block; a payload at several relays is one claim.

    Args:
        delivered: Of all relays, in any order.
        block_hashes: Of the canonical block, by slot; other slots are ignored.

    Returns:
        By slot: the claims that differ in value or recipient, in a total order.
    """
    found: dict[int, set[DeliveredPayload]] = {}
    for payload in delivered:
        if block_hashes.get(payload.slot) == payload.block_hash:
            found.setdefault(payload.slot, set()).add(payload)
    return {slot: tuple(sorted(claims, key=_claim_order)) for slot, claims in sorted(found.items())}


def _claim_order(claim: DeliveredPayload) -> tuple[int, str, str]:
    return claim.value, claim.proposer_fee_recipient, claim.builder_pubkey


def block_income(
    slot: int,
    block: ExecutionBlock,
    claims: tuple[DeliveredPayload, ...],
    expected: frozenset[str] | None,
    *,
    traced: int | None = None,
) -> BlockIncome:
    """Return what a block pays its validator.

    Args:
        slot: Of the block.
        block: With its receipts.
        claims: Delivered payloads of this very block; empty: a vanilla block.
        expected: Addresses that the validator is expected to pay to; null: none is declared, so
            that no payment can be called misdirected.
        traced: Direct transfers to the block's recipient that traces show; null: not traced.
    """
    if claims:
        return _mev_income(slot, block, claims, expected)
    fees, flags = priority_fees(block.base_fee, block.receipts), set[str]()
    if traced is not None:
        flags.add(TRACED)
    is_income = _is_expected(block.miner, expected, flags)
    paid = (fees, traced or 0)
    return BlockIncome(
        slot=slot,
        priority_fees=paid[0] if is_income else 0,
        mev=paid[1] if is_income else 0,
        misdirected=0 if is_income else sum(paid),
        is_mev=False,
        flags=tuple(sorted(flags)),
    )


def _mev_income(
    slot: int,
    block: ExecutionBlock,
    claims: tuple[DeliveredPayload, ...],
    expected: frozenset[str] | None,
) -> BlockIncome:
    """Return the builder's payment: as the last transaction proves it, else as it is claimed."""
    flags = set[str]()
    claim, paid = _payment(block, claims)
    if paid is None:
        flags.add(PAYMENT_UNVERIFIED)
    amount = claim.value if paid is None else paid
    if any(one.value != amount for one in claims):
        flags.add(RELAY_VALUE_MISMATCH)
    is_income = _is_expected(claim.proposer_fee_recipient, expected, flags)
    return BlockIncome(
        slot=slot,
        priority_fees=0,
        mev=amount if is_income else 0,
        misdirected=0 if is_income else amount,
        is_mev=True,
        flags=tuple(sorted(flags)),
    )


def _payment(
    block: ExecutionBlock, claims: tuple[DeliveredPayload, ...]
) -> tuple[DeliveredPayload, int | None]:
    """Return the claim that the block's last transaction pays, and the amount paid.

    All ether that the recipient received would not do: deposits of others may be in the same block
    (slot 13015124: 32.245 ETH received, 0.02 of it the payment).
    """
    last = block.last_transaction
    if last is not None and last.sender == block.miner:
        for claim in claims:
            if claim.proposer_fee_recipient == last.receiver:
                return claim, last.value
    return claims[0], None


def _is_expected(recipient: str, expected: frozenset[str] | None, flags: set[str]) -> bool:
    if expected is None:
        flags.add(RECIPIENT_UNDECLARED)
    elif recipient not in expected:
        flags.add(MISDIRECTED)
        return False
    return True
