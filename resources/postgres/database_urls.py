"""Which Postgres is used for what: the one place that turns settings into addresses.

``DATABASE_URL`` wins; without it the embedded server of the state folder is used. Scope: choosing
and naming databases; not here: starting and stopping the embedded server
(``resources.postgres.embedded_postgres``) or opening connections
(``resources.postgres.warehouse``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from cdp_assets.errors import BadConfiguration, TransientFailure
from cdp_assets.settings import Settings, get_settings
from resources.postgres.database_reach import measure_connection
from resources.postgres.embedded_postgres import EmbeddedPostgres, EmbeddedServer, create_database

EMBEDDED = "embedded"
_WAREHOUSE = "warehouse"  # its database on the embedded server
_DEFAULT_PORT = "5432"
_NO_DATABASE = 'database "dagster" does not exist'
_LOOPBACK = {"localhost": "127.0.0.1", "::1": "127.0.0.1"}


@dataclass(frozen=True)
class Addresses:
    """Addresses of every database, with passwords: never log one."""

    warehouse: str
    dagster: str
    query: str
    dmob: str | None


def embedded(settings: Settings) -> EmbeddedPostgres:
    """Return the embedded server of the state folder, started or not."""
    return EmbeddedPostgres(settings.state_dir, port=settings.postgres_port)


def start_servers(settings: Settings) -> Addresses:
    """Start the embedded server where no ``DATABASE_URL`` is set, create the databases, return all.

    Raises:
        BadConfiguration: The server may not be started or the databases may not be created.
        TransientFailure: A database that the settings name does not respond; the variable is named.
    """
    if settings.database_url is None:
        server = embedded(settings).start()
        for database in (_WAREHOUSE, "dagster"):
            create_database(server.dsn("postgres"), database)
        return addresses(settings)
    found = addresses(settings)
    measure_connection(found.warehouse, "DATABASE_URL")
    if settings.dagster_database_url is None:
        _create_dagster_database(found.warehouse)
    else:
        measure_connection(found.dagster, "CDP_DAGSTER_DATABASE_URL")
    return found


def measured(settings: Settings) -> Iterator[tuple[str, float | TransientFailure]]:
    """Try warehouse and orchestrator storage; yield the name of each with its seconds or failure.

    Nothing is started: an embedded server that does not run yields nothing, nor does a storage
    database that the next command creates.
    """
    if settings.database_url is None and not embedded(settings).is_running():
        return
    found = addresses(settings)
    ours = settings.database_url is None
    storage = "CDP_DAGSTER_DATABASE_URL" if settings.dagster_database_url else "DATABASE_URL"
    for what, dsn, variable in (
        ("warehouse", found.warehouse, "DATABASE_URL"),
        ("orchestrator storage", found.dagster, storage),
    ):
        try:
            yield what, measure_connection(dsn, None if ours else variable)
        except TransientFailure as failure:
            is_created_later = dsn == found.dagster and settings.dagster_database_url is None
            if not (is_created_later and _NO_DATABASE in str(failure)):
                yield what, failure


def addresses(settings: Settings | None = None) -> Addresses:
    """Return the addresses of the databases without starting anything.

    Raises:
        BadConfiguration: Neither ``DATABASE_URL`` nor an embedded server exists.
    """
    settings = settings or get_settings()
    dmob = settings.dmob_database_url.get_secret_value() if settings.dmob_database_url else None
    if settings.database_url is not None:
        warehouse = settings.database_url.get_secret_value()
        dagster = (
            settings.dagster_database_url.get_secret_value()
            if settings.dagster_database_url
            else with_database(warehouse, "dagster")
        )
        query = settings.query_database_url or settings.database_url
        return Addresses(warehouse, dagster, query.get_secret_value(), dmob)
    server = _existing(settings)
    return Addresses(
        warehouse=server.dsn(_WAREHOUSE),
        dagster=server.dsn("dagster"),
        query=server.dsn(_WAREHOUSE, user="api_ro"),
        dmob=dmob,
    )


def is_on_embedded(settings: Settings, url: str) -> bool:
    """Return whether a database is one of the state folder's embedded server, started or not."""
    server = embedded(settings).find()
    parts = urlsplit(url)
    return server is not None and (parts.hostname, parts.port) == ("127.0.0.1", server.port)


def warehouse_name(settings: Settings) -> str:
    """Return which warehouse the settings name: ``embedded``, or ``host:port/database``.

    The same for every user, password and spelling of an address; without a secret. No connection
    is opened: the address has to be one that libpq can read, else the name is empty.
    """
    if settings.database_url is None:
        return EMBEDDED
    url = settings.database_url.get_secret_value()
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:  # its message contains the address, and so the password
        return ""
    host = parts.get("hostaddr") or parts.get("host", "").lower()
    host, port = _LOOPBACK.get(host, host), parts.get("port") or _DEFAULT_PORT
    server = embedded(settings).find()
    database = parts.get("dbname", "")
    if server and (host, port, database) == ("127.0.0.1", str(server.port), _WAREHOUSE):
        return EMBEDDED
    return f"{host}:{port}/{database}"


def with_database(url: str, database: str) -> str:
    """Return the same server address with another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


def sqlalchemy_url(url: str) -> str:
    """Write the driver into an address: SQLAlchemy's default driver changes between releases."""
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)


def _existing(settings: Settings) -> EmbeddedServer:
    server = embedded(settings).find()
    if server is None:
        raise BadConfiguration(
            "no database: DATABASE_URL is not set and no embedded server was created yet",
            key=str(settings.state_dir),
            hint="run `make up` or `make demo`, or set DATABASE_URL",
        )
    return server


def _create_dagster_database(url: str) -> None:
    try:
        create_database(url, "dagster")
    except psycopg.Error as error:
        cause = " ".join(str(error).split())
        raise BadConfiguration(
            f"the database `dagster` does not exist and may not be created ({cause})",
            key="CDP_DAGSTER_DATABASE_URL",
            hint="create it, or set CDP_DAGSTER_DATABASE_URL to a database of yours",
        ) from None
