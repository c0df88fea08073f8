"""Which Postgres serves what: the one place that turns settings into addresses.

``DATABASE_URL`` wins; without it the embedded server of the state folder is used. Belongs here:
choosing and naming databases. Does not: the embedded server's life
(``resources.embedded_postgres``) or opening connections (``resources.warehouse``).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings
from resources.embedded_postgres import EmbeddedPostgres, EmbeddedServer, create_database


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
    """
    if settings.database_url is None:
        server = embedded(settings).start()
        for database in ("warehouse", "dagster"):
            create_database(server.dsn("postgres"), database)
    elif settings.dagster_database_url is None:
        url = settings.database_url.get_secret_value()
        _create_dagster_database(url)
    return addresses(settings)


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
        warehouse=server.dsn("warehouse"),
        dagster=server.dsn("dagster"),
        query=server.dsn("warehouse", user="api_ro"),
        dmob=dmob,
    )


def with_database(url: str, database: str) -> str:
    """Return the same server address with another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


def sqlalchemy_url(url: str) -> str:
    """Write the driver into an address: what a bare one means changes between releases."""
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)


def _existing(settings: Settings) -> EmbeddedServer:
    server = embedded(settings).find()
    if server is None:
        raise BadConfiguration(
            "no database: DATABASE_URL is not set and no embedded server was made yet",
            key=str(settings.state_dir),
            hint="run `make up` or `make demo`, or set DATABASE_URL",
        )
    return server


def _create_dagster_database(url: str) -> None:
    try:
        create_database(url, "dagster")
    except Exception as error:
        raise BadConfiguration(
            f"the database `dagster` does not exist and may not be created ({error})".replace(
                "\n", " "
            ),
            key="CDP_DAGSTER_DATABASE_URL",
            hint="create it, or set CDP_DAGSTER_DATABASE_URL to a database of yours",
        ) from None
