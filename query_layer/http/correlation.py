"""The correlation id: one name for a request in its response, its log lines and its SQL session.

Scope: choosing and remembering the id; not here: writing it anywhere.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar

HEADER = "X-Correlation-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

current: ContextVar[str] = ContextVar("correlation_id", default="")


def choose(headers: Mapping[str, str]) -> str:
    """Return the caller's id, else the trace id of its ``traceparent``, else a new one.

    A header that is not 1 to 64 letters, digits, dots, dashes and underscores is ignored: it would
    carry foreign text into logs.
    """
    offered = headers.get("x-correlation-id", "")
    if _ACCEPTED.fullmatch(offered):
        return offered
    trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return trace.group(1) if trace else uuid.uuid4().hex
