"""A webserver of a test: it answers about code location and storages as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

UPDATED_AT = 1795996918.2239237
# What dagster-webserver 1.13.27 says first of a location whose module raises.
_OUTER = """dagster._core.errors.DagsterUserCodeLoadError: Error occurred during the loading of
Dagster definitions in executable_path=python, module_name=cdp_assets.definitions
"""


# And of a code server that does not listen yet.
UNREACHABLE = """dagster._core.errors.DagsterUserCodeUnreachableError: Could not reach user code
server. gRPC Error code: UNAVAILABLE
"""


WELL = {"data": {"found": {"__typename": "RunIds"}}}


@dataclass
class Ui:
    """What it answers about its code location, and about its storages; null is answered with 500.

    An answer about a storage is given for every question that holds its word.
    """

    port: int
    answer: Any = None
    storages: dict[str, Any] = field(default_factory=dict)

    def reply(self, query: str) -> Any:
        """Return the answer to a question; storages are well unless the test says otherwise."""
        if "workspaceOrError" in query:
            return self.answer
        return next((one for word, one in self.storages.items() if word in query), WELL)


def workspace(problem: str | None, *, outer: str = _OUTER) -> dict[str, Any]:
    """Return the answer for a location that is loaded, or failed with a problem deep inside."""
    found: dict[str, Any] = {}
    if problem is not None:
        found = {"message": outer, "errorChain": [{"error": {"message": problem}}]}
    entry = {"loadStatus": "LOADED", "updatedTimestamp": UPDATED_AT, "locationOrLoadError": found}
    return {"data": {"workspaceOrError": {"locationEntries": [entry]}}}


@contextmanager
def serve_ui() -> Iterator[Ui]:
    """Serve on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = ui.reply(question["query"])
            body = json.dumps(answer).encode()
            self.send_response(500 if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ui = Ui(int(server.server_address[1]))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield ui
        finally:
            server.shutdown()
            thread.join()
