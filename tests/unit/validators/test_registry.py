"""chains.yaml and providers.yaml: what is refused, and with which sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.chains.chain_registry import load_registry

CHAINS = """
chains:
  - chain_id: solana-mainnet
    name: Solana mainnet
    protocol: solana
    native_symbol: SOL
    native_decimals: 9
    period_types: [EPOCH]
    first_period: 800
    finality_lag_periods: {EXEC_FEES: 1, MEV_TIPS: 2}
"""
ETHEREUM = """
  - chain_id: ethereum-mainnet
    name: Ethereum mainnet
    protocol: ethereum
    native_symbol: ETH
    native_decimals: 18
    period_types: [BLOCK_WINDOW, SLOT_RANGE]
    first_period: 1200
    finality_lag_periods: {EXEC_FEES: 1, VOTE_REWARDS: 1}
"""
PROVIDERS = """
providers:
  - name: solana_rpc
    chain_id: solana-mainnet
    adapter: solana_rpc
    address_variable: CDP_SOLANA_RPC_URL
    requests_per_10_seconds: 40
    burst: 10
  - name: second
    chain_id: solana-mainnet
    adapter: solana_rpc
    address_variable: CDP_JITO_KOBE_URL
    requests_per_10_seconds: 40
    burst: 10
priorities:
  - chain_id: solana-mainnet
    data_type: FEES
    from_period: 0
    providers: [solana_rpc]
  - chain_id: solana-mainnet
    data_type: FEES
    from_period: 850
    providers: [second, solana_rpc]
