"""The worked example of compliance §12, landed and built once; each test has a copy to break."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from bench.deal_tables import OF_THE_DAY
from cdp_assets.settings import publish_environment
from resources.dbt_runner import make_manifest
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from resources.postgres.warehouse import Warehouse
from simulator.dmob.worked_example import NOW, load_worked_example
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database, leave_database
from tests.integration.conftest import environment
from tests.integration.filplus.pipeline import Pipeline

MIDNIGHT = NOW.replace(hour=0)  # the clock's day begins; the closed day ends


@pytest.fixture(scope="session")
def built_template(server: EmbeddedServer, ready_template: str) -> str:
    """Name of a warehouse with every table of deals and grants; nobody is connected to it."""
    make_manifest()
    from cdp_assets.definitions import defs  # the manifest must be there first

    create_database(server.dsn("postgres"), "quality_source")
    create_database(server.dsn("postgres"), "quality_template", template=ready_template)
    with psycopg.connect(server.dsn("quality_source")) as connection:
        load_worked_example(connection)
    with SimulatorServer(seed=1, as_of=NOW) as simulator, environment({}):
        simulator.world.url_finder.fix([], only=True)
        publish_environment({"CDP_URL_FINDER_API_URL": f"{simulator.url}/url-finder"})
        pipeline = Pipeline.over(server.dsn("quality_source"), server.dsn("quality_template"))
        pipeline.at(NOW).sync()
        pipeline.refresh(defs)
        pipeline.build(OF_THE_DAY, MIDNIGHT, MIDNIGHT + timedelta(days=1))
    leave_database(server.dsn("quality_template"))
    return "quality_template"


@pytest.fixture
def built(server: EmbeddedServer, built_template: str) -> Iterator[Warehouse]:
    """A fresh copy of the built warehouse; the clock stands at the worked example's instant."""
    for dsn in fresh_database(server, built_template):
        publish_environment({"CDP_AS_OF": NOW.isoformat()})
        yield Warehouse(url=dsn)
