"""The Dagster instance of a state folder: its home, its environment, and how to open it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from cdp_assets.settings import PROJECT_ROOT, Settings, publish_environment
from resources.servers import Addresses, sqlalchemy_url

_STATEMENT_TIMEOUT_MS = 600_000  # of the framework's own bookkeeping
_POOL_RECYCLE_SECONDS = 3600
EVENT_BATCH_SIZE = 200  # one insert per 200 events: 1,000 hours of 2 assets take 25 s, not 68 s


def home(settings: Settings) -> Path:
    """Return DAGSTER_HOME: a folder of the state, so that nothing is left beside the code."""
    return settings.state_dir / "dagster"


def publish_instance(settings: Settings, found: Addresses) -> dict[str, str]:
    """Write the instance's home and hand its addresses to Dagster; return the variables."""
    folder = home(settings)
    (folder / "artifacts").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", folder / "dagster.yaml")
    values = {
        "DAGSTER_HOME": str(folder.resolve()),
        "CDP_DAGSTER_STORAGE_URL": sqlalchemy_url(found.dagster),
        "CDP_DAGSTER_ARTIFACTS": str((folder / "artifacts").resolve()),
        "DAGSTER_EVENT_BATCH_SIZE": str(EVENT_BATCH_SIZE),
        "DO_NOT_TRACK": "1",
    }
    publish_environment(values)
    return values


@contextmanager
def open_instance(settings: Settings, found: Addresses) -> Iterator[dg.DagsterInstance]:
    """Open the instance that the UI shows, too; it keeps its connections while it is open.

    By default the framework connects anew for every event, a third of the time of a long range.
    """
    publish_instance(settings, found)
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(
            _STATEMENT_TIMEOUT_MS, _POOL_RECYCLE_SECONDS, max_overflow=20
        )
        yield instance
