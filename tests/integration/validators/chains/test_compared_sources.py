"""Sources that are only compared, and one of rates: stored, read and never booked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from cdp_assets.core.runs.partition_run import DirectRun, partition_run
from cdp_assets.validators.canonical.normalise import WriteContext
from cdp_assets.validators.periods.period_table import read_periods
from cdp_assets.validators.reconciliation.period_findings import PublishedAmount
from cdp_assets.validators.reconciliation.published_amounts import published_amounts
from tests.integration.validators.conftest import Station, load_epoch, validator

SOL = 10**9


class _Answers(BaseHTTPRequestHandler):
    """Answers each path with its document, else 500."""

    documents: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        document = self.documents.get(self.path.split("?")[0])
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(500 if document is None else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def published(station: Station) -> Iterator[Station]:
    """Epoch 933 with two validators, and three services that have their view of it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    for name in ("TRILLIUM", "MARINADE", "STAKEWIZ"):
        station.addresses[f"CDP_{name}_URL"] = url
    station.configure()
    _Answers.documents = {
        "/validator_rewards/933": [
            {"vote_account_pubkey": "A", "total_block_rewards_after_burn": 1.500000001,
             "mev_earned": 450.830856398999, "validator_inflation_reward": None},
        ],
        "/rewards": {"rewards_block": [[932, "7.5"], [933, 2.25]], "rewards_mev": []},
        "/validators": [
            {"vote_identity": "A", "identity": "id-A", "epoch": 933, "commission": 9.99,
             "is_jito": True, "jito_commission_bps": 5, "version": "2.1.14", "delinquent": False},
        ],
    }  # fmt: skip
    load_epoch(station.node, [validator("A", 1_000, slots=48), validator("B", 2_000, slots=48)])
    yield station
    server.shutdown()
    server.server_close()


def compared(station: Station, epoch: int = 933) -> list[PublishedAmount]:
    """Return what is stored for comparison with an epoch."""
    key = str(epoch)
    with (
        partition_run(DirectRun(), station.warehouse, ["validators/x"], keys=[key]) as run,
        run.connection() as connection,
        run.transaction(connection),
    ):
        period = read_periods(connection, "solana-mainnet")[key].period
        context = WriteContext(station.chain, station.registry, run)
        return published_amounts(connection, context, period)


def test_amounts_of_other_sources_are_read_to_the_lamport_and_never_booked(
    published: Station,
) -> None:
    published.observed_and_ended(933)
    published.fees(933)
    assert compared(published) == [
        PublishedAmount("trillium", "EXEC_FEES", "A", 1_500_000_001),
        PublishedAmount("marinade", "EXEC_FEES", None, 9 * SOL // 4),
    ]
    assert {row[0]: row[1] for row in published.current_fees(933)} == {"A": 1_000, "B": 2_000}


def test_a_compared_source_that_fails_does_not_fail_the_period(published: Station) -> None:
    published.observed_and_ended(933)
    _Answers.documents = {}
    published.fees(933)
    assert compared(published) == []
    assert published.query(
        "select provider_name, status from ops.ingestion_runs where data_type = 'FEES' order by 1"
    ) == [("marinade", "FAILED"), ("solana_rpc", "SUCCESS"), ("trillium", "FAILED")]


def test_versions_and_rates_come_from_a_source_of_the_present(published: Station) -> None:
    published.observe(933)
    published.do(published.keys.meta, 933)
    rows = published.query(
        "select validator_key, commission_rate_bps, mev_commission_bps, is_mev_enabled, "
        "client_version, total_stake_native from validators.canonical_validator_meta "
        "where is_current order by 1"
    )
    stake = 10**15 + 1
    # The node comes first: it reports whole percents, the other source 9.99 %.
    assert rows == [("A", 500, 5, True, "2.1.14", stake), ("B", 500, None, None, None, stake)]
