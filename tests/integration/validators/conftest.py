"""A warehouse with the chain's tables, a simulated chain, and short ways to run the work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.settings import publish_environment
from cdp_assets.validators.chain_assets.chain_assets import land_periods
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import FOLDER, Chain, Registry, load_registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_table import PeriodUpdate
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from resources.postgres.migrator import migrate
from resources.postgres.warehouse import Warehouse
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database

AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)
EPOCH = timedelta(seconds=172_800)
FIRST = 930  # the simulated chain is in epoch 933 at AS_OF

Row = tuple[Any, ...]


@pytest.fixture(scope="session")
def chain_template(server: EmbeddedServer) -> str:
    """Name of a migrated database with the leaves of the chain."""
    name = "validators_template"
    create_database(server.dsn("postgres"), name)
    migrate(server.dsn(name))
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        for chain in ("solana-mainnet", "ethereum-mainnet"):
            connection.execute("select validators.add_chain(%s)", [chain])
    return name


@pytest.fixture
def dsn(server: EmbeddedServer, chain_template: str) -> Iterator[str]:
    """Address of a fresh warehouse."""
    yield from fresh_database(server, chain_template)


@pytest.fixture
def other_dsn(server: EmbeddedServer, chain_template: str) -> Iterator[str]:
    """Address of a second fresh warehouse, to compare with."""
    yield from fresh_database(server, chain_template)


def current_bytes(dsn: str, table: str) -> list[str]:
    """Return the current rows of a versioned table of ``validators`` as text, without the versions.

    Two warehouses with the same inputs have the same.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = connection.execute(
            "select (to_jsonb(t) - array['version', 'computation_version', 'recorded_at', "
            "'superseded_at', 'superseded_by'])::text "
            f"from validators.{table} t where is_current order by 1"  # type: ignore[arg-type]
        ).fetchall()
    return [str(row[0]) for row in rows]


@pytest.fixture(scope="session")
def one_node() -> Iterator[SimulatorServer]:
    """The simulator of these tests, on a free port."""
    with SimulatorServer(seed=7, as_of=AS_OF) as running:
        yield running


@pytest.fixture
def node(one_node: SimulatorServer) -> SimulatorServer:
    """The simulator as it was at its start, its clock at ``AS_OF``."""
    world = one_node.world
    world.clock.set(AS_OF)
    world.faults.rules.clear()
    world.journal.clear()
    world.chain.forget()
    world.ethereum.forget()
    return one_node


@pytest.fixture
def registry() -> Registry:
    """The registry of the repository with a first period near the simulated present."""
    return shorten(load_registry(FOLDER), first_period=FIRST)


def shorten(registry: Registry, **changes: Any) -> Registry:
    """Return a registry whose only chain has other settings."""
    chain = registry.chains[0].model_copy(update=changes)
    return registry.model_copy(update={"chains": [chain]})


