"""A chain with a protocol of its own: two YAML files and one adapter module, nothing else."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from cdp_assets.cli.period_backfill import period_runs, require_period_range
from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.validators.chain_assets.chain_assets import build_chain_assets
from cdp_assets.validators.chain_assets.chain_refresh import stale_runs
from cdp_assets.validators.chains.adapter import Adapter
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.periods.period_table import known_plan
from simulator.server.http_server import SimulatorServer
from tests.integration.validators.conftest import Station

CHAINS = """
chains:
  - chain_id: toy-net
    name: Toy network
    protocol: toy
    native_symbol: TOY
    native_decimals: 2
    period_types: [SLOT_RANGE]
    slot_ranges: [100-199, 200-249, 300-399, 900-999]
    first_period: 0
    finality_lag_periods: {EXEC_FEES: 1}
"""
PROVIDERS = """
providers:
  - name: toy_node
    chain_id: toy-net
    adapter: toy_node
    address_variable: CDP_SOLANA_RPC_URL
    requests_per_10_seconds: 100
    burst: 10
priorities:
  - {chain_id: toy-net, data_type: PERIODS, from_period: 0, providers: [toy_node]}
  - {chain_id: toy-net, data_type: META, from_period: 0, providers: [toy_node]}
  - {chain_id: toy-net, data_type: FEES, from_period: 0, providers: [toy_node]}
"""
ADAPTER = """
import json
from cdp_assets import clock
from cdp_assets.validators.chains.adapter import Adapter
from cdp_assets.validators.rules.fees_rules import FeeTotals, ValidatorFees
from cdp_assets.validators.rules.identity_rules import ObservedValidator
from cdp_assets.validators.rules.period_rules import UNKNOWN_EDGES, ChainHead
from resources.http.raw_response import RawResponse, hash_response


def answer(document):
    body = json.dumps(document).encode()
    return (RawResponse("asked", 200, None, clock.now(), body, hash_response(body, ()), True),)


class ToyNode(Adapter):
    name = "toy_node"
    version = "v1"
    data_types = frozenset({"PERIODS", "FEES", "META"})
    head_slot = 350

    def head(self, sink, periods):
        sink.store(answer({"slot": self.head_slot}), "answer")
        return ChainHead(self.head_slot, periods.upto(self.head_slot))

    def edges(self, archive, period):
        return UNKNOWN_EDGES

    def fetch(self, data_type, archive, request):
        if data_type == "META":
            archive.store(answer(["one", "two"]), "answer")
            return 2
        for key in ("one", "two"):
            responses = answer({key: request.period.start_slot * len(key)})
            archive.store(responses)
            archive.name_part(f"fees:{key}", responses)
        return 2

    @classmethod
    def read_fees(cls, stored, context):
        found = {}
        for request, body in stored.parts("fees"):
            for key, amount in json.loads(body).items():
                found[key] = FeeTotals(amount, 1, 1, 1)
        return ValidatorFees(found, {})

    @classmethod
    def read_meta(cls, stored, context):
        return [ObservedValidator(key, (("index", key),)) for key in json.loads(stored.body())]
"""


@pytest.fixture
def toy(dsn: str, node: SimulatorServer, tmp_path: Path) -> Iterator[Station]:
    """A station of the toy network, its head in the range 300-399."""
    (tmp_path / "chains.yaml").write_text(CHAINS)
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    (tmp_path / "toy_node.py").write_text(ADAPTER)
    spec = importlib.util.spec_from_file_location("toy_node", tmp_path / "toy_node.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["toy_node"] = module
    spec.loader.exec_module(module)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select validators.add_chain('toy-net')")
    station = Station(dsn, node, load_registry(tmp_path))
    station.configure()
    yield station
    del Adapter.registered["toy_node"], sys.modules["toy_node"]


def test_a_chain_of_two_files_and_one_class_has_its_tables_and_rows(toy: Station) -> None:
    built = {asset.key.path[-1] for asset in build_chain_assets(toy.registry, toy.chain)}
    assert {"canonical_periods", "staging_fees", "canonical_validator_fees"} <= built
    assert not built & {"staging_mev", "canonical_validator_mev", "staging_rewards"}
    toy.periods()
    assert toy.query(
        "select period_id, period_type, status from validators.canonical_periods "
        "where is_current order by period_ordinal"
    ) == [
        ("100-199", "SLOT_RANGE", "FINAL"),
        ("200-249", "SLOT_RANGE", "FINAL"),
        ("300-399", "SLOT_RANGE", "OPEN"),
    ]
    key = "200-249"
    for table in (toy.keys.staging_meta, toy.keys.identities, toy.keys.staging_fees, toy.keys.fees):
        toy.do(table, key)
    assert toy.query(
        "select validator_key, total_fees_native, source_provider "
        "from validators.canonical_validator_fees where is_current order by 1"
    ) == [("one", 600, "toy_node"), ("two", 600, "toy_node")]
    with pytest.raises(MissingUpstream, match="EXEC_FEES may be fetched 1 period later"):
        toy.do(toy.keys.staging_fees, "300-399")


def test_a_gap_between_ranges_counts_as_the_period_that_runs(toy: Station) -> None:
    Adapter.registered["toy_node"].head_slot = 500  # type: ignore[attr-defined]
    toy.periods()
    with toy.warehouse.connect(autocommit=True) as connection:
        plan = known_plan(connection, toy.chain)
        runs = stale_runs(connection, toy.registry, toy.chain, plan, toy.sources)
    assert plan.running == ""
    assert plan.eligible(1) == ("100-199", "200-249", "300-399")
    assert plan.eligible(2) == ("100-199", "200-249")
    assert [(run.first, run.last, run.periods) for run in runs][0] == ("100-199", "300-399", 3)


def test_a_backfill_takes_period_ids_from_inclusive_to_exclusive(
    toy: Station, instance: dg.DagsterInstance
) -> None:
    toy.periods()
    key = toy.keys.staging_fees
    runs = period_runs(instance, toy.warehouse, toy.chain, key, "100-199", "300-399")
    assert [(r.first, r.last, r.partitions) for r in runs] == [("100-199", "200-249", 2)]
    assert instance.get_dynamic_partitions("periods_toy_net") == ["100-199", "200-249", "300-399"]
    with pytest.raises(BadConfiguration, match="periods, not times"):
        require_period_range(toy.chain, "2026-01-01", "2026-01-02T00:00")
    with pytest.raises(BadConfiguration, match="before --to"):
        require_period_range(toy.chain, "300-399", "100-199")
