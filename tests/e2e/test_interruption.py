"""A second demo is refused; Ctrl-C in the first leaves no orphan and no lock (F-09)."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.demo_run import CDP, cdp, processes_of, state_environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Variables of a state folder of the test's own; nothing of it outlives the test."""
    found = state_environment(tmp_path / "state")
    yield found
    cdp(found, "clean", "--confirm", "yes")


def test_a_second_demo_is_refused_and_ctrl_c_ends_all_of_the_first_and_holds_no_lock(
    environment: dict[str, str],
) -> None:
    with subprocess.Popen(
        [str(CDP), "demo", "--deals", "400"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if "url_finder" in line:  # Dagster runs follow one another from here on
                second = cdp(environment, "demo", "--deals", "400")
                is_first_alive = demo.poll() is None
                os.killpg(demo.pid, signal.SIGINT)
                break
        said += demo.stdout.readlines()
    text = "".join(said)
    assert second.code == 1
    assert f"another 'cdp demo' is running here (pid {demo.pid})" in second.text
    assert len(second.text.splitlines()) == 1
    assert is_first_alive
    assert demo.returncode == 128 + signal.SIGINT, text
    assert "cdp: stopped by you; what this command started was ended" in text
    assert "Traceback" not in text
    assert "[6/8]" not in text
    assert processes_of(environment) == []
    # What it wrote down says that it did not come to its end: the next demo is a first one again.
    record = json.loads((Path(environment["CDP_STATE_DIR"]) / "demo.json").read_text())
    assert set(record) == {"CDP_AS_OF", "CDP_PARTITIONS_START", "warehouse"}
    locks = sorted(Path(environment["CDP_STATE_DIR"]).glob("*.lock"))
    assert locks != []
    for lock in locks:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
