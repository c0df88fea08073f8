"""A window of the simulated Ethereum chain, from its services to exact canonical rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from cdp_assets.errors import (
    CdpError,
    InvalidSourceResponse,
    PermanentFailure,
    TransientFailure,
)
from cdp_assets.validators.canonical.normalise import read_identities
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.adapter import Alternate, ReadContext
from cdp_assets.validators.chains.adapters.beaconchain import BeaconchainExplorer
from cdp_assets.validators.chains.chain_registry import FOLDER, Registry, load_registry
from cdp_assets.validators.rules.period_rules import block_window
from cdp_assets.validators.storage.payload_store import FetchScope, StoredFetch, candidates
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.sources.ethereum.beacon_responses import NeedsArchive
from simulator.ethereum.blocks import GWEI, RELAYS, SimulatedBlock, SimulatedValidator
from simulator.ethereum.chain import EthereumChain
from simulator.ethereum.relays import Relays
from simulator.server.faults import FaultRule
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database
from tests.integration.validators.conftest import AS_OF, Row, Station

pytestmark = pytest.mark.integration
FIRST, WINDOW = 1911, 1915  # window 1916 runs at AS_OF
FORGOTTEN, PRUNED, WITHOUT_BLOCKS, LATE = 1911, 1912, 1913, 1914
SLOTS = range(WINDOW * 225, (WINDOW + 1) * 225)
TRACKED = 6
BY_INDEX = 2  # of these, tracked by index instead of public key


def _validators(chain: EthereumChain) -> list[SimulatedValidator]:
    return chain.validators()[:TRACKED]


def _key(number: int, one: SimulatedValidator) -> str:
    return str(one.index) if number < BY_INDEX else one.pubkey


def _registry(chain: EthereumChain) -> Registry:
    """Return the registry of the repository with tracked validators and their recipients."""
    registry = load_registry(FOLDER)
    keys = {_key(n, one): one for n, one in enumerate(_validators(chain))}
    ethereum = registry.chain("ethereum-mainnet").model_copy(
        update={
            "first_period": FIRST,
            "tracked_validators": list(keys),
            "expected_fee_recipients": {key: [one.fee_recipient] for key, one in keys.items()},
        }
    )
    return registry.model_copy(update={"chains": [ethereum]})


class EthereumStation(Station):
    """A station whose chain is Ethereum; ``requests`` are those of the staged window."""

    requests: Counter[str] = Counter()

    def configure(self, **more: str) -> None:
        """Hand the addresses of all services to the settings."""
        url = self.node.url
        addresses = {
            "CDP_BEACON_API_URL": f"{url}/beacon",
            "CDP_ETHEREUM_RPC_URL": f"{url}/ethereum",
            "CDP_MEV_RELAY_URLS": ",".join(f"{url}/relay/{name}" for name in RELAYS),
            "CDP_BEACONCHAIN_URL": f"{url}/beaconchain",
        }
        super().configure(**addresses | more)

    def stage(self, period: int) -> None:
        """Fetch and normalise every table of a period, in the order of the steps."""
        for asset_key in period_steps_of(self.registry, self.chain):
            self.do(asset_key, period)

    def explored(self, connection: psycopg.Connection) -> list[Alternate]:
        """What the explorer says of the staged window."""
        scope = FetchScope(self.chain.chain_id, str(WINDOW), "MEV", "beaconchain")
        with connection.cursor() as cursor:
            (stored,) = [
                one
                for one in candidates(cursor, scope.chain_id, scope.period_id, "MEV")
                if one.provider == scope.provider
            ]
            identities = read_identities(cursor, scope.chain_id, scope.period_id)
        period = block_window(WINDOW, slots_per_epoch=1)
        context = ReadContext(period, identities, self.chain.tracks)
        fetch = StoredFetch(connection, scope, stored)
        return list(BeaconchainExplorer.read_alternates("MEV", fetch, context))

    def current(self, table: str, columns: str) -> list[Row]:
        return self.query(
            f"select {columns} from validators.{table} "
            "where chain_id = 'ethereum-mainnet' and is_current and not is_void "
            "and (period_id = %s or %s) order by 1, 2, 3",
            str(WINDOW),
            table == "canonical_periods",
        )


@pytest.fixture(scope="module")
def staged(
    server: EmbeddedServer, chain_template: str, one_node: SimulatorServer
) -> Iterator[EthereumStation]:
    """A warehouse into which one window was staged and normalised once."""
    world = one_node.world
    world.clock.set(AS_OF)
    world.faults.rules.clear()
    world.ethereum.forget()
    world.ethereum.load({"limits": {"omits_finalized": True}})  # the checkpoint decides then
    for dsn in fresh_database(server, chain_template):
        station = EthereumStation(dsn, one_node, _registry(world.ethereum))
        station.configure()
        world.journal.clear()
        station.periods()
        station.stage(WINDOW)
        station.requests = Counter(world.journal.paths)
        yield station


@pytest.fixture
def again(staged: EthereumStation, node: SimulatorServer) -> EthereumStation:
    """The same station with clock and addresses set again, for further fetches."""
    staged.now = AS_OF
    staged.configure()
    return staged


def _proposals(chain: EthereumChain) -> Iterator[SimulatedBlock]:
    tracked = {one.index for one in _validators(chain)}
    for slot in SLOTS:
        block = chain.block(slot)
        if block is not None and block.proposer_index in tracked:
            yield block


def _income(chain: EthereumChain, one: SimulatedValidator) -> tuple[int, int, int, int, int]:
    """Return fees, MEV, misdirected wei, vanilla and MEV blocks of a validator, block by block."""
    fees = mev = misdirected = vanilla = delivered = 0
    for block in _proposals(chain):
        if block.proposer_index != one.index:
            continue
        if block.bid is None:
            vanilla += 1
            paid = sum(t.gas_used * (t.price - block.base_fee) for t in block.transactions)
            if block.miner == one.fee_recipient:
                fees += paid
            else:
                misdirected += paid
        else:
            delivered += 1
            last = block.transactions[-1]
            mev += last.value if last.sender == block.miner else block.bid.value
    return fees, mev, misdirected, vanilla, delivered


def _rewards(chain: EthereumChain, one: SimulatedValidator) -> int:
    """Return the consensus rewards of a validator in wei."""
    gwei = sum(sum(chain.attestation(one.index, epoch)) for epoch in SLOTS)
    for slot in SLOTS:
        block = chain.block(slot)
        if block is None:
            continue
        if one.index in chain.committee(slot):
            gwei += chain.sync_reward(one.index, slot)
        if block.proposer_index == one.index:
            gwei += sum(chain.block_reward(slot))
    return gwei * GWEI


def test_periods_are_windows_from_genesis_with_the_blocks_inside(staged: EthereumStation) -> None:
    rows = staged.current(
        "canonical_periods",
        "period_id, start_slot, end_slot, start_block, end_block, "
        "extract(epoch from start_ts)::bigint, extract(epoch from end_ts)::bigint, status",
    )
    chain = staged.node.world.ethereum
    produced = [slot for slot in SLOTS if chain.block(slot)]
    assert [row[0] for row in rows] == ["1911", "1912", "1913", "1914", "1915", "1916"]
    assert rows[4] == (
        "1915",
        SLOTS[0],
        SLOTS[-1],
        chain.block_number(produced[0]),
        chain.block_number(produced[-1]),
        1_606_824_023 + 1915 * 86_400,
        1_606_824_023 + 1915 * 86_400 + 224 * 384,
        "FINAL",
    )
    assert rows[5][7] == "OPEN"


def test_identities_hold_every_key_and_the_expected_recipient(staged: EthereumStation) -> None:
    expected = set()
    for number, one in enumerate(_validators(staged.node.world.ethereum)):
        key = _key(number, one)
        expected |= {
            (key, "pubkey", one.pubkey),
            (key, "index", str(one.index)),
            (key, "withdrawal", one.withdrawal_credentials),
            (key, "fee_recipient", one.fee_recipient),
        }
    rows = staged.current("canonical_validator_identities", "validator_key, kind, value")
    assert set(rows) == expected
    stakes = staged.current(
        "canonical_validator_meta", "validator_key, total_stake_native, delinquent"
    )
    assert {row[1] for row in stakes} == {32 * 10**18}


def test_fees_are_those_of_vanilla_blocks_to_the_wei(staged: EthereumStation) -> None:
    chain = staged.node.world.ethereum
    rows = staged.current(
        "canonical_validator_fees",
        "validator_key, total_fees_native, priority_fees_native, fee_count, blocks_produced, "
        "leader_slots",
    )
    expected = []
    for number, one in enumerate(_validators(chain)):
        fees, _, _, vanilla, delivered = _income(chain, one)
        expected.append((_key(number, one), fees, fees, vanilla, vanilla + delivered, None))
    assert rows == sorted(expected)
    assert sum(row[1] for row in rows) > 0


def test_mev_is_what_builders_paid_and_misdirected_fees_are_no_income(
    staged: EthereumStation,
) -> None:
    chain = staged.node.world.ethereum
    rows = staged.current(
        "canonical_validator_mev",
        "validator_key, gross_mev_native, total_mev_native, misdirected_native, tip_count, "
        "mev_commission_bps",
    )
    expected = []
    for number, one in enumerate(_validators(chain)):
        _, mev, misdirected, _, delivered = _income(chain, one)
        expected.append((_key(number, one), mev, mev, misdirected, delivered, 10_000))
    assert rows == sorted(expected)
    assert sum(row[3] for row in rows) > 0
    flags = {
        flag
        for (flags, _, _) in staged.current("canonical_validator_mev", "quality_flags, 1, 1")
        for flag in flags
    }
    assert flags == {"MISDIRECTED", "PAYMENT_UNVERIFIED", "RELAY_VALUE_MISMATCH"}


def test_rewards_are_the_sum_of_all_duties_to_the_wei(staged: EthereumStation) -> None:
    chain = staged.node.world.ethereum
    rows = staged.current(
        "canonical_stake_rewards",
        "validator_key, staker_address, rewards_native, commission_native, stake_native, "
        "is_operator_owned",
    )
    expected = []
    for number, one in enumerate(_validators(chain)):
        for staker in ("", one.pubkey):
            expected.append(
                (_key(number, one), staker, _rewards(chain, one), 0, 32 * 10**18, not staker)
            )
    assert rows == sorted(expected)


def test_the_p_and_l_of_a_window_is_complete_and_the_sum_of_its_parts(
    staged: EthereumStation,
) -> None:
    chain = staged.node.world.ethereum
    rows = staged.current(
        "validator_pnl",
        "validator_key, exec_fees_native, mev_tips_native, vote_rewards_native, "
        "commission_native, total_revenue_native, quality",
    )
    expected = []
    for number, one in enumerate(_validators(chain)):
        fees, mev, *_ = _income(chain, one)
        rewards = _rewards(chain, one)
        total = fees + mev + rewards
        expected.append((_key(number, one), fees, mev, rewards, 0, total, "COMPLETE"))
    assert rows == sorted(expected)


def test_every_fetch_is_a_success_and_headers_are_fetched_once(staged: EthereumStation) -> None:
    runs = staged.query(
        "select distinct on (data_type, provider_name) data_type, provider_name, status "
        "from ops.ingestion_runs where period_id = '1915' "
        "order by data_type, provider_name, completed_at"
    )
    assert runs == [
        ("FEES", "block_fees", "SUCCESS"),
        ("META", "beacon_api", "SUCCESS"),
        ("MEV", "beaconchain", "SUCCESS"),
        ("MEV", "mev_relay", "SUCCESS"),
        ("REWARDS", "consensus_api", "SUCCESS"),
    ]
    paths = staged.requests
    for slot in SLOTS:
        assert paths[f"GET /beacon/eth/v1/beacon/headers/{slot}"] <= 2  # an edge once more
    assert sum(n for path, n in paths.items() if "/rewards/attestations/" in path) == 225


def test_the_explorer_is_compared_and_never_booked(staged: EthereumStation) -> None:
    """Its sums are ours plus what was misdirected, which it cannot know."""
    booked = {
        (key, component): amount
        for table, component, column in (
            ("canonical_validator_fees", "EXEC_FEES", "total_fees_native"),
            ("canonical_validator_mev", "MEV_TIPS", "total_mev_native"),
        )
        for key, amount, provider in staged.current(
            table, f"validator_key, {column}, source_provider"
        )
        if provider != "beaconchain"
    }
    with psycopg.connect(staged.dsn) as connection:
        found = staged.explored(connection)
    assert {(one.validator_key, one.component) for one in found} <= set(booked)
    for one in found:
        assert one.validator_key is not None
        assert one.amount_native >= booked[one.validator_key, one.component]
    misdirected = sum(
        row[1]
        for row in staged.current("canonical_validator_mev", "validator_key, misdirected_native, 1")
    )
    assert sum(one.amount_native for one in found) == sum(booked.values()) + misdirected


def test_a_second_normalisation_writes_nothing(again: EthereumStation) -> None:
    keys = again.keys
    for table in (keys.identities, keys.meta, keys.fees, keys.mev, keys.rewards):
        assert again.do(table, WINDOW).appended.written == 0


def test_a_pruned_state_fails_and_stores_nothing_as_empty(again: EthereumStation) -> None:
    again.node.world.ethereum.load({"limits": {"states_from": SLOTS[-1]}})
    with pytest.raises(NeedsArchive):
        again.do(again.keys.staging_meta, PRUNED)
    rows = again.query(
        "select status, error_code from ops.ingestion_runs where period_id = %s", str(PRUNED)
    )
    assert rows == [("PARTIAL", "NeedsArchive")]


def test_a_node_without_the_first_blocks_is_no_chain_of_missed_slots(
    again: EthereumStation,
) -> None:
    """A node that has no old blocks answers 404 as for a missed slot: the parents tell."""
    again.do(again.keys.staging_meta, WITHOUT_BLOCKS)
    again.do(again.keys.identities, WITHOUT_BLOCKS)
    again.node.world.ethereum.load({"limits": {"blocks_from": WITHOUT_BLOCKS * 225 + 20}})
    with pytest.raises(TransientFailure, match="partial response: the node has no blocks before"):
        again.do(again.keys.staging_fees, WITHOUT_BLOCKS)


def test_without_relays_fees_are_left_out_and_no_run_fails(again: EthereumStation) -> None:
    again.do(again.keys.staging_meta, WITHOUT_BLOCKS)
    again.do(again.keys.identities, WITHOUT_BLOCKS)
    again.configure(CDP_MEV_RELAY_URLS="")
    for key in (again.keys.staging_mev, again.keys.mev, again.keys.fees):
        assert again.do(key, WITHOUT_BLOCKS).is_skipped


@pytest.mark.parametrize(
    ("rule", "kind", "words"),
    [
        pytest.param(
            FaultRule("status", path="/beacon/eth/v2/beacon/blocks", status=503),
            TransientFailure, "returned 503", id="the beacon node is syncing",
        ),
        pytest.param(
            FaultRule("partial", rpc_method="eth_getBlockReceipts"),
            InvalidSourceResponse, "not its transactions'", id="half the receipts",
        ),
        pytest.param(
            FaultRule("rpc_error", rpc_method="eth_getBlockByNumber", code=-32000,
                      message="missing trie node"),
            NeedsArchive, "NEEDS_ARCHIVE", id="the execution node has pruned the block",
        ),
        pytest.param(
            FaultRule("status", path="/headers/", status=404, message="no such host"),
            PermanentFailure, "not the source's own 'not known'", id="a 404 of another form",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_a_node_stores_no_window(
    again: EthereumStation, rule: FaultRule, kind: type[CdpError], words: str
) -> None:
    for key in (again.keys.staging_meta, again.keys.identities):
        again.do(key, WITHOUT_BLOCKS)
    again.node.world.faults.rules.append(rule)
    with pytest.raises(kind, match=words):
        again.do(again.keys.staging_fees, WITHOUT_BLOCKS)
    again.node.world.faults.rules.clear()
    assert again.query(
        "select count(*) from staging.staging_fees where period_id = %s and role = 'manifest'",
        str(WITHOUT_BLOCKS),
    ) == [(0,)]


def test_an_explorer_that_fails_is_recorded_and_changes_no_row(again: EthereumStation) -> None:
    again.node.world.faults.rules.append(FaultRule("partial", path="/beaconchain"))
    again.do(again.keys.staging_mev, WINDOW)
    again.node.world.faults.rules.clear()
    ((status, message),) = again.query(
        "select status, error_message from ops.ingestion_runs where period_id = %s "
        "and provider_name = 'beaconchain' order by completed_at desc limit 1",
        str(WINDOW),
    )
    assert status == "FAILED"
    assert "a partial response: block" in message
    assert again.do(again.keys.mev, WINDOW).appended.written == 0


def test_what_is_not_final_is_fetched_later(again: EthereumStation) -> None:
    again.do(again.keys.staging_meta, WITHOUT_BLOCKS)
    again.node.world.ethereum.load({"limits": {"finality_epochs": 1_000}})
    again.do(again.keys.identities, WITHOUT_BLOCKS)
    with pytest.raises(TransientFailure, match="has finalized epoch"):
        again.do(again.keys.staging_rewards, WITHOUT_BLOCKS)


def test_a_node_that_has_not_verified_the_payloads_is_asked_again_later(
    again: EthereumStation,
) -> None:
    for key in (again.keys.staging_meta, again.keys.identities):
        again.do(key, WITHOUT_BLOCKS)
    again.node.world.ethereum.load({"limits": {"is_optimistic": True}})
    with pytest.raises(TransientFailure, match="not finalized yet"):
        again.do(again.keys.staging_fees, WITHOUT_BLOCKS)


def test_a_late_payload_of_a_relay_turns_misdirected_fees_into_mev(again: EthereumStation) -> None:
    """A relay fails, then lacks a payload, then has it: each version follows what was known."""
    keys, chain = again.keys, again.node.world.ethereum
    one = _validators(chain)[0]
    slot = next(s for s in range(LATE * 225, (LATE + 1) * 225) if chain.block(s))
    block = {
        "slot": slot,
        "proposer_index": one.index,
        "miner": "0x" + "bb" * 20,
        "base_fee": 10 * GWEI,
        "receipts": [[21_000, 12 * GWEI], [100_000, 115 * 10**8]],
        "paid": 38_256_216_383_786_968,
    }
    payload = {"value": 38_256_216_383_786_968, "recipient": one.fee_recipient}
    chain.load({"blocks": [{**block, "payload": {**payload, "relays": []}}]})
    for key in (keys.staging_meta, keys.identities, keys.staging_fees):
        again.do(key, LATE)
    again.node.world.faults.rules.append(
        FaultRule(kind="status", path="/relay/gamma", status=400, times=1)
    )
    with pytest.raises(PermanentFailure, match="returned 400"):
        again.do(keys.staging_mev, LATE)
    assert again.query(
        "select status from ops.ingestion_runs where data_type = 'MEV' and period_id = %s "
        "and provider_name = 'mev_relay'",
        str(LATE),
    ) == [("PARTIAL",)]
    again.do(keys.staging_mev, LATE)
    again.do(keys.fees, LATE)
    again.do(keys.mev, LATE)
    again.move(hours=2)
    chain.load({"blocks": [{**block, "payload": {**payload, "relays": ["gamma"]}}]})
    again.do(keys.staging_mev, LATE)
    again.do(keys.fees, LATE)
    again.do(keys.mev, LATE)
    versions = again.query(
        "select version, total_mev_native, misdirected_native, tip_count "
        "from validators.canonical_validator_mev where period_id = %s and validator_key = %s "
        "order by version",
        str(LATE),
        _key(0, one),
    )
    (_, before, misdirected, count), (version, after, still, new_count) = versions
    assert (version, new_count) == (2, count + 1)
    assert after - before == 38_256_216_383_786_968
    assert misdirected - still == 192_000_000_000_000


def test_relays_that_forget_their_payloads_turn_no_mev_into_fees(
    again: EthereumStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unconfirmed empty fetch changes neither table, or a block would count in both."""
    keys = again.keys
    columns = {"fees": "total_fees_native, fee_count", "mev": "total_mev_native, tip_count"}

    def income() -> dict[str, list[Row]]:
        return {
            name: again.query(
                f"select validator_key, {own} from validators.canonical_validator_{name} "
                "where period_id = %s and is_current and not is_void order by 1",
                str(FORGOTTEN),
            )
            for name, own in columns.items()
        }

    def read_both() -> dict[str, list[Row]]:
        for key in (keys.staging_mev, keys.fees, keys.mev):
            again.do(key, FORGOTTEN)
        return income()

    for key in (keys.staging_meta, keys.identities, keys.staging_fees):
        again.do(key, FORGOTTEN)
    before = read_both()
    assert sum(row[2] for row in before["mev"]) > 0
    monkeypatch.setattr(Relays, "_rows", lambda *_: iter(()))
    again.move(hours=2)
    assert read_both() == before
    again.move(hours=2)
    confirmed = read_both()
    assert sum(row[2] for row in confirmed["mev"]) == 0
    assert confirmed["fees"] != before["fees"]
