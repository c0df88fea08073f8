"""Up, down and up again: nothing of ours is left, and history is there again (F-08, U-39, U-48)."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.e2e import graphql
from tests.e2e.conftest import Demo
from tests.e2e.demo_run import cdp, processes_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


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


def test_up_starts_a_daemon_that_died_and_leaves_the_others_alone(served: Demo) -> None:
    before = _pids(served)
    psutil.Process(before["daemon"]).kill()
    assert cdp(served.environment, "up").code == 0
    after = _pids(served)
    assert set(after) == set(before)
    assert {name for name in before if before[name] != after[name]} == {"daemon"}


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
