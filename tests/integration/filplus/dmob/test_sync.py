"""What a sync of DMOB lands: everything, once, in one transaction, and then only what changed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from cdp_assets.errors import InvalidSourceResponse, SourceUnavailable
from cdp_assets.filplus.dmob.changed_blocks import BLOCK_IDS, OVERLAP_IDS
from cdp_assets.filplus.dmob.sync import open_source
from tests.integration.filplus.dmob.conftest import Landing

pytestmark = pytest.mark.integration

FIRST_HOUR = datetime(2024, 3, 1, tzinfo=UTC)


def test_the_first_sync_lands_every_row_as_the_source_has_it(landing: Landing) -> None:
    landing.add_deals(1, 5_000)
    deals = landing.sync()["unified_verified_deal"]
    assert (deals.rows_staged, deals.rows_written, deals.row_count) == (5_000, 5_000, 5_000)
    assert deals.hours_changed == 501
    landing.assert_equal()


def test_the_landing_lies_in_the_order_of_ids(landing: Landing) -> None:
    landing.add_deals(1, 5_000)
    landing.sync()
    assert landing.landed(
        "select bool_and(id > before) from "
        "(select id, lag(id, 1, 0::bigint) over (order by ctid) as before "
        "from raw_dmob.unified_verified_deal) r"
    ) == [(True,)]


def test_a_second_sync_changes_nothing(landing: Landing) -> None:
    landing.add_deals(1, 200_000, step=100)
    first = landing.sync()
    before = landing.landed("select * from raw_dmob.unified_verified_deal order by id")
    landing.changed_hours()
    second = landing.sync()
    assert not any(report.is_changed for report in second.values())
    assert [r.version for r in second.values()] == [r.version for r in first.values()]
    assert second["unified_verified_deal"].blocks_compared == 3
    assert second["unified_verified_deal"].blocks_differing == 0
    assert second["unified_verified_deal"].row_count == 2_000
    assert landing.landed("select * from raw_dmob.unified_verified_deal order by id") == before
    assert landing.changed_hours() == []


def test_a_row_that_commits_late_inside_the_overlap_is_landed_without_the_sweep(
    landing: Landing,
) -> None:
    landing.add_deals(1, 1_000)
    landing.add_deals(1_002, 2_000)
    landing.sync()
    landing.changed_hours()
    landing.add_deals(1_001, 1_001)
    deals = landing.sync()["unified_verified_deal"]
    assert (deals.rows_written, deals.rows_deleted, deals.blocks_differing) == (1, 0, 0)
    assert landing.changed_hours() == [FIRST_HOUR + timedelta(hours=100)]
    landing.assert_equal()


def test_changed_and_deleted_rows_are_found_within_one_cycle_of_the_sweep(landing: Landing) -> None:
    landing.add_deals(1, 4 * BLOCK_IDS, step=64)
    landing.sync()
    landing.changed_hours()
    landing.source.execute('update unified_verified_deal set "pieceSize" = 7 where "id" = 65')
    landing.source.execute(
        'update unified_verified_deal set "termStart" = "termStart" + 1200 where "id" = %s',
        [BLOCK_IDS + 1],
    )
    landing.source.execute('delete from unified_verified_deal where "id" = %s', [2 * BLOCK_IDS + 1])
    landing.source.execute(
        'update unified_verified_deal set "pieceCid" = null where "id" = %s', [3 * BLOCK_IDS + 1]
    )
    found = [landing.sync(sweep_blocks=1)["unified_verified_deal"] for _ in range(4)]
    assert [(r.rows_written, r.rows_deleted, r.blocks_differing) for r in found] == [
        (1, 0, 1),
        (1, 0, 1),
        (0, 1, 1),
        (1, 0, 1),
    ]
    hours = [number // 10 for number in (65, BLOCK_IDS + 1, 2 * BLOCK_IDS + 1, 3 * BLOCK_IDS + 1)]
    hours.append(hours[1] + 10)
    assert set(landing.changed_hours()) == {FIRST_HOUR + timedelta(hours=h) for h in hours}
    landing.assert_equal()
    assert found[-1].row_count == 4 * BLOCK_IDS // 64 - 1


_CHANGES = (
    ("dealId", "9"),
    ("clientId", "'77'"),
    ("clientId", "null"),
    ("providerId", "'x'"),
    ("sectorId", "'9'"),
    ("pieceCid", "'other'"),
    ("pieceSize", "33"),
    ("pieceSize", "0.5"),
    ("termStart", "4294967295"),
    ("termStart", "null"),
    ("type", "'deal'"),
    ("createdAt", "timestamp '2024-03-01 00:00:00.123457'"),
    ("slashedEpoch", "5"),
    ("removed", "true"),
    ("removed", "null"),
)


def test_the_block_comparison_sees_a_change_of_any_column_read(landing: Landing) -> None:
    landing.add_deals(1, (len(_CHANGES) + 1) * BLOCK_IDS, step=BLOCK_IDS // 4)
    landing.sync()
    for block, (column, value) in enumerate(_CHANGES):
        landing.source.execute(
            f'update unified_verified_deal set "{column}" = {value} where "id" = %s',
            [block * BLOCK_IDS + 1],
        )
    deals = landing.sync()["unified_verified_deal"]
    assert (deals.blocks_differing, deals.rows_written) == (len(_CHANGES), len(_CHANGES))
    assert landing.sync()["unified_verified_deal"].blocks_differing == 0


def test_a_value_written_with_another_scale_is_no_change(landing: Landing) -> None:
    landing.add_deals(1, 10)
    landing.add_deals(OVERLAP_IDS + 100, OVERLAP_IDS + 100)
    landing.sync()
    landing.source.execute('update unified_verified_deal set "pieceSize" = "pieceSize" * 1.00')
    deals = landing.sync()["unified_verified_deal"]
    assert (deals.blocks_differing, deals.rows_written) == (0, 0)


def test_small_relations_are_compared_in_full(landing: Landing) -> None:
    landing.source.execute(
        'insert into verifier ("id", "addressId", "allowance") '
        "values (1, 'f01', 5), (2, 'f02', 6)"
    )
    landing.sync()
    landing.source.execute('delete from verifier where "id" = 1')
    landing.source.execute('update verifier set "allowance" = 7 where "id" = 2')
    verifiers = landing.sync()["verifier"]
    assert (verifiers.rows_written, verifiers.rows_deleted, verifiers.row_count) == (1, 1, 1)
    assert landing.landed("select id, allowance from raw_dmob.verifier") == [(2, 7)]


def test_a_source_that_lost_its_rows_empties_the_landing_and_touches_their_hours(
    landing: Landing,
) -> None:
    landing.add_deals(1, 30)
    landing.sync()
    landing.changed_hours()
    landing.source.execute("delete from unified_verified_deal")
    deals = landing.sync()["unified_verified_deal"]
    assert (deals.rows_deleted, deals.row_count) == (30, 0)
    assert len(landing.changed_hours()) == 4


def test_a_landing_that_was_emptied_by_hand_is_read_in_full_whatever_the_budget(
    landing: Landing,
) -> None:
    landing.add_deals(1, 4 * BLOCK_IDS, step=64)
    landing.add_deal(3, clientId="1", providerId="2", termStart=1)
    landing.source.execute(
        'insert into verified_client_allowance ("id", "height", "allowance") '
        "values (1, 3698160, 5), (2, 3699160, 6)"
    )
    landing.sync()
    landing.warehouse.execute(
        "truncate raw_dmob.piece, raw_dmob.unified_verified_deal, "
        "raw_dmob.verified_client_allowance"
    )
    landing.source.execute('delete from unified_verified_deal where "id" = 3')
    landing.source.execute('delete from verified_client_allowance where "id" = 2')
    known = landing.landed("select asset_key, hour from ops.changed_hours order by 1, 2")
    reports = landing.sync(sweep_blocks=1)
    assert reports["unified_verified_deal"].row_count == 4 * BLOCK_IDS // 64
    landing.assert_equal()
    lost = landing.landed(
        "select h.asset_key, h.hour from ops.changed_hours h "
        "join ops.asset_version v on v.asset_key = h.asset_key and v.version = h.version "
        "where h.removed_version = h.version order by 1, 2"
    )
    assert lost == known
    assert landing.sync(sweep_blocks=1)["unified_verified_deal"].hours_changed == 0


def test_a_landing_that_was_emptied_with_its_source_touches_its_hours_once(
    landing: Landing,
) -> None:
    landing.add_deals(1, 30)
    landing.sync()
    landing.warehouse.execute("truncate raw_dmob.unified_verified_deal")
    landing.source.execute("delete from unified_verified_deal")
    touched = [landing.sync()["unified_verified_deal"].hours_changed for _ in range(2)]
    assert touched == [4, 0]


def test_a_missing_column_is_refused_and_leaves_the_landing_as_it_was(landing: Landing) -> None:
    landing.add_deals(1, 10)
    landing.source.execute('alter table client_contract rename column "addressId" to "other"')
    try:
        with pytest.raises(InvalidSourceResponse, match="addressId") as raised:
            landing.sync()
    finally:
        landing.source.execute('alter table client_contract rename column "other" to "addressId"')
    assert raised.value.key == "raw_dmob/client_contract"
    assert landing.landed("select count(*) from raw_dmob.unified_verified_deal") == [(0,)]


def test_a_source_that_does_not_answer_is_a_transient_failure() -> None:
    with pytest.raises(SourceUnavailable, match="does not respond"):
        open_source("postgresql://nobody@127.0.0.1:1/dmob", 5)


def test_the_source_session_cannot_write(landing: Landing) -> None:
    with (
        open_source(landing.source_dsn, 5) as source,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        source.execute("delete from unified_verified_deal")


def test_a_sync_that_is_killed_leaves_nothing_and_the_next_one_lands_everything(
    landing: Landing,
) -> None:
    landing.add_deals(1, 2_000)
    script = """
        import logging, sys
        from cdp_assets.core.runs.partition_run import DirectRun
        from cdp_assets.filplus.dmob.assets import sync_dmob
        from resources.postgres.warehouse import Warehouse
        class Wait(logging.Handler):
            def emit(self, record):
                print(record.getMessage(), flush=True)
                sys.stdin.read()
        logging.getLogger("cdp").setLevel(logging.INFO)
        logging.getLogger("cdp").addHandler(Wait())
        warehouse = Warehouse(url=sys.argv[2])
        sync_dmob(DirectRun("killed"), warehouse, sweep_blocks=None, dsn=sys.argv[1])
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), landing.source_dsn, landing.warehouse_dsn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert "2,000 written" in process.stdout.readline()  # landed, not yet committed
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()
    assert landing.landed(
        "select (select count(*) from raw_dmob.unified_verified_deal), "
        "(select count(*) from raw_dmob.piece), (select count(*) from ops.changed_hours)"
    ) == [(0, 0, 0)]
    assert landing.sync()["unified_verified_deal"].rows_written == 2_000
    landing.assert_equal()
