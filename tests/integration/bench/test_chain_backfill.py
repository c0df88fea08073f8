"""The backfill of the part validators, small: every table is filled, and nothing is asked twice."""

from __future__ import annotations

from bench.chain_backfill import measure
from bench.chain_report import backfill_rows, chain_bars
from resources.postgres.embedded_postgres import EmbeddedServer

EPOCHS, VALIDATORS, AGREEMENTS = 2, 10, 2


def test_a_small_backfill_fills_every_table_with_no_more_requests_than_needed(
    server: EmbeddedServer, migrated_template: str
) -> None:
    found = measure(server.dsn("postgres"), migrated_template, EPOCHS, VALIDATORS, AGREEMENTS)
    assert all(found["rows"].values())
    # Of each epoch: five validators of each agreement, by fees and by stake.
    assert found["lines"] == found["complete_lines"] == EPOCHS * AGREEMENTS * 10
    calls, requests = found["calls"], found["requests"]
    assert calls["getLeaderSchedule"] == EPOCHS
    assert calls["getInflationReward"] == 2 * EPOCHS  # a batch of vote accounts, one of clients
    assert calls["getAccountInfo"] == AGREEMENTS * EPOCHS
    assert requests["GET /kobe/validator_rewards"] == EPOCHS
    # An epoch looks two epochs back, but a stored response is not fetched again.
    assert requests["POST /kobe/validators"] == EPOCHS + 2


def test_the_report_names_what_was_missed() -> None:
    size = {
        "epochs": 25, "lines": 5, "seconds": 10.0, "cpu": 4.0, "copy_seconds": 1.0,
        "peak_mb": 100.0, "by_table": {"staging_fees": 2.0}, "requests": {"POST /solana": 7},
    }  # fmt: skip
    large = {**size, "epochs": 100, "seconds": 181.0, "peak_mb": 111.0}
    metrics = {
        "validators": {
            "lines": 20_000, "restated": {"seconds": 9.0}, "unchanged": {"seconds": 2.5},
        },
        "chain_backfill": {"25": size, "100": large},
    }  # fmt: skip
    assert [met for *_, met in chain_bars(metrics)] == [True, False, False, False]
    assert ("requests POST /solana", "7", "7") in backfill_rows(metrics)
