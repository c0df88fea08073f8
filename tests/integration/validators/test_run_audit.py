"""A run over periods ends with one audit row and one line of JSON, a failed one, too."""

from __future__ import annotations

import json
import logging

import psycopg
import pytest

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.audit_log import first_broken
from cdp_assets.validators.periods.run_audit import audited_run, kind_of
from resources.postgres.warehouse import Warehouse

pytestmark = pytest.mark.integration
FEES = "staging/solana_mainnet/staging_fees"
ROWS = """
    select action, actor_id, resource_id, correlation_id, after ->> 'outcome',
        after ->> 'error_code', (after ->> 'periods_done')::int, (after ->> 'rows')::int
    from audit.log order by seq
"""


@pytest.mark.parametrize(
    ("asset_key", "kind"),
    [
        (FEES, "ingestion"),
        ("validators/solana_mainnet/canonical_validator_fees", "normalization"),
        ("validators/solana_mainnet/canonical_client_stakes", "computation"),
        ("validators/solana_mainnet/validator_pnl", "computation"),
    ],
)
def test_a_run_is_named_by_what_it_writes(asset_key: str, kind: str) -> None:
    assert kind_of(asset_key) == kind


def test_a_run_ends_with_one_row_and_one_line_a_failed_one_too(
    warehouse_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("test_run_audit")
    run, warehouse = DirectRun(run_id="run-1", user="ann", log=log), Warehouse(url=warehouse_dsn)
    rows: dict[str, int] = {}
    keys = ["850", "851"]
    with caplog.at_level(logging.INFO, log.name):
        with audited_run(run, warehouse, FEES, keys, rows):
            rows |= {"850": 3, "851": 4}
        with (
            pytest.raises(PermanentFailure),
            audited_run(run, warehouse, FEES.replace("fees", "mev"), keys, {"850": 3}),
        ):
            raise PermanentFailure("no")
    lines = [json.loads(record.message) for record in caplog.records]
    assert [line["event"] for line in lines] == ["ingestion.completed", "ingestion.failed"]
    assert {"timestamp", "level", "correlation_id", "event", "context"} == lines[0].keys()
    with psycopg.connect(warehouse_dsn) as connection:
        assert connection.execute(ROWS).fetchall() == [
            ("INGEST_PERIODS", "ann", FEES, "run-1", "SUCCEEDED", None, 2, 7),
            (
                "INGEST_PERIODS",
                "ann",
                FEES.replace("fees", "mev"),
                "run-1",
                "FAILED",
                "PermanentFailure",
                1,
                3,
            ),
        ]
        assert first_broken(connection) is None
