"""A Dagster instance on Postgres and the warehouse resource, fresh for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.runs.instance import open_instance
from cdp_assets.settings import get_settings, publish_environment
from resources.dbt_runner import make_manifest
from resources.postgres.database_urls import addresses
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from resources.postgres.warehouse import Warehouse
from simulator.dmob.database import DmobScale, create_dmob
from tests.conftest import fresh_database, leave_database


def instance_settings(warehouse: str, storage: str, folder: Path) -> dict[str, str]:
    """Return the variables of a warehouse and an instance."""
    return {
        "DATABASE_URL": warehouse,
        "CDP_DAGSTER_DATABASE_URL": storage,
        "CDP_STATE_DIR": str(folder),
    }


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Hand out variables for a while, and leave none behind."""
    before = dict(os.environ)
    publish_environment(values)
    try:
        yield
    finally:
        os.environ.clear()
        publish_environment(before)


@pytest.fixture(autouse=True)
def _runs_try_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that fails three times before it gives up waits 35 s and more between its tries."""
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)


def make_source(server: EmbeddedServer, name: str, scale: DmobScale) -> str:
    """Make a simulated source database that nobody is connected to; return its name."""
    create_database(server.dsn("postgres"), name)
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        create_dmob(connection, scale)
    return name


@pytest.fixture
def warehouse(ready_dsn: str) -> Warehouse:
    """The resource over a fresh warehouse."""
    return Warehouse(url=ready_dsn)


@contextmanager
def _opened_once() -> Iterator[dg.DagsterInstance]:
    """Open the instance of the settings as they are when it is entered; that makes its tables."""
    with open_instance(get_settings(), addresses()) as opened:
        yield opened


@pytest.fixture(scope="session")
def instance_template(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database that holds Dagster's storage, without a run in it."""
    create_database(server.dsn("postgres"), "instance_template")
    storage = server.dsn("instance_template")
    folder = tmp_path_factory.mktemp("instance_template")
    with environment(instance_settings(storage, storage, folder)), _opened_once():
        pass
    leave_database(storage)
    return "instance_template"


@pytest.fixture(scope="session")
def definitions() -> dg.Definitions:
    """The code location, loaded once."""
    make_manifest()
    from cdp_assets.definitions import defs  # the manifest must be there first

    return defs


@pytest.fixture
def instance(
    server: EmbeddedServer, instance_template: str, ready_dsn: str, tmp_path: Path
) -> Iterator[dg.DagsterInstance]:
    """A fresh Dagster instance on Postgres; the settings name it and the fresh warehouse."""
    for storage in fresh_database(server, instance_template):
        publish_environment(instance_settings(ready_dsn, storage, tmp_path))
        with open_instance(get_settings(), addresses()) as opened:
            yield opened
