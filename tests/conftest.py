"""Fixtures that more than one folder needs: a real Postgres, fresh databases, real data."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from cdp_assets.settings import get_settings, publish_environment
from resources.postgres.embedded_postgres import EmbeddedPostgres, EmbeddedServer, create_database
from resources.postgres.migrator import migrate

# Where the minutes are: what is not named, files of a second each, comes after these.
_LONGEST_FIRST = (
    "tests/e2e",
    "tests/integration/filplus",
    "tests/integration",
    "tests/query_layer",
)
# It heals the deals that a demo lets arrive late; after the others it would let some arrive again.
_FIRST_OF_DEMO = "tests/e2e/test_tutorial"
_ROOM_IN_MEMORY = 4 * 2**30  # several times what all sessions of a run fill at once
# No bound in seconds for an example of Hypothesis: what is slow is the machine, or the measurement
# of coverage, which stops a process for a moment to remove probes.
settings.register_profile("cdp", deadline=None)
# `make mutation` compares the runs of one test, so its examples are the same ones every time.
settings.register_profile("mutation", deadline=None, derandomize=True, database=None)
settings.load_profile("cdp")
SHARED_DATA = Path(os.environ.get("CDP_TEST_SHARED_DIR", "../shared")).resolve() / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Say once that real-data tests are left out, or fail where they may not be."""
    # A shell starts background jobs deaf to Ctrl-C. The framework then makes this process deaf to
    # SIGTERM as well, and with it every server that a test starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _collect_seldom()
    _use_memory_for_temporary_files()
    if not SHARED_DATA.is_dir():
        if os.environ.get("CI") == "true":
            raise pytest.UsageError(f"CI needs the real data: {SHARED_DATA} does not exist")
        print(f"real-data tests are left out: {SHARED_DATA} does not exist (CDP_TEST_SHARED_DIR)")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Leave real-data tests out where the data is absent; share the rest out among processes.

    A file is worked through by one process, as its fixtures are dear, and so is all that uses the
    one demo. The longest begin first, so that no process waits for the other at the end.
    """
    if not SHARED_DATA.is_dir():
        absent = [item for item in items if "shared_data" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]
    for item in items:
        file = item.path.relative_to(config.rootpath).as_posix()
        item.add_marker(pytest.mark.xdist_group("demo" if _uses_demo(item) else file))
    yield  # now the groups are read, and the order is drawn
    items.sort(key=_rank)


def _uses_demo(item: pytest.Item) -> bool:
    return "demo" in getattr(item, "fixturenames", ())


def _rank(item: pytest.Item) -> tuple[bool, bool, int]:
    file = item.path.as_posix()
    place = [number for number, folder in enumerate(_LONGEST_FIRST) if folder in file]
    return (
        not _uses_demo(item),
        _FIRST_OF_DEMO not in file,
        place[0] if place else len(_LONGEST_FIRST),
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recorded data."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """A Postgres 18 of the test session, on a free loopback port."""
    folder = Path(tempfile.mkdtemp(prefix="cdp-test-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder, shared_buffers_mib=256)
    try:
        started = postgres.start()
        _skip_the_disk(started)
        yield started
    finally:
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _collect_seldom() -> None:
    """Look for cycles of garbage seldom: definitions and dbt's manifest are walked each time.

    The oldest are still looked through, so memory of a long session stays bounded.
    """
    gc.set_threshold(50_000, 20, 10)


def _use_memory_for_temporary_files() -> None:
    """Put temporary files into memory where it has room: every test copies a whole database.

    There a copy takes a thirtieth of the time, and dbt writes two files for every node.
    """
    memory = Path("/dev/shm")
    if "TMPDIR" in os.environ or not memory.is_dir():
        return
    may_execute = not os.statvfs(memory).f_flag & os.ST_NOEXEC  # binaries of a clone's server
    if may_execute and shutil.disk_usage(memory).free > _ROOM_IN_MEMORY:
        os.environ["TMPDIR"] = str(memory)
        tempfile.tempdir = None  # to be read again


def _skip_the_disk(started: EmbeddedServer) -> None:
    """Wait for no disk: the data outlives no test session, and commits are most of the time."""
    with psycopg.connect(started.dsn("postgres"), autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(name)))
        connection.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def migrated_template(server: EmbeddedServer) -> str:
    """Name of a migrated database that nobody is connected to."""
    create_database(server.dsn("postgres"), "migrated_template")
    migrate(server.dsn("migrated_template"))
    return "migrated_template"


def fresh_database(server: EmbeddedServer, template: str | None = None) -> Iterator[str]:
    """Create a database, yield its address, drop it."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    create_database(server.dsn("postgres"), name, template=template)
    try:
        yield server.dsn(name)
    finally:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            )


@pytest.fixture
def empty_dsn(server: EmbeddedServer) -> Iterator[str]:
    """Address of a fresh, empty database."""
    yield from fresh_database(server)


@pytest.fixture
def warehouse_dsn(server: EmbeddedServer, migrated_template: str) -> Iterator[str]:
    """Address of a fresh database with all migrations, before dbt made its tables."""
    yield from fresh_database(server, migrated_template)


def leave_database(dsn: str) -> None:
    """End every other session of a database, so that it can be copied."""
    with psycopg.connect(dsn.rsplit("/", 1)[0] + "/postgres", autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            [dsn.rsplit("/", 1)[1]],
        )


@pytest.fixture(scope="session")
def ready_template(server: EmbeddedServer, migrated_template: str) -> str:
    """Name of a database with all migrations and the tables of dbt; nobody is connected to it."""
    from cdp_assets.stack.migrate import (
        migrate_warehouse,  # dbt and Dagster: 2 s, only where needed
    )

    create_database(server.dsn("postgres"), "ready_template", template=migrated_template)
    migrate_warehouse(server.dsn("ready_template"))
    leave_database(server.dsn("ready_template"))
    return "ready_template"


@pytest.fixture(scope="session")
def shared_ready_dsn(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of a warehouse as ``cdp migrate`` leaves it, for tests that only read."""
    yield from fresh_database(server, ready_template)


@pytest.fixture
def ready_dsn(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of a fresh warehouse as ``cdp migrate`` leaves it."""
    yield from fresh_database(server, ready_template)


@pytest.fixture(autouse=True)
def _settings_of_their_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees or leaves settings of the machine or of another test."""
    for name in list(os.environ):
        if name in ("DATABASE_URL", "DMOB_DATABASE_URL", "LOG_LEVEL", "PORT") or (
            name.startswith("CDP_") and not name.startswith("CDP_TEST_")
        ):
            monkeypatch.delenv(name)
    publish_environment({})
    before = dict(os.environ)
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]
    get_settings.cache_clear()
