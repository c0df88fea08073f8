"""The registry of chains and providers: typed, checked together, hashed (validator §4.5).

Scope: the models of ``chains.yaml`` and ``providers.yaml`` and their checks across both; not here:
addresses and credentials (settings), or opening clients (``ingestion.sources``).
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, variable_name
from cdp_assets.validators.chains.adapter import Adapter, DataType
from cdp_assets.validators.chains.adapters import registered_adapters
from cdp_assets.validators.rules.period_rules import PeriodPlanner, PeriodType, slot_range
from resources.codecs.yaml_with_positions import Location, YamlDocument, read_yaml

FOLDER = Path(__file__).resolve().parent
Component = Literal["EXEC_FEES", "VOTE_REWARDS", "COMMISSION", "MEV_TIPS"]
ChainId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


_ADDRESSES = ("_url", "_urls")  # how the settings of addresses end, and those of keys
_KEYS = ("_key",)


def _setting(endings: tuple[str, ...], what: str) -> AfterValidator:
    def known_setting(name: str) -> str:
        known = [variable_name(field) for field in Settings.model_fields if field.endswith(endings)]
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1, 0)[0]
            raise ValueError(f"{name} is not {what} setting; the closest is {nearest}")
        return name

    return AfterValidator(known_setting)


_Variable = Annotated[str, Field(pattern=r"^CDP_[A-Z0-9_]+$")]
AddressVariable = Annotated[_Variable, _setting(_ADDRESSES, "an address")]
KeyVariable = Annotated[_Variable, _setting(_KEYS, "a key")]


def _registered_adapter(name: str) -> str:
    known = sorted(registered_adapters())
    if name not in known:
        raise ValueError(f"no adapter has the name {name}; known: {', '.join(known)}")
    return name


AdapterName = Annotated[Name, AfterValidator(_registered_adapter)]
EthereumAddress = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$"), AfterValidator(str.lower)]
SlotRange = Annotated[str, AfterValidator(lambda text: slot_range(text).period_id)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Chain(_Entry):
    """One chain: its unit, its periods and when its numbers are final.

    Attributes:
        protocol: Name of its family, shown to people; adapters know what it means.
        slot_ranges: The periods of a chain whose type is SLOT_RANGE.
        dual_approval: Statements of this chain need two different approvers.
        operator_stake_accounts: Stake accounts of the operator by validator; a validator that
            is not in the map owns none; null: undeclared, so its own rewards are unknown.
        expected_fee_recipients: Addresses that a validator's blocks may pay to, by validator; the
            key `all` is for every validator without an entry of its own. A validator without any
            is undeclared: no payment of its blocks can be called misdirected.
    """

    chain_id: ChainId
    name: str = Field(min_length=1)
    protocol: Name
    native_symbol: str = Field(pattern=r"^[A-Z]{2,8}$")
    native_decimals: int = Field(ge=0, le=36)
    period_types: list[PeriodType] = Field(min_length=1)
    first_period: int = Field(ge=0)
    finality_lag_periods: dict[Component, Annotated[int, Field(ge=0)]] = Field(min_length=1)
    restatement_watch_periods: int = Field(10, ge=0)
    tracked_validators: Literal["all"] | list[str] = "all"
    slot_ranges: list[SlotRange] = Field(default_factory=list)
    dual_approval: bool = True
    operator_stake_accounts: dict[str, list[str]] | None = None
    expected_fee_recipients: dict[str, list[EthereumAddress]] = Field(default_factory=dict)

    @property
    def planner(self) -> PeriodPlanner:
        """Return what lists the chain's periods up to its head."""
        return PeriodPlanner(self.main_period_type, self.first_period, self.slot_ranges)

    @property
    def main_period_type(self) -> PeriodType:
        """Return the type whose ids are the partition keys."""
        return self.period_types[0]

    @property
    def key_name(self) -> str:
        """Return the chain id in snake case, as in asset keys and names."""
        return self.chain_id.replace("-", "_")

    def tracks(self, validator_key: str) -> bool:
        """Return whether a validator is tracked."""
        return self.tracked_validators == "all" or validator_key in self.tracked_validators


