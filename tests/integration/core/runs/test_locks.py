"""Locks of the database: who waits is told for whom, nobody waits for ever, the dead hold none."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import psutil
import psycopg
import pytest
from dagster._core.events import EngineEventData

from cdp_assets.core.runs.orphaned_runs import PROCESS_TAG, START_ID, close_gone_runs
from cdp_assets.core.runs.run_launcher import HOST_TAG
from cdp_assets.errors import TransientFailure
from cdp_assets.settings import PROJECT_ROOT, publish_environment
from resources.postgres.run_process import is_gone, this_process
from resources.postgres.warehouse import Warehouse
from tests.integration.filplus.command import waiting_sessions

pytestmark = pytest.mark.integration

_LIVES = """
import sys
from resources.postgres.run_process import this_process
from resources.postgres.warehouse import Warehouse
print(this_process(Warehouse(url=sys.argv[1])), flush=True)
sys.stdin.read()
"""

_WAITS = """
import dagster as dg
from cdp_assets.core.runs.instance import open_instance
from cdp_assets.core.runs.partition_run import lock_for_run
from cdp_assets.settings import get_settings
from resources.postgres.database_urls import addresses
from resources.postgres.warehouse import Warehouse

@dg.asset
def waiter(context: dg.AssetExecutionContext):
    with lock_for_run(context, Warehouse(), ["filplus/held"]):
        raise AssertionError("the lock was free")

with open_instance(get_settings(), addresses()) as instance:
    dg.materialize([waiter], instance=instance)
"""


def test_a_run_that_waits_says_for_whom_and_gives_up_as_transient(
    ready_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    publish_environment({"CDP_LOCK_WAIT_SECONDS": "1"})
    warehouse = Warehouse(url=ready_dsn)
    with (
        caplog.at_level(logging.WARNING, "cdp"),
        warehouse.lock_tables(["filplus/a"]),
        pytest.raises(TransientFailure) as failure,
        warehouse.lock_tables(["filplus/a", "filplus/b"]),
    ):
        pass
    (line,) = caplog.messages
    assert line.startswith("waiting for the lock of table filplus/a: held by backend ")
    assert f":{os.getpid()}) since 2" in line
    assert line.endswith("for at most 1 s")
    assert failure.value.key == "table filplus/a"
    assert "was not free within 1 s: held by backend" in str(failure.value)


def test_runs_that_land_from_one_source_take_turns_and_those_of_two_do_not(
    ready_dsn: str,
) -> None:
    warehouse = Warehouse(url=ready_dsn)

    def land(table: str, source: str) -> str:
        with warehouse.lock_tables([table], source=source):
            return table

    with (
        psycopg.connect(ready_dsn, autocommit=True) as observer,
        ThreadPoolExecutor(1) as other,
    ):
        with warehouse.lock_tables(["raw/a"], source="lotus"):
            assert other.submit(land, "raw/b", "filscan").result(10) == "raw/b"
            waiting = other.submit(land, "raw/c", "lotus")
            while waiting_sessions(observer, "advisory") == 0:
                assert not waiting.done()
        assert waiting.result(10) == "raw/c"


def test_a_killed_process_is_known_to_be_gone_and_a_living_one_is_not(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        assert not is_gone(connection, this_process(Warehouse(url=ready_dsn)))
        with subprocess.Popen(
            [sys.executable, "-c", _LIVES, ready_dsn],
            cwd=PROJECT_ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            name = process.stdout.readline().strip()
            assert not is_gone(connection, name)
            process.kill()
            process.wait()
            while not is_gone(connection, name):
                pass


def test_a_lock_that_was_lost_with_the_server_is_taken_again_under_the_same_name(
    ready_dsn: str,
) -> None:
    warehouse = Warehouse(url=ready_dsn)
    name = this_process(warehouse)
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity "
            "where application_name like 'cdp process %' and datname = current_database()"
        )
        assert is_gone(connection, name)
        assert this_process(warehouse) == name
        assert not is_gone(connection, name)


def test_runs_of_a_gone_process_end_and_those_of_a_living_one_go_on(
    instance: dg.DagsterInstance, ready_dsn: str
) -> None:
    warehouse = Warehouse(url=ready_dsn)
    started = dg.DagsterRunStatus.STARTED
    living = _run(instance, started, {PROCESS_TAG: this_process(warehouse)})
    dead = _run(instance, started, {PROCESS_TAG: "host:1:dead"})
    canceled = _run(instance, dg.DagsterRunStatus.CANCELING, {PROCESS_TAG: "host:1:dead"})
    unknown = _run(instance, started, {})
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute(
            "insert into ops.runs (run_id, asset_key, partitions, started_at, outcome, "
            "launched_by) select r, k, 1, now(), 'RUNNING', 'ann' "
            "from (values (%s, 'filplus/a'), (%s, 'filplus/held')) v (r, k)",
            [dead, living],
        )
        with warehouse.lock_tables(["filplus/held"]):
            assert close_gone_runs(instance, warehouse) == sorted([dead, canceled])
        outcomes = connection.execute("select run_id, outcome from ops.runs").fetchall()
    assert dict(outcomes) == {dead: "ABANDONED", living: "RUNNING"}
    found = {run.run_id: run.status.value for run in instance.get_runs()}
    assert found == {
        living: "STARTED",
        dead: "FAILURE",
        canceled: "CANCELED",
        unknown: "STARTED",
    }


def test_a_run_that_was_killed_while_it_waited_for_a_lock_is_ended(
    instance: dg.DagsterInstance, ready_dsn: str
) -> None:
    warehouse = Warehouse(url=ready_dsn)
    with (
        psycopg.connect(ready_dsn, autocommit=True) as connection,
        warehouse.lock_tables(["filplus/held"]),
        subprocess.Popen([sys.executable, "-c", _WAITS], cwd=PROJECT_ROOT) as process,
    ):
        try:
            while waiting_sessions(connection, "advisory") == 0:
                assert process.poll() is None
            (run,) = instance.get_runs()
            assert run.status is dg.DagsterRunStatus.STARTED
            assert close_gone_runs(instance, warehouse) == []
        finally:
            process.kill()
        process.wait()
        while not is_gone(connection, run.tags[PROCESS_TAG]):
            pass
        assert close_gone_runs(instance, warehouse) == [run.run_id]
        (ended,) = instance.get_runs()
        assert ended.status is dg.DagsterRunStatus.FAILURE
        assert connection.execute("select count(*) from ops.runs").fetchone() == (0,)


@pytest.fixture
def ended_pid() -> int:
    """The process id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
