"""What a run leaves in ``ops.runs``: the figures of each asset, not of all together."""

from __future__ import annotations

import psycopg
import pytest

from resources.publication import record_run
from resources.warehouse import Warehouse

pytestmark = pytest.mark.integration

KEYS = ["raw_dmob/verified_client", "raw_dmob/verifier", "raw_dmob/verifier_allowance"]


def test_every_asset_of_a_run_has_its_own_rows(warehouse_dsn: str) -> None:
    with record_run(
        Warehouse(url=warehouse_dsn), run_id="r", asset_keys=KEYS, partition_keys=[""],
        window=None, launched_by="test",
    ) as record:  # fmt: skip
        record.rows_by_asset = {KEYS[0]: (7, 2), KEYS[1]: (0, 0)}
        record.rows_written = 5
    with psycopg.connect(warehouse_dsn) as connection:
        rows = connection.execute(
            "select asset_key, outcome, rows_written, rows_deleted from ops.runs order by 1"
        ).fetchall()
    assert rows == [
        (KEYS[0], "SUCCESS", 7, 2),
        (KEYS[1], "SUCCESS", 0, 0),
        (KEYS[2], "SUCCESS", 5, None),
    ]
