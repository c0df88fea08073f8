"""What an adapter is: the class that the modules of ``adapters`` derive from.

Scope: the contract between a provider's protocol and the work of a period; not here: any protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, get_args

from pydantic import SecretStr

from cdp_assets.validators.rules.fees_rules import ValidatorFees
from cdp_assets.validators.rules.identity_rules import IdentityRow, ObservedValidator
from cdp_assets.validators.rules.mev_rules import ObservedMev
from cdp_assets.validators.rules.period_rules import (
    ChainHead,
    Period,
    PeriodEdges,
    PeriodPlanner,
)
from cdp_assets.validators.rules.reward_rules import ObservedReward
from cdp_assets.validators.storage.payload_store import Archive, Role, StoredFetch
from resources.http.http_client import HttpClient, Request
from resources.http.raw_response import RawResponse

DataType = Literal["FEES", "MEV", "REWARDS", "META", "PERIODS"]
FETCHED: tuple[DataType, ...] = ("FEES", "MEV", "REWARDS", "META")  # for each period


class ResponseSink(Protocol):
    """Where the responses about a chain's head go: an archive, or nowhere (the sensor's)."""

    def store(self, responses: Sequence[RawResponse], role: Role = "part") -> None:
        """Take responses as received; call this before reading any of them."""


class NoSink:
    """Drops responses: the sensor reads the head only to decide what is to run."""

    def store(self, responses: Sequence[RawResponse], role: Role = "part") -> None:
        """Drop them."""


@dataclass(frozen=True)
class Clients:
    """The HTTP clients of a provider.

    Attributes:
        each: One per address of the provider's setting, in its order; most have one.
        further: Clients of further addresses, by the names of ``further_addresses``.
        batch_size: Members of one request, or rows of one page, as configured.
        memory: Shared by all periods of a run: what a source returns for many periods at once.
    """

    each: tuple[HttpClient, ...]
    further: Mapping[str, HttpClient] = field(default_factory=dict)
    batch_size: int = 1
    memory: dict[str, object] = field(default_factory=dict)

    @property
    def http(self) -> HttpClient:
        """Return the client of the only, or first, address."""
        return self.each[0]


@dataclass(frozen=True)
class FetchRequest:
    """What a fetch of one data type is for.

    Attributes:
        period: The period.
        identities: Canonical identities of the period; empty where it was not observed.
        tracks: Whether a validator key is tracked.
        tracks_all: All validators are.
        operator_accounts: Stake accounts of the operator by validator; null: undeclared.
        client_accounts: Accounts of clients that are mapped in the period, ascending.
        tracked: The tracked validators as configured; empty where all are.
        winner_of: The winning fetch of another data type of the period; null where none is stored.
    """

    period: Period
    identities: tuple[IdentityRow, ...] = ()
    tracks: Callable[[str], bool] = lambda _: True
    tracks_all: bool = True
    operator_accounts: Mapping[str, Sequence[str]] | None = None
    client_accounts: tuple[str, ...] = ()
    tracked: tuple[str, ...] = ()
    winner_of: Callable[[DataType], StoredFetch | None] = lambda _: None

    def values(self, kind: str) -> dict[str, str]:
        """Return the validator of each key of a kind, such as ``identity``."""
        return values_of(self.identities, kind)


@dataclass(frozen=True)
class ReadContext:
    """What a fetch is read with.

    Attributes:
        period: The period.
        identities: Its canonical identities.
        tracks: Whether a validator key is tracked.
        fetches_of: The complete fetches of another data type of the period, best first.
        operator_accounts: Stake accounts of the operator by validator; null: undeclared.
        fee_recipients: Addresses that blocks may pay to, by validator; `all` is for the others.
    """

    period: Period
    identities: tuple[IdentityRow, ...]
    tracks: Callable[[str], bool]
    fetches_of: Callable[[DataType], Sequence[StoredFetch]] = lambda _: ()
    operator_accounts: Mapping[str, Sequence[str]] | None = None
    fee_recipients: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def recipients_of(self, validator_key: str) -> Sequence[str]:
        """Return the addresses that a validator's blocks may pay to; empty: undeclared."""
        return self.fee_recipients.get(validator_key, self.fee_recipients.get("all", ()))

    def values(self, kind: str) -> dict[str, str]:
        """Return the validator of each key of a kind, such as ``identity``."""
        return values_of(self.identities, kind)


@dataclass(frozen=True, slots=True)
class Alternate:
    """An amount as a second source reports it; compared, never booked.

    Attributes:
        validator_key: The validator; null: the total of the network.
        component: EXEC_FEES, MEV_TIPS (gross for validator and stakers), COMMISSION or
            STAKE_REWARDS (gross inflation).
        amount_native: In the smallest unit.
        is_estimate: The source estimates it; another threshold holds (validator §10).
    """

    validator_key: str | None
    component: str
    amount_native: int
    is_estimate: bool = False