class Provider(_Entry):
    """One source of one chain and its request limit.

    Attributes:
        adapter: Name of a class in ``chains/adapters``.
        address_variable: Setting of its address, or of several, separated by commas.
        further_addresses: Settings of further addresses that the adapter needs, by its own names.
        key_variable: Setting of its key; null: it needs none.
        further_keys: Settings of the keys of further addresses, by the same names.
        batch_size: Members of one request, or rows of one page.
    """

    name: Name
    chain_id: ChainId
    adapter: AdapterName
    address_variable: AddressVariable
    further_addresses: dict[Name, AddressVariable] = Field(default_factory=dict)
    key_variable: KeyVariable | None = None
    further_keys: dict[Name, KeyVariable] = Field(default_factory=dict)
    requests_per_10_seconds: int = Field(ge=1)
    burst: int = Field(ge=1)
    batch_size: int = Field(1, ge=1, le=10_000)

    @property
    def adapter_class(self) -> type[Adapter]:
        """Return the class that speaks the provider's protocol."""
        return registered_adapters()[self.adapter]


class Priority(_Entry):
    """The provider that takes precedence for a chain and data type, from a period on.

    Attributes:
        providers: The first has the highest priority; the next ones are used where it fails.
        compared: Fetched as well, for reconciliation; their numbers are never booked.
    """

    chain_id: ChainId
    data_type: DataType
    from_period: int = Field(ge=0)
    providers: list[Name] = Field(min_length=1)
    compared: list[Name] = Field(default_factory=list)


class ChainFile(_Entry):
    """``chains.yaml``."""

    chains: list[Chain] = Field(min_length=1)


class ProviderFile(_Entry):
    """``providers.yaml``."""

    providers: list[Provider]
    priorities: list[Priority]


