"""The Dagster instance of a state folder: its home, its environment, and how to open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import yaml

from cdp_assets.core.dagster_compat import (
    SINGLETON_REPOSITORY_NAME,
    GrpcServerCodeLocationOrigin,
    InstanceRef,
    RemoteRepositoryOrigin,
)
from cdp_assets.settings import Settings, publish_environment
from resources.codecs.yaml_with_positions import read_yaml
from resources.local.state_files import make_folder, write_file
from resources.postgres.database_urls import Addresses, sqlalchemy_url

CODE_LOCATION = "cdp"  # as workspace.yaml names it
_STATEMENT_TIMEOUT_MS = 600_000  # of the framework's own bookkeeping
_POOL_RECYCLE_SECONDS = 3600
EVENT_BATCH_SIZE = 200  # one insert per 200 events: 1,000 hours of 2 assets take 25 s, not 68 s

# A run of this process prints to its terminal. The framework would mirror that through two more
# processes per step, each of which prints a stack on Ctrl-C.
_OWN_TERMINAL = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}


def home(settings: Settings) -> Path:
    """Return DAGSTER_HOME: in the state folder, so that nothing is written beside the code."""
    return settings.state_dir / "dagster"


def repository_origin(settings: Settings) -> RemoteRepositoryOrigin:
    """Return where the UI finds our definitions: without it, the timeline hides a run."""
    location = GrpcServerCodeLocationOrigin(
        host="127.0.0.1", port=settings.code_port, location_name=CODE_LOCATION
    )
    return RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME)


def publish_instance(settings: Settings, found: Addresses) -> dict[str, str]:
    """Write the instance's home and hand its addresses to Dagster; return the variables."""
    folder = home(settings)
    make_folder(folder / "artifacts")
    config = read_yaml(Path(__file__).with_name("dagster.yaml")).value
    # The framework's schema takes no variable for the level.
    config["python_logs"]["python_log_level"] = settings.log_level.upper()
    # Replaced at once: a process that starts meanwhile must not read half a file.
    write_file(folder / "dagster.yaml", yaml.safe_dump(config, sort_keys=False))
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
    """Open the instance that the UI shows, too, with a pool of connections.

    By default the framework connects for every event, a third of the time of a long range.
    """
    publish_instance(settings, found)
    ref = InstanceRef.from_dir(str(home(settings).resolve()), overrides=_OWN_TERMINAL)
    with dg.DagsterInstance.from_ref(ref) as instance:
        instance.optimize_for_webserver(
            _STATEMENT_TIMEOUT_MS, _POOL_RECYCLE_SECONDS, max_overflow=20
        )
        yield instance
