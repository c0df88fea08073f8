"""Services beside node and kobe: what they report, and each failure mode of validator §3.1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cdp_assets.core.checks.sql_check import evaluate
from cdp_assets.errors import MissingUpstream, TransientFailure
from cdp_assets.validators.canonical.checks import FEE_CHECKS, STAGING_FEES_CHECKS
from cdp_assets.validators.ingestion.request_counts import requests_of_range
from cdp_assets.validators.ingestion.sources import ChainSources
from simulator.server.faults import FaultRule
from simulator.server.http_server import SimulatorServer
from simulator.solana import income
from tests.integration.validators.chains.test_compared_sources import compared
from tests.integration.validators.conftest import FIRST, Station, load_epoch, validator

pytestmark = pytest.mark.integration
SERVICES = ("solana_beach", "trillium", "marinade", "stakewiz")
MEV, INFLATION = 10**15 + 1, 3 * 10**15 + 7


@pytest.fixture
def services(station: Station) -> Station:
    """A station that knows the simulated services; rate limits are those of a test."""
    url = station.node.url
    for name in SERVICES:
        station.addresses[f"CDP_{name.upper()}_URL"] = f"{url}/{name.replace('_', '-')}"
    station.addresses["CDP_SOLANA_BEACH_KEY"] = "any"
    station.use_kobe()
    change(station, requests_per_10_seconds=100_000, burst=1_000)
    return station


def change(station: Station, *names: str, **settings: Any) -> None:
    """Change settings of providers; of all without a name."""
    providers = [
        one.model_copy(update=settings) if not names or one.name in names else one
        for one in station.registry.providers
    ]
    station.registry = station.registry.model_copy(update={"providers": providers})


def new_run(station: Station) -> None:
    """Begin another run: nothing that a service said earlier is remembered."""
    station.sources = ChainSources(tries=2)


def of(provider: str, station: Station, component: str = "") -> dict[str | None, int]:
    """Return what a source says of epoch 933, by validator; null: the network."""
    return {
        one.validator_key: one.amount_native
        for one in compared(station)
        if one.provider == provider and one.component in (component or one.component)
    }


def loaded(station: Station, **more: Any) -> Station:
    """Let epoch 933 hold two validators, and end with the next one."""
    load_epoch(
        station.node,
        [
            {**validator("A", 7_000_001, slots=48), "mev_lamports": MEV, **more},
            {**validator("B", 999, slots=32), "mev_lamports": 10_000, **more},
        ],
    )
    station.observe(933)
    station.move(epochs=2)
    station.periods()
    station.write_identities(933)
    station.node.world.journal.clear()
    return station


def requests(station: Station, part: str) -> int:
    """Return how many requests had a part in their path."""
    return sum(n for path, n in station.node.world.journal.paths.items() if part in path)


def failures(station: Station, provider: str) -> list[tuple[Any, ...]]:
    """Return status and error of each fetch from a provider, in their order."""
    return station.query(
        "select status, error_code, error_message from ops.ingestion_runs "
        "where provider_name = %s order by started_at, completed_at",
        provider,
    )


@pytest.fixture(autouse=True)
def no_faults(one_node: SimulatorServer) -> None:
    one_node.world.faults.rules.clear()


# Solana Beach ---------------------------------------------------------------------------------


def test_fees_by_identity_are_those_of_the_validator_and_of_the_network(services: Station) -> None:
    loaded(services).fees(933)
    network = sum(lamports for _, lamports in services.node.world.chain.plan(933).paid.values())
    assert of("solana_beach", services) == {"A": 7_000_001, "B": 999, None: network}
    stored = services.query(
        "select role, count(*), bool_and(is_complete) from staging.staging_fees "
        "where provider_name = 'solana_beach' group by 1 order by 1"
    )
    # Of the cluster and of two identities, and what they say of the epoch.
    assert stored == [("manifest", 1, True), ("part", 3 + 1, True)]


def test_histories_are_fetched_once_in_a_run_and_cut_into_its_periods(services: Station) -> None:
    services.periods()
    for period in range(FIRST, 933):
        services.stage_meta(period)
        services.write_identities(period)
    identities = services.query(
        "select distinct value from validators.canonical_validator_identities "
        "where kind = 'identity'"
    )
    services.node.world.journal.clear()
    for period in range(FIRST, 933):
        services.fees(period)
    assert requests(services, "/solana-beach/cluster") == 1
    assert requests(services, "/solana-beach/validator/") == len(identities)
    counted = services.query(
        "select period_id, requests from ops.ingestion_runs "
        "where provider_name = 'solana_beach' order by 1"
    )
    assert counted == [("930", len(identities) + 1), ("931", 0), ("932", 0)]
    by_period = services.query(
        "select c.period_id, c.validator_key, total_fees_native "
        "from validators.canonical_validator_fees c where is_current order by 1, 2"
    )
    for period in range(FIRST, 933):
        found = {one: fees for one, fees in beach_of(services, period).items() if one}
        assert found == {key: fees for at, key, fees in by_period if at == str(period) and fees}


def beach_of(station: Station, period: int) -> dict[str | None, int]:
    return {
        one.validator_key: one.amount_native
        for one in compared(station, period)
        if one.provider == "solana_beach"
    }


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_a_walk_survives_an_epoch_that_ends_between_two_pages(
    services: Station, page_size: int
) -> None:
    """The next page then begins with a row of the last one: the offset has shifted."""
    change(services, "solana_beach", batch_size=page_size)
    services.observed_and_ended(933)
    services.move(epochs=4)  # four newer epochs are listed first
    services.periods()
    services.write_identities(933)
    services.node.world.faults.rules.append(
        FaultRule("advance", path="/cluster-block", after=1, times=1, seconds=172_800)
    )
    services.fees(933)
    plan = services.node.world.chain.plan(933)
    assert of("solana_beach", services)[None] == sum(lamports for _, lamports in plan.paid.values())
    assert services.node.world.journal.faults["advance"] == 1


def test_a_restatement_between_two_pages_is_walked_again(services: Station) -> None:
    change(services, "solana_beach", batch_size=2)
    services.observed_and_ended(933)
    services.move(epochs=2)
    services.periods()
    services.write_identities(933)
    rules = services.node.world.faults.rules
    rules.append(FaultRule("advance", path="/cluster-block", after=1, times=1, seconds=172_800))
    rules.append(FaultRule("restated", path="/cluster-block", times=1, field="fees"))
    services.fees(933)  # the page before the shift had other fees of the epoch that is met twice
    plan = services.node.world.chain.plan(933)
    assert of("solana_beach", services)[None] == sum(lamports for _, lamports in plan.paid.values())
    new_run(services)
    rules.append(FaultRule("partial", path="/cluster-block"))
    services.stage_fees(933)
    assert failures(services, "solana_beach")[-1][0] == "PARTIAL"


def test_a_second_source_of_fees_takes_the_place_of_a_node_that_fails(services: Station) -> None:
    priorities = [
        one.model_copy(update={"providers": ["solana_rpc", "solana_beach"], "compared": []})
        if (one.chain_id, one.data_type) == ("solana-mainnet", "FEES")
        else one
        for one in services.registry.priorities
    ]
    services.registry = services.registry.model_copy(update={"priorities": priorities})
    loaded(services)
    services.node.world.faults.rules.append(
        FaultRule("status", rpc_method="getLeaderSchedule", status=503)
    )
    services.fees(933)
    blocks = services.node.world.chain.plan(933).paid
    of_a = blocks["id-A"][0]
    assert services.current_fees(933) == [
        ("A", 7_000_001, of_a, of_a, None, ["FALLBACK_SOURCE"]),
        ("B", 999, blocks["id-B"][0], blocks["id-B"][0], None, ["FALLBACK_SOURCE"]),
    ]
    parameters = {
        "chain": "solana-mainnet", "periods": ["933"], "winners": [], "tracks_all": True,
    }  # fmt: skip
    with services.warehouse.connect(autocommit=True) as connection:
        failed = [
            check.name
            for check in (*STAGING_FEES_CHECKS, *FEE_CHECKS)
            if check.is_blocking and not evaluate(connection, check, parameters).passed
        ]
    assert failed == []


# Failure modes of all: stored, reported, and never a number ------------------------------------

_FAULTS: list[Any] = [
    pytest.param(
        "solana_beach", FaultRule("partial", path="/cluster-block"), "does not list this epoch",
        id="solana beach: late",
    ),
    pytest.param(
        "solana_beach", FaultRule("status", path="/solana-beach", status=401),
        "the credential is missing", id="solana beach: no key",
    ),
    pytest.param(
        "solana_beach", FaultRule("duplicate", path="/cluster-block"), "each epoch once",
        id="solana beach: a row twice in one page",
    ),
    pytest.param(
        "solana_beach", FaultRule("restated", path="/validator/id-B", field="fees", add=-10_000),
        "not a whole number", id="solana beach: negative fees",
    ),
    pytest.param(
        "solana_beach", FaultRule("status", path="/validator/id-B", status=404),
        "source's own 'not known'", id="solana beach: a 404 of another form",
    ),
    pytest.param(
        "trillium", FaultRule("status", path="/validator_rewards/933", status=404,
                              message="Epoch data not found"),
        "not published yet", id="trillium: late",
    ),
    pytest.param(
        "trillium", FaultRule("duplicate", path="/validator_rewards/933"), "occurs twice",
        id="trillium: a validator twice",
    ),
    pytest.param(
        "trillium", FaultRule("truncated", path="/validator_rewards/933"), "broke off",
        id="trillium: truncated",
    ),
    pytest.param(
        "marinade", FaultRule("partial", path="/marinade/rewards"), "not published",
        id="marinade: the epoch is not in the list",
    ),
    pytest.param(
        "marinade", FaultRule("malformed", path="/marinade/rewards"), "malformed JSON",
        id="marinade: malformed",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "rule", "words"), _FAULTS)
def test_a_fault_of_a_compared_source_is_recorded_and_changes_no_row(
    services: Station, provider: str, rule: FaultRule, words: str
) -> None:
    loaded(services)
    services.node.world.faults.rules.append(rule)
    services.fees(933)
    assert services.current_fees(933)[0][:2] == ("A", 7_000_001)
    ((status, _, message),) = failures(services, provider)
    assert status in ("PARTIAL", "FAILED")
    assert words in message
    assert of(provider, services) == {}
    services.node.world.faults.rules.clear()
    new_run(services)
    services.stage_fees(933)
    assert of(provider, services) != {}


@pytest.mark.parametrize("path", ["/solana-beach", "/trillium", "/marinade"])
@pytest.mark.parametrize("status", [429, 503])
def test_every_service_is_tried_again(services: Station, path: str, status: int) -> None:
    loaded(services)
    services.node.world.faults.rules.append(
        FaultRule("status", path=path, status=status, times=1, retry_after=0)
    )
    services.fees(933)
    assert [run[0] for run in failures(services, path[1:].replace("-", "_"))] == ["SUCCESS"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param(
            FaultRule("status", path="/validator_rewards", status=404, message="not found"),
            "not uploaded yet", id="404 before the upload",
        ),
        pytest.param(
            FaultRule("partial", path="/kobe/validator_rewards"), "shifted in each of 3 walks",
            id="fewer rows than announced",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_the_mev_service_is_no_mev_of_zero(
    services: Station, rule: FaultRule, words: str
) -> None:
    loaded(services)
    services.addresses.pop("CDP_TRILLIUM_URL")
    services.configure(CDP_TRILLIUM_URL="")
    services.node.world.faults.rules.append(rule)
    with pytest.raises(TransientFailure, match=words):
        services.do(services.keys.staging_mev, 933)
    with pytest.raises(MissingUpstream, match="no complete fetch is stored"):
        services.do(services.keys.mev, 933)


# Trillium and Marinade --------------------------------------------------------------------------


def stage(station: Station, *data_types: str) -> None:
    for data_type in data_types:
        station.do(getattr(station.keys, f"staging_{data_type}"), 933)


def test_one_response_about_an_epoch_serves_every_data_type(services: Station) -> None:
    loaded(services, commission=7, inflation_lamports=INFLATION)
    stage(services, "fees", "mev", "rewards")
    assert requests(services, "/trillium/") == 1
    assert requests(services, "/marinade/") == 1
    commission = INFLATION * 7 // 100
    assert of("trillium", services, "EXEC_FEES") == {"A": 7_000_001, "B": 999}
    assert of("trillium", services, "MEV_TIPS") == {"A": MEV, "B": 10_000}
    assert of("trillium", services, "COMMISSION") == {"A": commission, "B": commission}
    assert of("marinade", services, "MEV_TIPS") == {None: MEV + 10_000}
    assert of("marinade", services, "STAKE_REWARDS") == {None: 2 * INFLATION}
    stage(services, "mev")  # a further fetch asks again
    assert requests(services, "/trillium/") == 2


def test_mev_that_is_uploaded_late_is_not_an_amount_of_zero(services: Station) -> None:
    loaded(services)
    stage(services, "mev")
    assert of("marinade", services) == {None: MEV + 10_000}
    late = (services.now + timedelta(hours=30)).isoformat()
    services.node.world.chain.restate({"epoch": 933, "upload_at": late})
    new_run(services)
    with pytest.raises(TransientFailure, match="not uploaded yet"):  # kobe, which is booked
        stage(services, "mev")
    for provider in ("trillium", "marinade"):
        assert "MEV" in failures(services, provider)[-1][2].upper()
        assert "not published" in failures(services, provider)[-1][2]
    assert of("marinade", services) == {None: MEV + 10_000}  # nothing is overwritten
    services.move(hours=31)
    new_run(services)
    stage(services, "mev")
    assert [run[0] for run in failures(services, "trillium")] == ["SUCCESS", "PARTIAL", "SUCCESS"]


def test_a_first_total_of_zero_counts_once_it_is_repeated_an_hour_later(services: Station) -> None:
    loaded(services, mev_lamports=0, inflation_lamports=0)
    stage(services, "mev", "rewards")
    assert of("marinade", services) == {}
    assert of("trillium", services, "MEV_TIPS") == {}
    services.move(hours=1)
    new_run(services)
    stage(services, "mev", "rewards")
    assert of("marinade", services, "STAKE_REWARDS") == {None: 0}
    assert of("trillium", services, "MEV_TIPS") == {"A": 0, "B": 0}


def test_a_restated_total_of_a_compared_source_makes_what_is_below_stale(
    services: Station,
) -> None:
    version = "select version from ops.asset_partition_status where asset_key = %s"
    loaded(services)
    stage(services, "mev")
    services.move(hours=2)
    new_run(services)
    stage(services, "mev")  # the same again: confirmed, which is a change
    before = services.query(version, services.keys.staging_mev)
    new_run(services)
    services.move(hours=1)
    stage(services, "mev")
    assert services.query(version, services.keys.staging_mev) == before
    services.node.world.faults.rules.append(
        FaultRule("restated", path="/trillium", field="mev_earned", add=5)
    )
    new_run(services)
    services.move(hours=1)
    stage(services, "mev")
    assert of("trillium", services, "MEV_TIPS") == {"A": MEV + 5 * 10**9, "B": 10_000 + 5 * 10**9}
    assert services.query(version, services.keys.staging_mev) != before


# Stakewiz ---------------------------------------------------------------------------------------


def test_a_list_of_another_epoch_is_not_that_of_the_running_one(services: Station) -> None:
    """Shortly after an epoch ended the service may still list it."""
    services.node.world.faults.rules.append(
        FaultRule("restated", path="/stakewiz/validators", field="epoch", add=-1)
    )
    services.observe(933)
    ((status, code, message),) = failures(services, "stakewiz")
    assert (status, code) == ("PARTIAL", "MissingUpstream")
    assert "the list of validators is of epoch 932" in message
    services.do(services.keys.meta, 933)
    versions = "select distinct client_version from validators.canonical_validator_meta"
    assert services.query(versions) == [(None,)]
    services.node.world.faults.rules.clear()
    services.observe(933)
    services.do(services.keys.meta, 933)
    assert services.query(versions + " where is_current") == [("2.2.16",)]
    assert services.query(
        "select count(*) from validators.canonical_validator_meta "
        "where is_current and total_stake_native <> trunc(total_stake_native)"
    ) == [(0,)]


def test_a_service_of_the_present_is_never_asked_for_the_past(services: Station) -> None:
    loaded(services)
    services.stage_meta(933)
    assert requests(services, "/stakewiz/") == 0


# Requests of a range ----------------------------------------------------------------------------


def test_a_range_takes_no_more_requests_than_the_batches_of_its_sources(services: Station) -> None:
    """Blocks and accounts go in batches of 100; what covers many periods is fetched once."""
    services.periods()
    periods = ["930", "931"]
    for period in periods:
        services.stage_meta(int(period))
        services.write_identities(int(period))
    known = services.query(
        "select kind, count(distinct value) from validators.canonical_validator_identities "
        "group by 1 order by 1"
    )
    identities, votes = (count for _, count in known)
    services.node.world.journal.clear()
    for data_type in ("fees", "mev", "rewards"):
        for period in periods:
            services.do(getattr(services.keys, f"staging_{data_type}"), period)
    with services.warehouse.connect(autocommit=True) as connection:
        found = requests_of_range(connection, "solana-mainnet", periods)
    sent = {(one.data_type, one.provider): one.requests for one in found if one.data_type != "META"}
    count, batch = len(periods), 100
    plans = [services.node.world.chain.plan(int(period)) for period in periods]
    blocks = max(sum(count for count, _ in plan.paid.values()) for plan in plans)
    assert blocks < batch
    assert sent == {
        ("FEES", "solana_rpc"): count * (4 + 1),  # schedule, slots, what follows, and one batch
        ("FEES", "solana_beach"): 1 + identities,  # of the cluster and by identity, once
        ("FEES", "trillium"): count,
        ("FEES", "marinade"): 1,
        ("MEV", "jito_kobe"): count * 3,  # rewards, own leaves, the network's total
        ("MEV", "trillium"): 0,
        ("MEV", "marinade"): 0,
        ("REWARDS", "solana_rpc"): count * -(-votes // batch),
        ("REWARDS", "trillium"): 0,
        ("REWARDS", "marinade"): 0,
    }
    assert sum(sent.values()) == services.node.world.journal.paths.total()


# Costs of votes ---------------------------------------------------------------------------------


def test_the_cost_of_votes_is_an_expense_and_no_part_of_revenue(services: Station) -> None:
    votes = (
        "select vote_cost_native, total_revenue_native - net_profit_native, total_revenue_native "
    )
    rows = votes + "from validators.validator_pnl where is_current order by validator_key"
    loaded(services)
    address = services.addresses.pop("CDP_TRILLIUM_URL")
    services.configure(CDP_TRILLIUM_URL="")
    for key in (services.keys.staging_meta, services.keys.meta):
        services.do(key, 933)
    for table in ("fees", "mev", "rewards"):
        services.do(getattr(services.keys, f"staging_{table}"), 933)
        services.do(getattr(services.keys, table), 933)
    services.do(services.keys.pnl, 933)
    before = services.query(rows)
    assert [row[0] for row in before] == [None, None]
    services.addresses["CDP_TRILLIUM_URL"] = address
    services.configure()
    new_run(services)
    stage(services, "fees")
    services.do(services.keys.pnl, 933)
    chain = services.node.world.chain
    expected = [
        income.votes_of(chain.seed, 933, one) * income.VOTE_LAMPORTS
        for one in chain.validators(933)
    ]
    after = services.query(rows)
    assert [row[0] for row in after] == [row[1] for row in after] == expected
    assert [row[2] for row in after] == [row[2] for row in before]
    services.do(services.keys.pnl, 933)
    assert services.query("select max(computation_version) from validators.validator_pnl") == [(2,)]