def test_a_run_whose_process_was_killed_before_its_first_step_is_ended(
    instance: dg.DagsterInstance, ready_dsn: str, ended_pid: int, status: dg.DagsterRunStatus
) -> None:
    host = {HOST_TAG: socket.gethostname()}
    killed = _begun(instance, status, host, ended_pid)
    living = _begun(instance, status, host, os.getpid())
    elsewhere = _begun(instance, status, {HOST_TAG: "another-machine"}, ended_pid)
    by_nobody_known = _begun(instance, status, {}, ended_pid)
    not_begun = _run(instance, dg.DagsterRunStatus.STARTING, host)
    assert close_gone_runs(instance, Warehouse(url=ready_dsn)) == [killed]
    found = {run.run_id: run.status for run in instance.get_runs()}
    is_canceled = status is dg.DagsterRunStatus.CANCELING
    ended = dg.DagsterRunStatus.CANCELED if is_canceled else dg.DagsterRunStatus.FAILURE
    assert found.pop(not_begun) is dg.DagsterRunStatus.STARTING
    assert found == {
        killed: ended,
        living: status,
        elsewhere: status,
        by_nobody_known: status,
    }
    (said,) = [
        entry.message
        for entry in instance.all_logs(killed)
        if entry.dagster_event_type
        in (dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED)
    ]
    assert f"({socket.gethostname()}:{ended_pid}) is gone" in said


def test_a_process_that_began_after_the_run_is_another_one_unless_it_is_ours(
    instance: dg.DagsterInstance, ready_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = {HOST_TAG: socket.gethostname()}
    with subprocess.Popen(["sleep", "600"]) as stranger:
        began = psutil.Process(stranger.pid).create_time()
        monkeypatch.setattr(time, "time", lambda: began - 3600)
        taken = _begun(instance, dg.DagsterRunStatus.STARTED, host, stranger.pid)
        monkeypatch.undo()
        stranger_is_later = close_gone_runs(instance, Warehouse(url=ready_dsn))
        stranger.kill()
    assert stranger_is_later == [taken]
    with subprocess.Popen(["sleep", "600"], env={**os.environ, START_ID: "ours"}) as ours:
        monkeypatch.setattr(time, "time", lambda: began - 3600)
        _begun(instance, dg.DagsterRunStatus.STARTED, host, ours.pid)
        monkeypatch.undo()
        assert close_gone_runs(instance, Warehouse(url=ready_dsn)) == []
        ours.kill()


def _begun(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus, tags: dict[str, str], pid: int
) -> str:
    """Add a run as the framework's process leaves it that was killed before its first step."""
    run_id = _run(instance, status, tags)
    instance.report_engine_event(
        f"Started process for run (pid: {pid}).",
        instance.get_run_by_id(run_id),
        EngineEventData.in_process(pid),
    )
    return run_id


def _run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, tags: dict[str, str]) -> str:
    return instance.add_run(dg.DagsterRun(job_name="any_job", status=status, tags=tags)).run_id
