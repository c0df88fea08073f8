"""The query layer's login: a password for ``api_ro`` on the embedded server."""

from __future__ import annotations

import psycopg
from psycopg import sql

from cdp_assets.settings import Settings
from resources.postgres.database_urls import Addresses, embedded


def allow_query_login(settings: Settings, found: Addresses) -> None:
    """Let ``api_ro`` log in with the password of the state folder.

    On any other server its administrator sets the role's password: nothing is done.
    """
    server = embedded(settings).find()
    if settings.database_url is not None or server is None:
        return
    with psycopg.connect(found.warehouse, autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter role api_ro password {}").format(sql.Literal(server.api_ro_password))
        )