@dataclass
class Station:
    """All that a run of the validator assets needs, on a clock that a test moves."""

    dsn: str
    node: SimulatorServer
    registry: Registry
    now: datetime = AS_OF
    sources: ChainSources = field(default_factory=lambda: ChainSources(tries=2))
    runs: int = 0
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        return self.registry.chains[0]

    @property
    def keys(self) -> ChainKeys:
        return ChainKeys(self.chain.key_name)

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(url=self.dsn)

    def direct_run(self) -> DirectRun:
        """Return a run without Dagster, numbered."""
        self.runs += 1
        return DirectRun(f"run-{self.runs}")

    def do(self, asset_key: str, period: int | str) -> PeriodResult:
        """Run the step of a table for one period."""
        step, key = period_steps_of(self.registry, self.chain)[asset_key], str(period)
        _, done = step.run(
            self.direct_run(), self.warehouse, self.registry, self.chain, self.sources, [key]
        )
        return done[key]

    def move(self, *, epochs: int = 0, hours: int = 0) -> None:
        """Let time pass for the chain and for us."""
        self.now = self.now + epochs * EPOCH + timedelta(hours=hours)
        self.node.world.clock.set(self.now)
        self.configure()

    def configure(self, **more: str) -> None:
        """Hand the addresses and the clock to the settings."""
        publish_environment(
            {
                "CDP_SOLANA_RPC_URL": f"{self.node.url}/solana",
                "CDP_AS_OF": self.now.isoformat(),
                "CDP_HTTP_BACKOFF_SECONDS": "0",
                **self.addresses,
                **more,
            }
        )

    def periods(self) -> PeriodUpdate:
        """Update ``canonical_periods`` to the head."""
        _, update = land_periods(
            self.direct_run(), self.warehouse, self.registry, self.chain, self.sources
        )
        return update

    def stage_meta(self, period: int) -> PeriodResult:
        return self.do(self.keys.staging_meta, period)

    def write_identities(self, period: int) -> PeriodResult:
        return self.do(self.keys.identities, period)

    def stage_fees(self, period: int) -> PeriodResult:
        return self.do(self.keys.staging_fees, period)

    def write_fees(self, period: int) -> PeriodResult:
        return self.do(self.keys.fees, period)

    def observe(self, period: int) -> None:
        """Land and write the validators of the running period."""
        self.periods()
        self.stage_meta(period)
        self.write_identities(period)

    def observed_and_ended(self, period: int) -> None:
        """Observe the running period and let it end."""
        self.observe(period)
        self.move(epochs=1)
        self.periods()

    def fees(self, period: int) -> PeriodResult:
        """Fetch and write the fees of an ended period."""
        self.stage_fees(period)
        return self.write_fees(period)

    def use_kobe(self) -> None:
        """Give the service of MEV rewards an address."""
        self.addresses["CDP_JITO_KOBE_URL"] = f"{self.node.url}/kobe"
        self.configure()

    def query(self, statement: str, *values: object) -> list[Row]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]

    def current_fees(self, period: int) -> list[Row]:
        """Current rows of a period without tombstones: what readers see."""
        return self.query(
            "select validator_key, total_fees_native, fee_count, blocks_produced, leader_slots, "
            "quality_flags from validators.canonical_validator_fees where period_id = %s "
            "and is_current and not is_void order by validator_key",
            str(period),
        )

    def versions(self, period: int, validator: str) -> list[Row]:
        """All versions of one key: version, value, current, void."""
        return self.query(
            "select version, total_fees_native, is_current, is_void "
            "from validators.canonical_validator_fees "
            "where period_id = %s and validator_key = %s order by version",
            str(period),
            validator,
        )


@pytest.fixture
def station(dsn: str, node: SimulatorServer, registry: Registry) -> Station:
    """A station whose chain is in epoch 933."""
    made = Station(dsn, node, registry)
    made.configure()
    return made


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance of the test's own."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def load_epoch(
    node: SimulatorServer, validators: list[dict[str, Any]], *, epoch: int = 933, slots: int = 96
) -> None:
    """Let the simulated chain hold exactly these validators in an epoch; 933 is that of AS_OF."""
    node.world.chain.load(
        {
            "epoch": epoch,
            "slots_per_epoch": slots,
            "epoch_seconds": 172_800,
            "starts_at": (datetime(2026, 3, 2, tzinfo=UTC) + (epoch - 933) * EPOCH).isoformat(),
            "validators": validators,
        }
    )


def validator(
    vote: str, fees: int | None, *identities: str, slots: int | None = None
) -> dict[str, Any]:
    """Return a validator for ``load_epoch``."""
    names = list(identities) or [f"id-{vote}"]
    found: dict[str, Any] = {
        "vote": vote,
        "identities": names,
        "stake": 10**15 + 1,
        "fees_lamports": fees,
    }
    return found if slots is None else {**found, "leader_slots": slots}
