"""The validators of an epoch: generated, loaded, and restated later.

Scope: validators of an epoch with keys, stake and (where given) the fees they earned; not here:
slots and blocks (``epoch``), the protocol (``node``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from simulator.server.clock import read_instant
from simulator.solana.keys import solana_key

GROUP = 4  # the chain gives leaders four slots in a row
_IDENTITY_EPOCHS = 16  # one validator takes a new identity every so many epochs
_FAIL_OVER_EPOCHS, _FAIL_OVER_REST = 24, 5  # another one runs under two identities in these
_NO_ROW_EPOCHS, _NO_ROW_REST = 64, 51  # the source of MEV lacks one validator in these
_BIG_STAKE = 13_799_465_812_129_627  # lamports, real (epoch 796), above 2^53


@dataclass(frozen=True)
class EpochValidator:
    """One validator in one epoch.

    Attributes:
        vote: Vote account, the validator's lasting key.
        identities: Node keys in the order of use; two after a fail-over.
        stake: Lamports.
        leader_slots: Slots that it leads, rounded up to groups of four; may be zero.
        fees: Lamports that its blocks pay in total; null = not given: the sum over its blocks.
        commission: Percent of the inflation rewards.
        delinquent: Whether it is behind in voting.
        mev: Lamports of MEV for it and its stakers; null = not given: from seed and epoch.
        mev_commission_bps: Its share of that.
        runs_jito: Whether it runs the MEV client; without it there is no row.
        has_mev_row: Whether the complete rewards list it, though it runs the client.
        has_own_leaf: Whether the tree has a leaf with its own share.
        inflation: Lamports of inflation for it and its stakers; null = as mev.
    """

    vote: str
    identities: tuple[str, ...]
    stake: int
    leader_slots: int
    fees: int | None = None
    commission: int = 5
    delinquent: bool = False
    mev: int | None = None
    mev_commission_bps: int = 800
    runs_jito: bool = True
    has_mev_row: bool = True
    has_own_leaf: bool = True
    inflation: int | None = None


@dataclass(frozen=True)
class Restatement:
    """A correction of an epoch.

    Attributes:
        effective_at: From this instant of the simulated clock on; null = at once.
        fees: New total in lamports by vote account; mev and inflation likewise.
        upload_at: The tree of MEV is uploaded only at this instant; null = as usual.
        vanish: Vote accounts that are removed from the epoch.
        appear: Validators that were missing so far.
    """

    effective_at: datetime | None
    fees: dict[str, int]
    vanish: frozenset[str]
    appear: tuple[EpochValidator, ...]
    mev: dict[str, int] = field(default_factory=dict)
    inflation: dict[str, int] = field(default_factory=dict)
    upload_at: datetime | None = None


def rest_of_network(seed: int) -> EpochValidator:
    """Return the validator that leads all slots without another leader."""
    return EpochValidator(
        vote=solana_key(seed, "rest", "vote"),
        identities=(solana_key(seed, "rest", "identity"),),
        stake=9_000_000_000_000_001,
        leader_slots=0,
    )


def generated_validators(seed: int, epoch: int, slots_per_epoch: int) -> list[EpochValidator]:
    """Return the handful of validators of the default chain in an epoch, by number.

    Number 2 changes its identity every 16 epochs; number 3 runs under two identities in every
    twelfth epoch (5, 17, 29 …); number 5 is delinquent; number 6 never leads. In every 64th epoch
    (51, 115 …) the published MEV lacks number 2. All of it depends on the epoch alone, so a server
    that starts with a later clock has the same history.
    """
    generation = epoch // _IDENTITY_EPOCHS
    failed_over = epoch % _FAIL_OVER_EPOCHS == _FAIL_OVER_REST
    facts: tuple[tuple[int, int, tuple[object, ...]], ...] = (
        (_BIG_STAKE, 6, ("one",)),
        (11_623_658_944_574_101, 4, (f"generation {generation}",)),
        (4_200_000_000_000_003, 4, ("first", "second") if failed_over else ("first",)),
        (1_000_000_000_000_007, 3, ("one",)),
        (250_000_000_000_000, 1, ("one",)),
        (1_500_000_000, 0, ("one",)),
    )
    return [
        EpochValidator(
            vote=solana_key(seed, number, "vote"),
            identities=tuple(solana_key(seed, number, "identity", label) for label in labels),
            stake=stake,
            leader_slots=GROUP * (weight * (slots_per_epoch // GROUP) // 24),
            commission=(0, 2, 7, 5, 100, 10)[number - 1],
            delinquent=number == 5,
            mev_commission_bps=(800, 1_000, 0, 5, 10_000, 800)[number - 1],
            runs_jito=number != 4,
            has_mev_row=not (number == 2 and epoch % _NO_ROW_EPOCHS == _NO_ROW_REST),
        )
        for number, (stake, weight, labels) in enumerate(facts, start=1)
    ]


def read_validators(document: Any) -> list[EpochValidator]:
    """Read validators from the control endpoint's JSON.

    Each has ``vote``, ``identity`` (or ``identities``), ``stake`` and ``fees_lamports``, both whole
    lamports; ``leader_slots`` (4 per identity), ``commission``, ``delinquent``, ``mev_lamports``,
    ``mev_commission_bps``, ``runs_jito``, ``has_own_leaf`` and ``inflation_lamports`` may follow.

    Raises:
        ValueError: Another form, or one vote account twice.
    """
    if not isinstance(document, list):
        raise ValueError("validators is a list")
    found = [_read_validator(given) for given in document]
    if len({one.vote for one in found}) != len(found):
        raise ValueError("one vote account occurs twice")
    return found


def read_restatement(document: dict[str, Any]) -> Restatement:
    """Read a restatement from the control endpoint's JSON.

    Raises:
        ValueError: Another form.
    """
    at = document.get("effective_at")
    amounts = {name: document.get(name, {}) for name in ("fees", "mev", "inflation")}
    for name, given in amounts.items():
        if not isinstance(given, dict) or not all(_lamports(value) for value in given.values()):
            raise ValueError(f"{name} gives whole lamports by vote account")
    upload_at = document.get("upload_at")
    return Restatement(
        effective_at=None if at is None else read_instant(at),
        vanish=frozenset(document.get("vanish", ())),
        appear=tuple(read_validators(document.get("appear", []))),
        upload_at=None if upload_at is None else read_instant(upload_at),
        **amounts,
    )


def restate(validators: list[EpochValidator], change: Restatement) -> list[EpochValidator]:
    """Apply one restatement."""
    appearing = {one.vote for one in change.appear}
    others = [
        replace(
            one,
            fees=change.fees.get(one.vote, one.fees),
            mev=change.mev.get(one.vote, one.mev),
            inflation=change.inflation.get(one.vote, one.inflation),
        )
        for one in validators
        if one.vote not in change.vanish | appearing
    ]
    return others + list(change.appear)


def _read_validator(given: Any) -> EpochValidator:
    if not isinstance(given, dict):
        raise ValueError("a validator is an object")
    identities = given.get("identities") or [given.get("identity")]
    vote, stake, fees = given.get("vote"), given.get("stake"), given.get("fees_lamports")
    if not isinstance(vote, str) or not all(isinstance(one, str) for one in identities):
        raise ValueError("a validator has vote and identity")
    if not isinstance(stake, int) or not _lamports(stake) or not (fees is None or _lamports(fees)):
        raise ValueError(f"{vote}: stake and fees_lamports are whole numbers from 0")
    slots = int(given.get("leader_slots", GROUP * len(identities)))
    if slots < GROUP * len(identities) and not (slots == 0 and not fees):
        raise ValueError(f"{vote}: fees need {GROUP} leader slots per identity")
    return EpochValidator(
        vote=vote,
        identities=tuple(identities),
        stake=stake,
        leader_slots=slots,
        fees=fees,
        commission=int(given.get("commission", 5)),
        delinquent=bool(given.get("delinquent", False)),
        mev=_optional_lamports(given, "mev_lamports"),
        mev_commission_bps=int(given.get("mev_commission_bps", 800)),
        runs_jito=bool(given.get("runs_jito", True)),
        has_own_leaf=bool(given.get("has_own_leaf", True)),
        inflation=_optional_lamports(given, "inflation_lamports"),
    )


def _optional_lamports(given: dict[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is not None and not _lamports(value):
        raise ValueError(f"{name} is a whole number from 0")
    return value


def _lamports(value: Any) -> bool:
    return type(value) is int and value >= 0
