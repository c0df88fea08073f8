"""A landing that fails blames the side that failed, and leaves both as they were."""

from __future__ import annotations

import threading

import psycopg
import pytest

from cdp_assets.core.runs.partition_run import DirectRun, partition_run
from cdp_assets.errors import SourceUnavailable, TransientFailure
from cdp_assets.filplus.dmob.relations import RELATIONS
from cdp_assets.filplus.dmob.sync import SyncRequest, open_source, sync
from tests.integration.filplus.pipeline import Pipeline

pytestmark = pytest.mark.integration
KEYS = [relation.asset_key for relation in RELATIONS]


def test_a_locked_warehouse_is_not_the_sources_fault(worked_example: Pipeline) -> None:
    with (
        open_source(worked_example.dmob, 60) as source,
        worked_example.warehouse.connect(autocommit=True) as warehouse,
    ):
        warehouse.execute("set lock_timeout = '50ms'")
        with pytest.raises(TransientFailure, match="the warehouse did not take the rows") as caught:
            _sync_beside_a_lock(worked_example, source, warehouse)
        assert not isinstance(caught.value, SourceUnavailable)
        assert caught.value.key == "raw_dmob/verified_client"
        assert warehouse.execute(
            "select count(*) from raw_dmob.unified_verified_deal"
        ).fetchone() == (0,)


def _sync_beside_a_lock(
    pipeline: Pipeline, source: psycopg.Connection, warehouse: psycopg.Connection
) -> None:
    with (
        partition_run(DirectRun("a-run"), pipeline.warehouse, KEYS) as run,
        psycopg.connect(pipeline.warehouse.url) as blocker,
    ):
        blocker.execute("lock table raw_dmob.verified_client in access exclusive mode")
        sync(source, warehouse, SyncRequest(run, None))


def test_a_source_that_ends_in_the_middle_is_named_and_nothing_is_landed(
    worked_example: Pipeline,
) -> None:
    with (
        open_source(worked_example.dmob, 60) as source,
        worked_example.warehouse.connect(autocommit=True) as warehouse,
    ):
        pid = source.info.backend_pid

        def end_the_source(line: str) -> None:
            if "raw_dmob/unified_verified_deal" in line:
                ended = threading.Thread(target=_terminate, args=(worked_example.dmob, pid))
                ended.start()
                ended.join()

        with (
            pytest.raises(SourceUnavailable, match="the connection broke off while landing"),
            partition_run(DirectRun("a-run"), worked_example.warehouse, KEYS) as run,
        ):
            sync(source, warehouse, SyncRequest(run, None), end_the_source)
        assert warehouse.execute(
            "select count(*) from raw_dmob.unified_verified_deal"
        ).fetchone() == (0,)


def _terminate(dsn: str, pid: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 10000)", [pid])