def values_of(identities: Iterable[IdentityRow], kind: str) -> dict[str, str]:
    """Return the validator of each key of a kind."""
    return {row.value: row.validator_key for row in identities if row.kind == kind}


class Adapter:
    """One provider's protocol. A subclass with a ``name`` registers itself.

    Attributes:
        name: As ``adapter`` in ``providers.yaml``.
        version: Version of the contract, stored with each response.
        data_types: Those that it serves as a source of canonical rows, or for comparison.
        present_only: Of these, those that the source knows for the present alone.
        fetches_by_identity: Those whose fetch needs the identities of the period.
        reads_by_identity: Those whose rows are attributed through identities.
        reads_too: For a data type, others whose winning fetch its reader uses.
        fetches_after: For a data type, others whose stored fetch its own one uses, if there is one.
        probes: The cheapest request of its address (key ``""``) and of each further one, by which
            `cdp doctor --sources` sees whether it responds.
        vote_costs_in: The data type whose fetch also says what votes cost; null: none does.
        look_back_periods: How many periods before its own say something about a period's
            identities, because block leaders are drawn that early.
    """

    registered: ClassVar[dict[str, type[Adapter]]] = {}

    name: ClassVar[str]
    version: ClassVar[str | None] = None
    data_types: ClassVar[frozenset[DataType]]
    present_only: ClassVar[frozenset[DataType]] = frozenset()
    fetches_by_identity: ClassVar[frozenset[DataType]] = frozenset()
    reads_by_identity: ClassVar[frozenset[DataType]] = frozenset()
    reads_too: ClassVar[Mapping[DataType, frozenset[DataType]]] = {}
    fetches_after: ClassVar[Mapping[DataType, frozenset[DataType]]] = {}
    probes: ClassVar[Mapping[str, Request]] = {}
    look_back_periods: ClassVar[int] = 0
    vote_costs_in: ClassVar[DataType | None] = None

    def __init_subclass__(cls) -> None:
        """Register a subclass by its name.

        Raises:
            ValueError: The name is taken by another class, or a data type is unknown.
        """
        super().__init_subclass__()
        if "name" not in cls.__dict__:
            return
        other = Adapter.registered.get(cls.name)
        if other is not None and (other.__module__, other.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise ValueError(f"the adapter {cls.name} exists already, in {other.__module__}")
        unknown = cls.data_types - set(get_args(DataType))
        if unknown:
            raise ValueError(f"{cls.name} has unknown data types: {', '.join(sorted(unknown))}")
        Adapter.registered[cls.name] = cls

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    @classmethod
    def headers(cls, key: SecretStr) -> dict[str, SecretStr]:
        """Return the headers that carry the provider's key: a bearer token unless overridden."""
        return {"Authorization": SecretStr(f"Bearer {key.get_secret_value()}")}

    def head(self, sink: ResponseSink, periods: PeriodPlanner) -> ChainHead:
        """Fetch where the chain is, and the periods from the first one to that.

        Args:
            sink: Takes each response before it is read.
            periods: Lists the periods of the chain's type up to a slot.

        Raises:
            TransientFailure: The source failed.
        """
        raise NotImplementedError(f"{self.name} does not serve PERIODS")

    def edges(self, archive: Archive, period: Period) -> PeriodEdges:
        """Fetch the first and last block of an ended period; all responses are stored first."""
        raise NotImplementedError(f"{self.name} does not serve PERIODS")

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch one data type of a period; store each response before reading it.

        Returns:
            Entities fetched, such as blocks or validators.

        Raises:
            TransientFailure: The source failed, or its responses are partial; what arrived is
                stored and never normalised.
            PermanentFailure: The source refused, or sent what must not become a number.
        """
        raise NotImplementedError(f"{self.name} does not serve {data_type}")

    @classmethod
    def read_fees(cls, stored: StoredFetch, context: ReadContext) -> ValidatorFees:
        """Read fee income by validator, and of keys without a known validator."""
        raise NotImplementedError(f"{cls.name} does not read FEES")

    @classmethod
    def read_mev(cls, stored: StoredFetch, context: ReadContext) -> Mapping[str, ObservedMev]:
        """Read MEV by validator key."""
        raise NotImplementedError(f"{cls.name} does not read MEV")

    @classmethod
    def read_rewards(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedReward]:
        """Read rewards by validator and staker."""
        raise NotImplementedError(f"{cls.name} does not read REWARDS")

    @classmethod
    def read_meta(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedValidator]:
        """Read the validators of the period with their keys, rates and stake."""
        raise NotImplementedError(f"{cls.name} does not read META")

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield amounts for comparison; none unless overridden."""
        yield from ()

    @classmethod
    def read_vote_costs(cls, stored: StoredFetch, context: ReadContext) -> Mapping[str, int]:
        """Read what each validator paid for its votes; an expense, so nothing is compared."""
        return {}
