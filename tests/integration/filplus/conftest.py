"""Definitions, source databases and pipelines of the Filecoin Plus half."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest

from cdp_assets.settings import publish_environment
from resources.dbt_runner import make_manifest
from simulator.server import SimulatorServer
from simulator.worked_example import NOW, load_worked_example
from tests.integration.filplus.pipeline import Pipeline


@pytest.fixture(scope="session")
def definitions() -> dg.Definitions:
    """The code location, loaded once."""
    make_manifest()
    from cdp_assets.definitions import defs  # the manifest must be there first

    return defs


@pytest.fixture
def worked_example(empty_dsn: str, ready_dsn: str) -> Pipeline:
    """The worked example of compliance §12 as a source, and a fresh warehouse."""
    with psycopg.connect(empty_dsn) as connection:
        load_worked_example(connection)
    return Pipeline.over(empty_dsn, ready_dsn)


@pytest.fixture
def nobody_known() -> Iterator[str]:
    """Address of a URL finder that knows no provider; the settings name it."""
    with SimulatorServer(seed=1, as_of=NOW) as simulator:
        simulator.world.url_finder.fix([], only=True)
        address = f"{simulator.url}/url-finder"
        publish_environment({"CDP_URL_FINDER_API_URL": address})
        yield address
