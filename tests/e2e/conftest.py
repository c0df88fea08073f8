"""One demo for all end-to-end tests: a fresh clone under a 0700 folder, made once per session."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.demo_run import CDP, Finished, cdp, run, state_environment
from tests.e2e.private_clone import make_private_clone


@dataclass(frozen=True)
class Demo:
    """A demo that runs.

    Attributes:
        clone: The folder that it was made from.
        environment: Variables for every process that speaks of it.
        first: The command that made it.
        status: What `cdp status --stale` said right after, before anybody healed the late deals.
        diff: What `cdp diff` said of the same moment.
    """

    clone: Path
    environment: dict[str, str]
    first: Finished
    status: Finished
    diff: Finished

    @property
    def state(self) -> Path:
        """Return the state folder."""
        return Path(self.environment["CDP_STATE_DIR"])

    def url(self, part: str, path: str) -> str:
        """Return an address of the UI, QUERY or SIMULATOR server."""
        return f"http://127.0.0.1:{self.environment[f'CDP_{part}_PORT']}{path}"


@pytest.fixture(scope="session")
def private_clone() -> Iterator[Path]:
    """The project as a fresh clone that only its owner may enter."""
    parent = Path(tempfile.mkdtemp(prefix="cdp-e2e-"))
    try:
        yield make_private_clone(parent)
    finally:
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="session")
def demo(private_clone: Path) -> Iterator[Demo]:
    """A demo of 4,000 deals with everything served; ended and deleted after the session."""
    environment = state_environment(private_clone / ".cdp", private_clone)
    try:
        first = run([str(CDP), "demo", "--deals", "4000"], environment)
        assert first.code == 0, first.text
        after = (cdp(environment, "status", "--stale"), cdp(environment, "diff"))
        yield Demo(private_clone, environment, first, *after)
    finally:
        cdp(environment, "down")
        # what the how-to of rule versions writes, and tells its reader to remove
        (private_clone / ".cdp/trial_rules.yaml").unlink(missing_ok=True)
        cleaned = cdp(environment, "clean", "--confirm", "yes")
    assert f"{environment['CDP_STATE_DIR']} is gone" in cleaned.text


@pytest.fixture(scope="session")
def demo_state(demo: Demo) -> dict[str, str]:
    """Variables for processes that speak of the demo; change no service of it for good."""
    return demo.environment
