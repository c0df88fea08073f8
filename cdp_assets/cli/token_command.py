"""The command that prints a token of a user for the query layer, in development.

Scope: looking the user up and signing; not here: verifying (``query_layer.auth.tokens``). In
production tokens come from the identity provider.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from cdp_assets.cli.terminal import show

_MOST_MINUTES = 7 * 24 * 60


def add_token_command(app: typer.Typer, epilog: str) -> None:
    """Add ``token`` to the command line."""
    app.command(epilog=epilog)(token)


def token(
    user: Annotated[str, typer.Option(help="E-mail address of a user.")],
    minutes: Annotated[
        int, typer.Option(min=1, max=_MOST_MINUTES, help="How long the token is valid.")
    ] = 60,
) -> None:
    """Print a token with which the query layer answers as a user; development only.

    Example: cdp token --user ann@example.org --minutes 60
    """
    from cdp_assets.errors import BadConfiguration
    from cdp_assets.settings import get_settings

    settings = get_settings()
    if settings.environment == "production":
        raise BadConfiguration(
            "tokens are printed in development only",
            key="CDP_ENVIRONMENT",
            hint="in production the identity provider issues them; programs use `api_key_issue`",
        )
    show(sign_token(user, timedelta(minutes=minutes)))


def sign_token(email: str, lifetime: timedelta) -> str:
    """Return a token of a user, valid from now on by the real clock.

    Raises:
        BadConfiguration: There is no such user, no database, or no secret to sign with.
    """
    import jwt

    from cdp_assets import clock
    from cdp_assets.errors import BadConfiguration
    from cdp_assets.governance.people import find_user
    from cdp_assets.settings import get_settings, process_environment
    from cdp_assets.stack.query_login import TOKEN_SECRET, query_environment
    from query_layer.settings import DEVELOPMENT_ISSUER, parse_settings
    from resources.postgres.database_urls import addresses
    from resources.postgres.warehouse import Warehouse

    settings = get_settings()
    with Warehouse().connect() as connection, connection.cursor() as cursor:
        found = find_user(cursor, email.strip())
    if found is None:
        raise BadConfiguration(
            "is not a known user", key=email, hint="an admin adds users with `user_job`"
        )
    values = process_environment(query_environment(settings, addresses(settings)))
    ours = parse_settings(values)
    if ours.token_secret is None:
        raise BadConfiguration(
            "there is no secret to sign with",
            key=TOKEN_SECRET,
            hint="set it to 32 random characters, here and for the query layer",
        )
    now = clock.wall_clock()
    content = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": ours.token_audience,
        "sub": str(found.user_id),
        "role": str(found.role),
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(content, ours.token_secret.get_secret_value(), algorithm="HS256")
