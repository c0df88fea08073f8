"""What a run leaves in ``ops.runs``: the figures of each asset, not of all together."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from resources.postgres.ops_status import Publication, publish, record_run
from resources.postgres.warehouse import Warehouse

pytestmark = pytest.mark.integration

KEYS = ["raw_dmob/verified_client", "raw_dmob/verifier", "raw_dmob/verifier_allowance"]


def test_rows_published_with_a_failed_check_count_as_failed_everywhere(warehouse_dsn: str) -> None:
    asset = "filplus/things"
    with psycopg.connect(warehouse_dsn) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into ops.asset_catalog (asset_key, description, owner, asset_group, layer, "
            "cadence) values (%s, '', '', '', '', 'snapshot')",
            [asset],
        )
        for state, failed in (("CHECK_FAILED", 1), ("MATERIALIZED", 0)):
            publish(
                cursor,
                Publication(
                    asset_key=asset,
                    partition_key="",
                    window=None,
                    row_count=1,
                    input_versions={},
                    as_of=datetime(2026, 3, 6, tzinfo=UTC),
                    is_final=False,
                    code_version="1",
                    run_id="r",
                    state=state,
                ),
            )
            row = cursor.execute("select failed_partitions from ops.freshness").fetchone()
            assert row == (failed,)


def test_every_asset_of_a_run_has_its_own_rows(warehouse_dsn: str) -> None:
    with record_run(
        Warehouse(url=warehouse_dsn),
        run_id="r",
        asset_keys=KEYS,
        partition_keys=[""],
        window=None,
        launched_by="test",
    ) as record:
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
