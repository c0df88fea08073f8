"""The query layer's logins: passwords for its three roles on the embedded server.

On any other server an administrator sets the passwords, and the addresses are variables
(docs/how-to/deploy.md). Scope: logins and the secrets that follow from them; not here: the process
(``cdp_assets.stack.process_list``).
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from cdp_assets.settings import Settings, process_environment
from resources.postgres.database_urls import Addresses, embedded
from resources.postgres.embedded_postgres import EmbeddedServer

# Each role with the variable of its address. They read, look up credentials, and record accesses.
LOGINS = {
    "api_ro": "CDP_QUERY_DATABASE_URL",
    "cdp_auth": "CDP_QUERY_AUTH_DATABASE_URL",
    "cdp_audit": "CDP_QUERY_AUDIT_DATABASE_URL",
}
TOKEN_SECRET = "CDP_QUERY_TOKEN_SECRET"  # noqa: S105 - the name of a variable
_CURSOR_SECRET = "CDP_QUERY_CURSOR_SECRET"  # noqa: S105


def allow_query_logins(settings: Settings, found: Addresses) -> None:
    """Let the query layer's roles log in to the embedded server; elsewhere nothing is done."""
    server = _own_server(settings)
    if server is None:
        return
    with psycopg.connect(found.warehouse, autocommit=True) as connection:
        for role in LOGINS:
            connection.execute(
                sql.SQL("alter role {} login noinherit password {}").format(
                    sql.Identifier(role), sql.Literal(server.password_of(role))
                )
            )


def query_environment(settings: Settings, found: Addresses) -> dict[str, str]:
    """Return the query layer's addresses and secrets; those of the environment take precedence.

    On the embedded server all follow from its password, so that a session and a cursor outlive a
    restart. A token secret is for development alone.
    """
    server = _own_server(settings)
    if server is None:
        return {LOGINS["api_ro"]: found.query}
    database = found.query.rpartition("/")[2]
    values = {variable: server.dsn(database, user=role) for role, variable in LOGINS.items()}
    values[_CURSOR_SECRET] = server.password_of("cursors")
    if settings.environment == "development":
        values[TOKEN_SECRET] = server.password_of("tokens")
    given = process_environment({})
    return {
        name: value
        for name, value in values.items()
        if name == LOGINS["api_ro"] or not given.get(name)
    }


def _own_server(settings: Settings) -> EmbeddedServer | None:
    return None if settings.database_url is not None else embedded(settings).find()
