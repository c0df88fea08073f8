"""Log lines: JSON objects of timestamp, level, correlation id, event and context.

Tokens, keys, query values and the texts of exceptions are never logged: an exception's text may
quote a value or an address. Scope: the form of a line; not here: choosing what to log.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, TextIO

import msgspec

from query_layer.http.correlation import current
from query_layer.ops.clock import wall_clock

_LOGGER = logging.getLogger("query_layer")


def log_event(level: int, event: str, **context: Any) -> None:
    """Log an event such as ``api.request`` with JSON values of context."""
    if _LOGGER.isEnabledFor(level):
        _LOGGER.log(level, event, extra={"context": context})


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return the type, the SQLSTATE and the frames of an exception, without its text."""
    frames = [
        f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    described: dict[str, Any] = {"exception": type(error).__name__, "frames": frames[-12:]}
    if sqlstate := getattr(error, "sqlstate", None):
        described["sqlstate"] = sqlstate
    return described


class JsonFormatter(logging.Formatter):
    """One line of JSON per record; lines of libraries become the event ``log``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        context = getattr(record, "context", None)
        event = record.getMessage() if context is not None else "log"
        if context is None:
            context = {"logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            context = {**context, **describe_exception(record.exc_info[1])}
        line = {
            "timestamp": wall_clock(),
            "level": record.levelname.lower(),
            "correlation_id": current.get() or None,
            "event": event,
            "context": context,
        }
        return msgspec.json.encode(line).decode()


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send every record of this process to one stream (standard output) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
