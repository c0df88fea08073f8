"""``python -m query_layer``: serve on loopback until a signal.

A failure to start is one sentence on standard error, exit code 1; a wrong argument is 2. Scope: the
process; not here: the service (``query_layer.ops.service``).
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence

import uvicorn

from query_layer.app import create_app
from query_layer.errors import ApiError
from query_layer.ops.logs import configure_logging
from query_layer.read.database import Database, require_reader
from query_layer.settings import Settings, StartRefused, describe, read_settings

_BACKLOG = 2_048  # connections that wait in the kernel while we start or are busy
_DRAIN_SECONDS = 10  # for requests under way when the signal comes


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="query_layer", description="Serve the query layer.")
    parser.add_argument(
        "--settings", action="store_true", help="print the effective settings and end"
    )
    chosen = parser.parse_args(arguments)
    try:
        settings = read_settings()
        if chosen.settings:
            print(describe(settings))
            return 0
        serve(settings)
    except StartRefused as refusal:
        print(f"query_layer: {refusal}", file=sys.stderr)
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Serve until a signal.

    Raises:
        StartRefused: The port is taken, the database does not respond or the role may write.
    """
    listener = _listen(settings)
    with listener:
        asyncio.run(_preflight(settings))
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        configure_logging(settings.log_level)
        config = uvicorn.Config(
            create_app(settings),
            lifespan="on",
            log_config=None,
            access_log=False,  # it would log query strings
            server_header=False,
            proxy_headers=False,  # it believes anybody on loopback; we believe named ones
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except SystemExit as failed:
            raise StartRefused("the service did not start; see its log") from failed


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise StartRefused(
            f"port {settings.port} on {settings.host} cannot be used ({error.strerror}): stop the "
            "program that holds it, or set CDP_QUERY_PORT"
        ) from error


async def _preflight(settings: Settings) -> None:
    """Check what could prevent the start, before a server framework reports it."""
    database = Database(settings)
    await database.open()
    try:
        await require_reader(database, settings)
    except ApiError as error:
        raise StartRefused(f"the rights of the database role could not be read: {error}") from error
    finally:
        await database.close()


if __name__ == "__main__":
    sys.exit(main())