class Registry(_Entry):
    """Both files, checked against each other."""

    chains: list[Chain]
    providers: list[Provider]
    priorities: list[Priority]

    def chain(self, chain_id: str) -> Chain:
        """Return a chain.

        Raises:
            BadConfiguration: No such chain; the known ones are named.
        """
        for chain in self.chains:
            if chain.chain_id == chain_id:
                return chain
        raise BadConfiguration(
            f"unknown chain (known: {', '.join(c.chain_id for c in self.chains)})",
            key=chain_id,
            hint="name a known chain in `chain_id`",
        )

    def providers_for(
        self, chain_id: str, data_type: DataType, ordinal: int | None
    ) -> list[Provider]:
        """Return the providers of a period in order of priority; empty where none is declared.

        Args:
            chain_id: The chain.
            data_type: The data type.
            ordinal: Of the period; null: the newest one there will ever be.
        """
        newest = self._priority(chain_id, data_type, ordinal)
        return [] if newest is None else self._named(chain_id, newest.providers)

    def compared_for(
        self, chain_id: str, data_type: DataType, ordinal: int | None
    ) -> list[Provider]:
        """Return the providers of a period that are only compared; null period: the newest."""
        newest = self._priority(chain_id, data_type, ordinal)
        return [] if newest is None else self._named(chain_id, newest.compared)

    def _priority(self, chain_id: str, data_type: DataType, ordinal: int | None) -> Priority | None:
        declared = [
            entry
            for entry in self.priorities
            if (entry.chain_id, entry.data_type) == (chain_id, data_type)
            and (ordinal is None or entry.from_period <= ordinal)
        ]
        return max(declared, key=lambda entry: entry.from_period, default=None)

    def _named(self, chain_id: str, names: Iterable[str]) -> list[Provider]:
        by_name = {p.name: p for p in self.providers if p.chain_id == chain_id}
        return [by_name[name] for name in names]

    def adapters_for(self, chain_id: str, data_type: DataType) -> list[type[Adapter]]:
        """Return the adapters that serve a data type of a chain in any period."""
        names = {
            name
            for entry in self.priorities
            if (entry.chain_id, entry.data_type) == (chain_id, data_type)
            for name in entry.providers
        }
        return [
            p.adapter_class for p in self.providers if p.chain_id == chain_id and p.name in names
        ]

    def config_hash(self, chain_id: str) -> str:
        """Return the hash of all that is configured for a chain; other chains do not change it."""
        text = json.dumps(self.config(chain_id), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def config(self, chain_id: str) -> dict[str, Any]:
        """Return all that is configured for a chain, as plain values."""
        return {
            "chain": self.chain(chain_id).model_dump(mode="json"),
            "providers": _of_chain(self.providers, chain_id),
            "priorities": _of_chain(self.priorities, chain_id),
        }


def load_registry(folder: Path = FOLDER) -> Registry:
    """Load and check ``chains.yaml`` and ``providers.yaml`` of a folder.

    Raises:
        BadConfiguration: Every mistake, one a line: file:line:key, what is wrong, what is allowed.
    """
    chain_document = read_yaml(folder / "chains.yaml")
    provider_document = read_yaml(folder / "providers.yaml")
    problems: list[str] = []
    chains = _parse(ChainFile, chain_document, {"chains": Chain}, problems)
    sections: dict[str, type[_Entry]] = {"providers": Provider, "priorities": Priority}
    providers = _parse(ProviderFile, provider_document, sections, problems)
    if isinstance(chains, ChainFile) and isinstance(providers, ProviderFile):
        problems += _chain_problems(chains, chain_document)
        problems += _provider_problems(chains, providers, provider_document)
        if not problems:
            return Registry(
                chains=chains.chains,
                providers=providers.providers,
                priorities=providers.priorities,
            )
    raise BadConfiguration(
        "the registry of chains is wrong:\n" + "\n".join(problems),
        hint="correct the named lines; the comments of the shipped files explain each key",
    )


def _of_chain(entries: Iterable[Provider | Priority], chain_id: str) -> list[dict[str, Any]]:
    return [e.model_dump(mode="json") for e in entries if e.chain_id == chain_id]


def _parse(
    model: type[_Entry],
    document: YamlDocument,
    sections: dict[str, type[_Entry]],
    problems: list[str],
) -> _Entry | None:
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        for item in error.errors():
            location: Location = tuple(item["loc"])
            text = item["msg"].removeprefix("Value error, ")
            if item["type"] == "extra_forbidden":
                owner = model if len(location) == 1 else sections[str(location[0])]
                text = f"unknown key; allowed: {', '.join(owner.model_fields)}"
            elif item["type"] == "missing":
                text = "the key is missing"
            problems.append(f"{document.where(location)}: {text}")
    return None


def _chain_problems(chains: ChainFile, document: YamlDocument) -> list[str]:
    return _repeated([c.chain_id for c in chains.chains], ("chains", "chain_id"), document)


def _provider_problems(chains: ChainFile, file: ProviderFile, document: YamlDocument) -> list[str]:
    known = {chain.chain_id for chain in chains.chains}
    problems = _repeated([p.name for p in file.providers], ("providers", "name"), document)
    moments = [f"{p.chain_id} {p.data_type} {p.from_period}" for p in file.priorities]
    problems += _repeated(moments, ("priorities", "from_period"), document)
    for section in ("providers", "priorities"):
        for number, entry in enumerate(getattr(file, section)):
            if entry.chain_id not in known:
                where = document.where((section, number, "chain_id"))
                problems.append(
                    f"{where}: {entry.chain_id} is not in chains.yaml; "
                    f"allowed: {', '.join(sorted(known))}"
                )
    by_name = {p.name: p for p in file.providers}
    for number, priority in enumerate(file.priorities):
        allowed = [p.name for p in file.providers if p.chain_id == priority.chain_id]
        named = [("providers", n) for n in enumerate(priority.providers)]
        named += [("compared", n) for n in enumerate(priority.compared)]
        for key, (place, name) in named:
            where = document.where(("priorities", number, key, place))
            if name not in allowed:
                problems.append(
                    f"{where}: {name} is not a provider of {priority.chain_id}; "
                    f"allowed: {', '.join(allowed)}"
                )
            elif priority.data_type not in by_name[name].adapter_class.data_types:
                served = ", ".join(sorted(by_name[name].adapter_class.data_types))
                problems.append(
                    f"{where}: {name} does not serve {priority.data_type}, but {served}"
                )
    return problems


def _repeated(values: list[str], place: tuple[str, str], document: YamlDocument) -> list[str]:
    section, key = place
    return [
        f"{document.where((section, number, key))}: {value} occurs twice"
        for number, value in enumerate(values)
        if value in values[:number]
    ]