"""


def folder(tmp_path: Path, chains: str = CHAINS, providers: str = PROVIDERS) -> Path:
    (tmp_path / "chains.yaml").write_text(chains)
    (tmp_path / "providers.yaml").write_text(providers)
    return tmp_path


def test_the_files_of_the_repository_load() -> None:
    registry = load_registry()
    chain = registry.chain("solana-mainnet")
    assert (chain.native_decimals, chain.main_period_type) == (9, "EPOCH")
    assert chain.finality_lag_periods["MEV_TIPS"] == 2
    assert chain.restatement_watch_periods == 10
    for data_type in ("PERIODS", "FEES", "META"):
        found = registry.providers_for(chain.chain_id, data_type, chain.first_period)  # type: ignore[arg-type]
        assert found[0].name == "solana_rpc"


def test_another_chain_needs_no_other_shape(tmp_path: Path) -> None:
    registry = load_registry(folder(tmp_path, CHAINS + ETHEREUM))
    chain = registry.chain("ethereum-mainnet")
    assert (chain.native_decimals, chain.main_period_type) == (18, "BLOCK_WINDOW")
    assert chain.key_name == "ethereum_mainnet"


def test_priorities_hold_from_their_period_on(tmp_path: Path) -> None:
    registry = load_registry(folder(tmp_path))

    def names(ordinal: int) -> list[str]:
        return [p.name for p in registry.providers_for("solana-mainnet", "FEES", ordinal)]

    assert names(849) == ["solana_rpc"]
    assert names(850) == ["second", "solana_rpc"]
    assert registry.providers_for("solana-mainnet", "MEV", 850) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            ("native_decimals: 9", "natve_decimals: 9"),
            "chains.yaml:7:chains.0.natve_decimals: unknown key; allowed: chain_id, name,",
            id="an unknown key",
        ),
        pytest.param(
            ("    native_decimals: 9\n", ""),
            "chains.yaml:3:chains.0.native_decimals: the key is missing",
            id="a missing key",
        ),
        pytest.param(
            ("native_decimals: 9", "native_decimals: nine"),
            "chains.yaml:7:chains.0.native_decimals: Input should be a valid integer",
            id="a wrong type",
        ),
        pytest.param(
            ("[EPOCH]", "[EPOCHS]"),
            "chains.yaml:8:chains.0.period_types.0: Input should be 'EPOCH', 'BLOCK_WINDOW' or",
            id="a wrong choice",
        ),
        pytest.param(
            ("MEV_TIPS: 2", "MEV: 2"),
            "chains.yaml:10:chains.0.finality_lag_periods.MEV.[key]: Input should be 'EXEC_FEES'",
            id="an unknown component",
        ),
        pytest.param(
            ("first_period: 800", "first_period: -1"),
            "chains.yaml:9:chains.0.first_period: Input should be greater than or equal to 0",
            id="out of range",
        ),
        pytest.param(
            ("chain_id: solana-mainnet", "chain_id: Solana,mainnet"),
            "chains.yaml:3:chains.0.chain_id: String should match pattern",
            id="a comma in an id",
        ),
        pytest.param(
            ("    name: Solana mainnet\n", "    name: Solana mainnet\n    name: twice\n"),
            "chains.yaml:5:name: the key occurs twice, first in line 4",
            id="a key twice",
        ),
        pytest.param(
            ("chains:\n", "chainz:\n"),
            "chains.yaml:2:chainz: unknown key; allowed: chains",
            id="an unknown section",
        ),
        pytest.param(("[EPOCH]", "[EPOCH"), "chains.yaml:9: is not YAML", id="broken YAML"),
    ],
)
def test_a_wrong_chain_is_named_by_file_line_and_key(
    tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_registry(folder(tmp_path, CHAINS.replace(*change)))
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            ("burst: 10\n  - name: second", "bursts: 10\n  - name: second"),
            "providers.yaml:8:providers.0.bursts: unknown key; allowed: name, chain_id, adapter,",
            id="an unknown key",
        ),
        pytest.param(
            ("name: second", "name: solana_rpc"),
            "providers.yaml:9:providers.1.name: solana_rpc occurs twice",
            id="a provider twice",
        ),
        pytest.param(
            ("from_period: 850", "from_period: 0"),
            "providers.yaml:22:priorities.1.from_period: solana-mainnet FEES 0 occurs twice",
            id="a priority twice",
        ),
        pytest.param(
            ("[second, solana_rpc]", "[third]"),
            "providers.yaml:23:priorities.1.providers.0: third is not a provider of "
            "solana-mainnet; allowed: solana_rpc, second",
            id="an unknown provider",
        ),
        pytest.param(
            ("chain_id: solana-mainnet\n    adapter", "chain_id: solana-testnet\n    adapter"),
            "chain_id: solana-testnet is not in chains.yaml; allowed: solana-mainnet",
            id="an unknown chain",
        ),
        pytest.param(
            ("address_variable: CDP_JITO_KOBE_URL", "address_variable: http://secret"),
            "providers.yaml:12:providers.1.address_variable: String should match pattern",
            id="an address instead of a variable",
        ),
        pytest.param(
            ("address_variable: CDP_JITO_KOBE_URL", "address_variable: CDP_SOLANA_RPC_ULR"),
            "providers.yaml:12:providers.1.address_variable: CDP_SOLANA_RPC_ULR is not an address "
            "setting; the closest is CDP_SOLANA_RPC_URL",
            id="a variable that is no setting",
        ),
        pytest.param(
            ("address_variable: CDP_JITO_KOBE_URL", "address_variable: CDP_AS_OF"),
            "providers.1.address_variable: CDP_AS_OF is not an address setting",
            id="a setting that is no address",
        ),
    ],
)
def test_a_wrong_provider_is_named_by_file_line_and_key(
    tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_registry(folder(tmp_path, providers=PROVIDERS.replace(*change)))
    assert sentence in str(caught.value)


def test_a_chain_twice_is_refused(tmp_path: Path) -> None:
    twice = CHAINS + CHAINS.replace("\nchains:\n", "")
    with pytest.raises(BadConfiguration, match="chains.yaml:11:chains.1.chain_id: solana-mainnet"):
        load_registry(folder(tmp_path, twice))


def test_all_mistakes_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    chains = CHAINS.replace("native_symbol: SOL", "native_symbol: sol").replace("800", "x")
    providers = PROVIDERS.replace("requests_per_10_seconds: 40", "requests_per_10_seconds: 0", 1)
    with pytest.raises(BadConfiguration) as caught:
        load_registry(folder(tmp_path, chains, providers))
    text = str(caught.value)
    assert all(place in text for place in ("chains.yaml:6", "chains.yaml:9", "providers.yaml:7"))


def test_an_absent_file_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="chains.yaml"):
        load_registry(tmp_path)


def test_an_unknown_chain_is_told_with_the_known_ones() -> None:
    with pytest.raises(BadConfiguration, match="known: solana-mainnet"):
        load_registry().chain("solana")


def test_the_hash_follows_the_chain_and_not_comments_or_other_chains(tmp_path: Path) -> None:
    def hash_of(chains: str, providers: str = PROVIDERS) -> str:
        return load_registry(folder(tmp_path, chains, providers)).config_hash("solana-mainnet")

    base = hash_of(CHAINS)
    assert hash_of("# a comment\n" + CHAINS) == base
    assert hash_of(CHAINS + ETHEREUM) == base
    assert hash_of(CHAINS.replace("EXEC_FEES: 1", "EXEC_FEES: 2")) != base
    assert hash_of(CHAINS, PROVIDERS.replace("[solana_rpc]", "[second]")) != base
