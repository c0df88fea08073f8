"""Totals of pairs: counted anew for the blocks of ids that the landing changed, no other."""

from __future__ import annotations

import psycopg
import pytest

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.filplus.deals.client_provider_totals import TotalsReport
from cdp_assets.filplus.deals.client_provider_totals_asset import refresh_totals
from simulator.dmob.worked_example import NOW
from tests.integration.filplus.pipeline import Pipeline, rows_of

pytestmark = pytest.mark.integration


def refresh(pipeline: Pipeline, run_id: str) -> TotalsReport:
    """Update the totals to the landing."""
    return refresh_totals(DirectRun(run_id), pipeline.warehouse)[1]


def test_only_blocks_that_the_landing_changed_are_counted_anew(
    worked_example: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdp_assets.filplus.dmob.changed_blocks.BLOCK_IDS", 2)
    monkeypatch.setattr("cdp_assets.filplus.dmob.block_counts.BLOCK_IDS", 2)
    worked_example.at(NOW).sync()
    first = refresh(worked_example, "first")
    assert (first.blocks, first.pairs, first.rows_counted) == (4, 4, 7)
    assert refresh(worked_example, "again").blocks == 0
    # id 7 holds the lowest start of the pair (101, 200); id 6 is the other one of its block
    with psycopg.connect(worked_example.dmob) as source:
        source.execute("delete from public.unified_verified_deal where id = 7")
        source.execute("update public.unified_verified_deal set \"sectorId\" = '5' where id = 6")
    worked_example.sync()
    second = refresh(worked_example, "second")
    assert (second.blocks, second.rows_counted) == (1, 6)
    with psycopg.connect(worked_example.dmob) as source:
        source.execute("delete from public.unified_verified_deal where id = 1")
    worked_example.sync()
    third = refresh(worked_example, "third")  # block 0 is gone
    assert (third.blocks, third.rows_counted) == (1, 5)
    with worked_example.warehouse.connect() as connection:
        kept = rows_of(connection, "intermediate.client_provider_totals")
        connection.execute("delete from intermediate.client_provider_totals")
        connection.execute("delete from intermediate.client_provider_block")
        connection.execute("delete from ops.asset_partition_status where partition_key = ''")
    refresh(worked_example, "rebuild")
    with worked_example.warehouse.connect() as connection:
        assert rows_of(connection, "intermediate.client_provider_totals") == kept
    assert (101, 200, 1, 1, 32, 0, 3_727_260, 3_727_260) in kept
    assert (101, 202, 1, 1, 16, 0, 3_727_260, 3_727_260) in kept
