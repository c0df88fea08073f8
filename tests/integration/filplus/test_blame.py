"""A landing that fails blames the side that failed, and leaves both as they were."""

from __future__ import annotations

import threading

import psycopg
import pytest

from cdp_assets.errors import SourceUnavailable, TransientFailure
from cdp_assets.filplus.dmob.sync import SyncRequest, open_source, sync
from simulator.dmob.worked_example import NOW
from tests.integration.filplus.pipeline import Pipeline

pytestmark = pytest.mark.integration

REQUEST = SyncRequest("a-run", NOW, "1", None)


def test_a_locked_warehouse_is_not_the_sources_fault(worked_example: Pipeline) -> None:
    with (
        psycopg.connect(worked_example.warehouse.url) as blocker,
        open_source(worked_example.dmob, 60) as source,
        worked_example.warehouse.connect(autocommit=True) as warehouse,
    ):
        blocker.execute("lock table raw_dmob.verified_client in access exclusive mode")
        warehouse.execute("set lock_timeout = '50ms'")
        with pytest.raises(TransientFailure, match="the warehouse did not take the rows") as caught:
            sync(source, warehouse, REQUEST)
        assert not isinstance(caught.value, SourceUnavailable)
        assert caught.value.key == "raw_dmob/verified_client"
        assert warehouse.execute(
            "select count(*) from raw_dmob.unified_verified_deal"
        ).fetchone() == (0,)


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

        with pytest.raises(SourceUnavailable, match="the connection broke off while landing"):
            sync(source, warehouse, REQUEST, end_the_source)
        assert warehouse.execute(
            "select count(*) from raw_dmob.unified_verified_deal"
        ).fetchone() == (0,)


def _terminate(dsn: str, pid: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 10000)", [pid])
