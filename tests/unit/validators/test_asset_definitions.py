"""What the definitions of the validator assets declare."""

from __future__ import annotations

import re

import dagster as dg
import pytest

from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.definitions import build_definitions
from cdp_assets.validators.ingestion.sources import ChainSources
from resources.postgres.warehouse import Warehouse
from sensors.chain_periods import build_period_sensor

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    """The validator assets of Solana by themselves."""
    return _definitions("solana-mainnet")


def _definitions(chain_id: str) -> dg.Definitions:
    registry = load_registry()
    registry = registry.model_copy(update={"chains": [registry.chain(chain_id)]})
    stopped = dg.DefaultSensorStatus.STOPPED
    around = dg.Definitions(
        sensors=[
            build_period_sensor(registry, chain, default_status=stopped)
            for chain in registry.chains
        ],
        resources={"warehouse": Warehouse(), "chain_sources": ChainSources()},
    )
    return dg.Definitions.merge(build_definitions(registry), around)


def test_the_definitions_load_and_have_the_names_of_the_specification(
    definitions: dg.Definitions,
) -> None:
    dg.Definitions.validate_loadable(definitions)
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {
        "validators/chain_registry",
        "validators/solana_mainnet/canonical_periods",
        "validators/fx_rates",
        "validators/partner_commission_statements",
        "validators/solana_mainnet/canonical_client_stakes",
        "validators/solana_mainnet/partner_commission_lines",
        "validators/solana_mainnet/validator_pnl",
        "validators/solana_mainnet/canonical_stake_rewards",
        "validators/solana_mainnet/canonical_validator_fees",
        "validators/solana_mainnet/canonical_validator_identities",
        "validators/solana_mainnet/canonical_validator_meta",
        "validators/solana_mainnet/canonical_validator_mev",
        "validators/solana_mainnet/reconciliation_reports",
        "staging/solana_mainnet/staging_fees",
        "staging/solana_mainnet/staging_meta",
        "staging/solana_mainnet/staging_mev",
        "staging/solana_mainnet/staging_rewards",
    }


def test_ethereum_has_every_table_and_reads_fees_with_the_relays_payloads() -> None:
    graph = _definitions("ethereum-mainnet").resolve_asset_graph()
    tables = {key.path[-1] for key in graph.get_all_asset_keys()}
    assert {
        "canonical_periods",
        "canonical_stake_rewards",
        "canonical_validator_fees",
        "canonical_validator_identities",
        "canonical_validator_meta",
        "canonical_validator_mev",
        "staging_fees",
        "staging_meta",
        "staging_mev",
        "staging_rewards",
    } <= tables

    def above(schema: str, table: str) -> set[str]:
        node = graph.get(dg.AssetKey([schema, "ethereum_mainnet", table]))
        return {key.path[-1] for key in node.parent_keys}

    both = {"staging_fees", "staging_mev", "canonical_validator_identities"}
    assert above("validators", "canonical_validator_fees") == both
    assert above("validators", "canonical_validator_mev") == both
    assert "staging_fees" in above("staging", "staging_rewards")


def test_every_asset_says_what_people_need(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        sentences = len(re.findall(r"[.;](?:\s|$)", node.description or ""))
        assert 2 <= sentences <= 6, key
        assert (node.description or "").startswith("One row per"), key
        assert node.kinds, key
        assert {"domain", "layer", "cadence", "pii", "tier"} <= set(node.tags), key
        assert node.group_name in {
            "validator_staging",
            "validator_canonical",
            "validator_pnl",
            "commissions",
        }, key
        assert node.freshness_policy is not None, key
        assert node.code_version, key
        assert graph.get_check_keys_for_assets({key}), key


def test_period_assets_share_partitions_and_run_a_range_at_once(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    of_chain = [k for k in graph.get_all_asset_keys() if len(k.path) == 3]  # schema, chain, table
    partitioned = [graph.get(k) for k in of_chain if graph.get(k).is_partitioned]
    assert len(partitioned) == 13
    assert {n.partitions_def.name for n in partitioned} == {"periods_solana_mainnet"}  # type: ignore[union-attr]
    assert {n.backfill_policy for n in partitioned} == {dg.BackfillPolicy.single_run()}


def test_only_assets_that_ask_a_source_are_retried(
    definitions: dg.Definitions,
) -> None:
    asking = set()
    for asset in definitions.assets or []:
        assert isinstance(asset, dg.AssetsDefinition)
        policy = asset.op.retry_policy
        if policy is not None:
            asking.add(asset.key.path[-1])
            assert policy.backoff == dg.Backoff.EXPONENTIAL
            assert policy.jitter is not None
    assert asking == {
        "canonical_periods",
        "fx_rates",
        "staging_fees",
        "staging_meta",
        "staging_mev",
        "staging_rewards",
    }


def test_the_sensor_is_off_unless_switched_on(definitions: dg.Definitions) -> None:
    (sensor,) = definitions.sensors or []
    assert isinstance(sensor, dg.SensorDefinition)
    assert sensor.name == "solana_mainnet_period_sensor"
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    assert sensor.minimum_interval_seconds == 600


def test_no_address_is_part_of_a_resource(definitions: dg.Definitions) -> None:
    sources = (definitions.resources or {})["chain_sources"]
    assert isinstance(sources, ChainSources)
    assert sources.model_dump() == {"tries": 0}
