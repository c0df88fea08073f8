"""``python -m query_layer``: serve on loopback until a signal.

A failure to start is one sentence on standard error, exit code 1; a wrong argument is 2. Scope: the
process; not here: the service (``query_layer.ops.service``).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from query_layer.app import create_app
from query_layer.errors import ApiError
from query_layer.ops.logs import configure_logging, log_event
from query_layer.ops.workers import serve_together
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
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listen(settings.host, settings.port, "CDP_QUERY_PORT"))
        asyncio.run(_preflight(settings))
        configure_logging(settings.log_level)
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        sockets = [listener]
        try:
            observed = _listen(settings.host, settings.metrics_port, "CDP_QUERY_METRICS_PORT")
        except StartRefused as refusal:
            # Readers do not wait for a port of ours alone; its absence is what a scrape notices.
            log_event(logging.WARNING, "metrics.unavailable", reason=str(refusal))
        else:
            sockets.append(stack.enter_context(observed))
            settings = settings.model_copy(update={"metrics_port": observed.getsockname()[1]})
        try:
            if settings.workers == 1:
                uvicorn.Server(_config(create_app(settings))).run(sockets=sockets)
            else:
                config = _config("query_layer.__main__:application", settings.workers)
                serve_together(config, settings, sockets)
        except SystemExit as failed:
            raise StartRefused("the service did not start; see its log") from failed


def application() -> FastAPI:
    """Return the application of one of several processes, from its environment."""
    settings = read_settings()
    configure_logging(settings.log_level)
    return create_app(settings)


def _config(application: FastAPI | str, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        factory=isinstance(application, str),
        workers=workers,
        lifespan="on",
        log_config=None,
        access_log=False,  # it would log query strings
        server_header=False,
        proxy_headers=False,  # it believes anybody on loopback; we believe named ones
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )


def _listen(host: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise StartRefused(
            f"port {port} on {host} cannot be used ({error.strerror}): stop the program that holds "
            f"it, or set {variable}"
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
