"""What a bad source does: its answers are kept, its period fails, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cdp_assets.errors import (
    CdpError,
    InvalidSourceResponse,
    MissingUpstream,
    PermanentFailure,
    TransientFailure,
)
from cdp_assets.validators.chains.chain_registry import Registry
from resources.http.http_client import HttpClient, Request
from resources.http.retry import RetryPolicy
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.server.faults import FaultRule
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database
from tests.integration.validators.conftest import Station, load_epoch, shorten, validator

ONE_BLOCK = '"getBlock"'  # in the body of a request for blocks, but not of one for their list


RESTATED = 5_000  # lamports of A after the first fetch


@pytest.fixture(scope="module")
def one_warehouse(server: EmbeddedServer, chain_template: str) -> Iterator[str]:
    """The warehouse of all faults that must change nothing, with epoch 933 fetched once."""
    yield from fresh_database(server, chain_template)


def fetch_once(station: Station) -> None:
    """Fetch epoch 933; then let the source restate it."""
    load_epoch(station.node, [validator("A", 1_000_003, slots=48), validator("B", 999, slots=48)])
    station.observed_and_ended(933)
    station.fees(933)
    station.node.world.chain.restate({"epoch": 933, "fees": {"A": RESTATED}})
    station.move(hours=2)
    station.node.world.journal.clear()


@pytest.fixture
def fetched(station: Station) -> Station:
    """Epoch 933 fetched once; meanwhile the source has restated it."""
    fetch_once(station)
    return station


@pytest.fixture
def untouched(one_warehouse: str, node: SimulatorServer, registry: Registry) -> Station:
    """As ``fetched``, in the warehouse that these tests share because none may change it."""
    station = Station(one_warehouse, node, registry)
    station.configure()
    if station.query("select 1 from staging.staging_fees limit 1") == []:
        fetch_once(station)
        return station
    load_epoch(node, [validator("A", 1_000_003, slots=48), validator("B", 999, slots=48)])
    node.world.chain.restate({"epoch": 933, "fees": {"A": RESTATED}})
    station.move(epochs=1, hours=2)
    node.world.journal.clear()
    return station


def last_run(station: Station) -> dict[str, Any]:
    ((status, code, message, requests),) = station.query(
        "select status, error_code, error_message, requests from ops.ingestion_runs "
        "where data_type = 'FEES' order by completed_at desc limit 1"
    )
    return {"status": status, "code": code, "message": message, "requests": requests}


PERSISTENT: list[Any] = [
    pytest.param(
        FaultRule("status", rpc_method="getBlocks", status=503), TransientFailure, "503", "PARTIAL",
        id="the node is down in the middle",
    ),
    pytest.param(
        FaultRule("status", status=503), TransientFailure, "503", "FAILED",
        id="the node is down from the start",
    ),
    pytest.param(
        FaultRule("status", status=403), PermanentFailure, "403", "FAILED", id="we are blocked"
    ),
    pytest.param(
        FaultRule("drop", body=ONE_BLOCK), TransientFailure, "no response", "PARTIAL",
        id="connections are dropped",
    ),
    pytest.param(
        FaultRule("truncated", rpc_method="getLeaderSchedule"), TransientFailure, "broke off",
        "FAILED", id="a truncated body",
    ),
    pytest.param(
        FaultRule("malformed", rpc_method="getBlocks"), TransientFailure, "malformed JSON",
        "PARTIAL", id="malformed JSON",
    ),
    pytest.param(
        FaultRule("partial", rpc_method="getLeaderSchedule"), TransientFailure,
        "leader schedule leaves", "PARTIAL", id="half a leader schedule",
    ),
    pytest.param(
        FaultRule("partial", rpc_method="getBlocks"), TransientFailure, "partial response",
        "PARTIAL", id="half the produced slots",
    ),
    pytest.param(
        FaultRule("shifted", rpc_method="getBlocks"), InvalidSourceResponse, "out of order",
        "PARTIAL", id="shifted slots",
    ),
    pytest.param(
        FaultRule("duplicate", rpc_method="getLeaderSchedule"), InvalidSourceResponse,
        "two leaders", "FAILED", id="slots given twice",
    ),
    pytest.param(
        FaultRule("partial", body=ONE_BLOCK), TransientFailure, "no Fee reward in", "PARTIAL",
        id="rewards are missing",
    ),
    pytest.param(
        FaultRule("restated", body=ONE_BLOCK, field="lamports", add=-(10**12)),
        InvalidSourceResponse, "lamports", "PARTIAL", id="a negative reward",
    ),
    pytest.param(
        FaultRule("rpc_error", body=ONE_BLOCK, code=-32005), TransientFailure, "-32005",
        "PARTIAL", id="the node is unhealthy",
    ),
    pytest.param(
        FaultRule("rpc_error", body=ONE_BLOCK, code=-32001, message="cleaned up"),
        PermanentFailure, "archive node", "PARTIAL", id="history is gone",
    ),
    pytest.param(
        FaultRule("rpc_error", rpc_method="getLeaderSchedule", code=-32602, message="invalid"),
        PermanentFailure, "-32602", "FAILED", id="the question is refused",
    ),
    *(
        pytest.param(
            FaultRule("rpc_error", body=ONE_BLOCK, code=code, message="no"),
            TransientFailure, str(code), "PARTIAL", id=f"{code} may pass",
        )
        for code in (-32004, -32014, -32016)
    ),
    *(
        pytest.param(
            FaultRule("rpc_error", body=ONE_BLOCK, code=code, message="no"),
            PermanentFailure, str(code), "PARTIAL", id=f"{code} does not pass",
        )
        for code in (-32010, -32011, -32015, -32018, -32019)
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "kind", "words", "status"), PERSISTENT)
def test_a_fault_fails_the_period_and_overwrites_nothing(
    untouched: Station, rule: FaultRule, kind: type[CdpError], words: str, status: str
) -> None:
    manifests = "select count(*) from staging.staging_fees where role = 'manifest'"
    untouched.node.world.faults.rules.append(rule)
    with pytest.raises(kind, match=words) as caught:
        untouched.stage_fees(933)
    assert caught.value.hint
    run = last_run(untouched)
    assert run["status"] == status
    assert words in run["message"]
    assert untouched.query(manifests) == [(1,)]
    assert untouched.write_fees(933).appended.written == 0
    assert [row[:2] for row in untouched.current_fees(933)] == [("A", 1_000_003), ("B", 999)]


def test_once_the_fault_is_over_the_same_command_succeeds(fetched: Station) -> None:
    fetched.node.world.faults.rules.append(FaultRule("malformed", rpc_method="getBlocks"))
    with pytest.raises(TransientFailure):
        fetched.stage_fees(933)
    fetched.node.world.faults.rules.clear()
    fetched.fees(933)
    assert [row[:2] for row in fetched.current_fees(933)] == [("A", RESTATED), ("B", 999)]
    assert last_run(fetched)["status"] == "SUCCESS"


def test_faults_that_pass_are_survived_within_the_call(fetched: Station) -> None:
    passing = [
        FaultRule("status", times=1, status=503),
        FaultRule("status", times=1, status=429, retry_after=0),
        FaultRule("drop", times=1, body=ONE_BLOCK),
        FaultRule("truncated", times=1, rpc_method="getBlocks"),
        FaultRule("malformed", times=1, body=ONE_BLOCK),
        FaultRule("shifted", times=1, rpc_method="getBlocks"),
        FaultRule("duplicate", times=1, rpc_method="getBlocks"),
    ]
    world = fetched.node.world
    for amount, rule in enumerate(passing, RESTATED + 1):
        world.faults.rules[:] = [rule]
        world.journal.clear()
        world.chain.restate({"epoch": 933, "fees": {"A": amount}})
        fetched.move(hours=1)
        fetched.fees(933)
        assert world.journal.faults[rule.kind] == 1, rule
        assert fetched.current_fees(933)[0][:2] == ("A", amount), rule


def test_bad_answers_are_kept_as_evidence_with_their_bytes(fetched: Station) -> None:
    fetched.node.world.faults.rules.append(FaultRule("malformed", rpc_method="getLeaderSchedule"))
    with pytest.raises(TransientFailure):
        fetched.stage_fees(933)
    rows = fetched.query(
        "select is_complete, raw_payload is null, http_status, right(convert_from(raw_body, "
        "'UTF8'), 2) from staging.staging_fees where not is_complete"
    )
    assert rows == [(False, True, 200, ",,")]


def test_a_truncated_answer_is_kept_as_far_as_it_came(fetched: Station) -> None:
    whole = fetched.query(
        "select length(raw_body) from staging.staging_fees "
        "where request_fingerprint like 'getLeaderSchedule%%'"
    )[0][0]
    fetched.node.world.faults.rules.append(FaultRule("truncated", rpc_method="getLeaderSchedule"))
    with pytest.raises(TransientFailure, match="broke off"):
        fetched.stage_fees(933)
    ((length, payload),) = fetched.query(
        "select length(raw_body), raw_payload from staging.staging_fees where not is_complete"
    )
    assert 0 < length < whole
    assert payload is None


def test_an_answer_without_any_reward_overwrites_nothing_until_it_is_confirmed(
    fetched: Station,
) -> None:
    before = fetched.current_fees(933)
    fetched.node.world.chain.restate({"epoch": 933, "fees": {"A": 0, "B": 0}})
    fetched.move(hours=1)
    done = fetched.fees(933)
    assert (done.appended.written, done.statistics["unconfirmed_zero_fetches"]) == (0, 1)
    assert fetched.current_fees(933) == before
    fetched.move(hours=1)
    fetched.fees(933)
    assert [(row[1], row[5]) for row in fetched.current_fees(933)] == [(0, [])] * 2


def test_validators_that_are_missing_leave_their_fees_unplaced(station: Station) -> None:
    load_epoch(station.node, [validator("A", 1_100, slots=48), validator("B", 700, slots=48)])
    station.node.world.faults.rules.append(FaultRule("partial", rpc_method="getVoteAccounts"))
    station.observed_and_ended(933)
    station.node.world.faults.rules.clear()
    done = station.fees(933)
    assert [row[0] for row in station.current_fees(933)] == ["A"]
    assert done.statistics["identities_without_validator"] == 1
    assert done.statistics["slots_without_validator"] == 48


def test_a_slot_that_the_node_calls_skipped_is_confirmed_before_it_counts(
    fetched: Station,
) -> None:
    rule = FaultRule("rpc_error", body=ONE_BLOCK, code=-32009, message="missing", after=1)
    fetched.node.world.faults.rules.append(rule)
    with pytest.raises(
        TransientFailure, match="lists slot .* as produced and returns error -32009"
    ):
        fetched.stage_fees(933)
    assert fetched.node.world.journal.rpc["getBlocks"] >= 2


def skip(station: Station, index: int, code: int) -> None:
    """Let the node say that a listed slot was skipped, and list it no longer."""
    slot = 933 * 96 + index
    station.node.world.faults.rules += [
        FaultRule("rpc_error", body=f'"getBlock:{slot}"', code=code, message="skipped"),
        FaultRule("partial", body=f'"getBlocks:{slot}..{slot}"'),
    ]


def one_block_at_once(station: Station) -> None:
    providers = [
        one.model_copy(update={"batch_size": 1, "requests_per_10_seconds": 100_000})
        for one in station.registry.providers
    ]
    station.registry = station.registry.model_copy(update={"providers": providers})


@pytest.mark.parametrize("code", [-32007, -32009])
def test_a_skipped_slot_that_is_listed_no_longer_is_empty(station: Station, code: int) -> None:
    station.registry = shorten(station.registry, tracked_validators=["A"], first_period=930)
    load_epoch(station.node, [validator("A", 1_000_003, slots=8), validator("B", 999, slots=48)])
    station.observed_and_ended(933)
    one_block_at_once(station)
    plan = station.node.world.chain.plan(933)
    produced = [index for index in range(96) if not plan.is_skipped(index)]
    index = next(  # the block after it is not fetched, as its leader is not tracked
        at
        for at, after in zip(produced, produced[1:], strict=False)
        if (plan.leader(at), plan.leader(after) == "id-A") == ("id-A", False)
    )
    skip(station, index, code)
    station.fees(933)
    ((_, fees, _, blocks, slots, _),) = station.current_fees(933)
    assert (fees, blocks, slots) == (1_000_003 - plan.fee(index), plan.paid["id-A"][0] - 1, 8)


def test_a_last_slot_that_a_later_block_follows_was_not_skipped(station: Station) -> None:
    load_epoch(station.node, [validator("A", 1_000_003, slots=96)])
    station.observed_and_ended(933)
    one_block_at_once(station)
    plan = station.node.world.chain.plan(933)
    skip(station, max(index for index in range(96) if not plan.is_skipped(index)), -32007)
    with pytest.raises(TransientFailure, match="the first block after the period follows slot"):
        station.stage_fees(933)


def test_a_node_that_has_not_gone_on_cannot_prove_the_end(station: Station) -> None:
    load_epoch(station.node, [validator("A", 1_100, slots=48), validator("B", 700, slots=48)])
    station.observed_and_ended(933)
    station.node.world.clock.set(station.now.replace(day=3))
    with pytest.raises(TransientFailure, match="no block after the period"):
        station.stage_fees(933)


def test_a_period_without_a_whole_fetch_is_not_normalised(station: Station) -> None:
    station.observed_and_ended(933)
    with pytest.raises(MissingUpstream, match="no complete fetch"):
        station.write_fees(933)


def test_a_period_whose_validators_were_never_written_is_not_normalised(station: Station) -> None:
    station.periods()
    station.stage_fees(932)
    with pytest.raises(MissingUpstream, match="validators are not known yet"):
        station.write_fees(932)


def test_the_health_of_the_source_is_written(fetched: Station) -> None:
    assert fetched.query("select source, ok, breaker from ops.source_health") == [
        ("solana_rpc", True, "closed")
    ]
    fetched.node.world.faults.rules.append(FaultRule("status", status=503))
    fetched.sources = type(fetched.sources)(tries=1)
    for _ in range(5):  # a call counts once for the breaker, whatever its tries
        with pytest.raises(TransientFailure):
            fetched.stage_fees(933)
    ((ok, breaker, failures, message, success),) = fetched.query(
        "select ok, breaker, consecutive_failures, error_message, last_success_at is not null "
        "from ops.source_health"
    )
    assert (ok, breaker, failures, success) == (False, "open", 5, True)
    assert "503" in message
    requests = fetched.node.world.journal.paths.total()
    with pytest.raises(TransientFailure, match="no request was sent"):
        fetched.stage_fees(933)
    assert fetched.node.world.journal.paths.total() == requests


def test_a_source_that_stays_silent_is_given_up(station: Station) -> None:
    station.node.world.faults.rules.append(FaultRule("timeout", seconds=30))
    with HttpClient(
        "solana_rpc", station.node.url, policy=RetryPolicy(tries=1), read_seconds=0.2
    ) as http:
        outcome = http.send(Request("question", method="POST", path="/solana", body=b"{}"))
    assert outcome.responses == ()
    with pytest.raises(TransientFailure, match="ReadTimeout"):
        outcome.usable()


def test_a_refused_connection_is_given_up(station: Station) -> None:
    with HttpClient(
        "solana_rpc", "http://127.0.0.1:1", policy=RetryPolicy(tries=2, sleep=lambda _: None)
    ) as http:
        outcome = http.send(Request("question"))
    with pytest.raises(TransientFailure, match="ConnectError"):
        outcome.usable()


def test_no_token_of_the_address_is_anywhere_in_the_warehouse(fetched: Station) -> None:
    canary = "canary-token-4711"
    fetched.configure(CDP_SOLANA_RPC_URL=f"{fetched.node.url}/solana?api-key={canary}")
    fetched.node.world.faults.rules.append(
        FaultRule("status", rpc_method="getBlocks", status=500, message=canary)
    )
    with pytest.raises(TransientFailure) as caught:
        fetched.stage_fees(933)
    assert canary not in str(caught.value)
    for table in ("ops.ingestion_runs", "ops.source_health", "ops.asset_partition_status"):
        assert fetched.query(f"select 1 from {table} t where t::text like %s", f"%{canary}%") == []
    assert (
        fetched.query(
            "select 1 from staging.staging_payloads where request_fingerprint like %s",
            f"%{canary}%",
        )
        == []
    )
