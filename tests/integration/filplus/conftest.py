"""Definitions, source databases and pipelines of the Filecoin Plus half."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.worked_example import NOW, load_worked_example
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database, leave_database
from tests.integration.filplus.pipeline import Pipeline
from tests.integration.filplus.report_world import NOW as NIGHT_OF_REPORTS
from tests.integration.filplus.report_world import ReportWorld


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


@pytest.fixture
def world(ready_dsn: str) -> Iterator[ReportWorld]:
    """A fresh warehouse that holds nothing to report on, in one transaction."""
    with ReportWorld.empty(ready_dsn) as made:
        yield made


@pytest.fixture
def run_world(world: ReportWorld) -> ReportWorld:
    """The same, for runs, whose clock stands at the night."""
    publish_environment({"CDP_AS_OF": NIGHT_OF_REPORTS.isoformat()})
    return world.shown_to_runs()


@pytest.fixture(scope="session")
def night_dsn(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of a warehouse with one night's reports of the standard world; nobody writes it."""
    for dsn in fresh_database(server, ready_template):
        with ReportWorld.empty(dsn) as made:
            made.standard()
            made.night()
        yield dsn


@pytest.fixture
def stored_night(night_dsn: str) -> Iterator[ReportWorld]:
    """That warehouse for a test that reads; the database refuses to write."""
    yield from read_world(night_dsn)


@pytest.fixture
def night_world(server: EmbeddedServer, night_dsn: str) -> Iterator[ReportWorld]:
    """A copy of that warehouse for a test that goes on from there."""
    yield from copied_world(server, night_dsn)


def read_world(dsn: str) -> Iterator[ReportWorld]:
    """Open a warehouse that the database refuses to write."""
    with ReportWorld.over(dsn) as made:
        made.connection.read_only = True
        yield made


def copied_world(server: EmbeddedServer, dsn: str) -> Iterator[ReportWorld]:
    """Copy a warehouse, open the copy in one transaction, drop it."""
    leave_database(dsn)
    for copy in fresh_database(server, dsn.rsplit("/", 1)[1]):
        with ReportWorld.over(copy) as made:
            yield made
