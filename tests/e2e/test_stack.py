"""Up, down and up again: nothing of ours is left, and history is there again (F-08, U-39, U-48)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import httpx
import psutil
import pytest

from resources.postgres.embedded_postgres import EmbeddedPostgres
from tests.e2e import graphql
from tests.e2e.conftest import Demo
from tests.e2e.demo_run import cdp, processes_of, wait_until
from tests.embedded import as_server_user, kill_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

_PAGE = "/v1/storage-providers?limit=3"


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A living process of the database's user that has nothing to do with us."""
    with subprocess.Popen(["sleep", "600"], **as_server_user()) as process:
        yield process
        process.kill()


@pytest.fixture
def served(demo: Demo) -> Iterator[Demo]:
    """The demo; whatever the test ends is started again for those that come after."""
    yield demo
    cdp(demo.environment, "up")


def test_down_leaves_no_process_and_up_resumes_with_history(served: Demo) -> None:
    before = {run["runId"] for run in graphql.runs(served)}
    assert any("postgres" in line for line in processes_of(served.environment))

    down = cdp(served.environment, "down")
    assert down.code == 0
    for name in ("code-server", "daemon", "query-layer", "simulator", "webserver", "Postgres"):
        assert f"{name} ended" in down.text
    assert processes_of(served.environment) == []

    up = cdp(served.environment, "up")
    assert up.code == 0, up.text
    assert len(before) > 10
    assert {run["runId"] for run in graphql.runs(served)} >= before
    assert httpx.get(served.url("QUERY", "/health/ready"), timeout=30).status_code == 200
    # Without its simulated sources a demo could not be refreshed after a restart.
    assert httpx.get(served.url("SIMULATOR", "/control/clock"), timeout=30).status_code == 200


def test_a_second_up_is_refused_and_changes_nothing(served: Demo) -> None:
    before = sorted(processes_of(served.environment))
    again = cdp(served.environment, "up")
    assert again.code == 1
    assert "it is up already (code-server, daemon, query-layer, simulator, webserver)" in again.text
    assert "Traceback" not in again.text
    assert [line for line in before if line not in processes_of(served.environment)] == []


def test_up_starts_what_was_killed_and_leaves_the_others_and_strangers_alone(
    served: Demo, stranger: subprocess.Popen[bytes]
) -> None:
    before = _pids(served)
    # Both hold open connections from here on, which die with the server.
    graphql.ask_every_storage(served)
    ready = served.url("QUERY", "/health/ready")
    assert httpx.get(ready, timeout=30).status_code == 200
    psutil.Process(before["daemon"]).kill()
    kill_server(EmbeddedPostgres(served.state)).name(stranger.pid)

    status = cdp(served.environment, "status")
    assert status.code == 3
    dead = [line.split()[0] for line in status.text.splitlines() if " dead since " in line]
    assert sorted(dead) == ["daemon", "postgres"]
    assert "daemon       dead since " in status.text
    assert "killed by SIGKILL" in status.text
    assert "the database is not running: 'cdp up'" in status.text
    doctor = cdp(served.environment, "doctor")
    assert doctor.code == 1
    assert "BAD  postgres     dead since some time after " in doctor.text
    assert "Traceback" not in doctor.text

    up = cdp(served.environment, "up")
    assert up.code == 0, up.text
    after = _pids(served)
    assert set(after) == set(before)
    assert {name for name in before if before[name] != after[name]} == {"daemon"}
    assert stranger.poll() is None
    page = httpx.get(served.url("QUERY", _PAGE), timeout=30)
    assert page.status_code == 200, page.text
    assert page.json()["data"] != []
    graphql.ask_every_storage(served)
    assert graphql.runs(served) != []
    wait_until(lambda: httpx.get(ready, timeout=30).status_code == 200, "the query layer is ready")


def test_definitions_that_do_not_load_fail_up_and_status_with_their_cause(served: Demo) -> None:
    module = served.clone / "cdp_assets" / "definitions.py"
    log = served.state / "services" / "code-server.log"
    kept, before = module.read_text(), _pids(served)
    logged = log.read_text()
    psutil.Process(before["code-server"]).kill()
    try:
        module.write_text(f"{kept}\nraise KeyError('a planted fault')\n")
        up = cdp(served.environment, "up")
        status = cdp(served.environment, "status")
    finally:
        module.write_text(kept)
        log.write_text(logged)  # another test reads the logs for faults that nobody planted
    assert up.code == 1
    assert "the definitions do not load: KeyError: 'a planted fault'" in up.text
    assert "Traceback" not in up.text
    # It was dead before, and the attempt to start it was ended: the others go on.
    assert status.code == 3
    assert "code-server  dead since " in status.text
    assert set(_pids(served)) == set(before) - {"code-server"}


def test_every_schedule_and_sensor_is_off_after_a_deployment(demo: Demo) -> None:
    found = graphql.instigators(demo)
    assert len(found) >= 6
    assert {item["defaultStatus"] for item in found} == {"STOPPED"}
    states = {(item.get("scheduleState") or item["sensorState"])["status"] for item in found}
    assert states == {"STOPPED"}
    assert {item.get("executionTimezone", "UTC") for item in found} == {"UTC"}


def _pids(demo: Demo) -> dict[str, int]:
    lines = cdp(demo.environment, "status").text.splitlines()
    services = [line.replace(",", "").split() for line in lines if " pid " in line]
    return {words[0]: int(words[2]) for words in services}
