"""Whether the UI works: definitions loaded, runs, events and schedules read from their storage.

A code server that listens may serve an error and no asset, and a webserver that listens may have
lost its database. Scope: queries to the webserver, as the UI sends them; not here: the processes
(``cdp_assets.stack.processes``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

from cdp_assets.errors import BadConfiguration, TransientFailure
from cdp_assets.settings import Settings

_QUERY = """
{workspaceOrError {
  ... on PythonError {message}
  ... on Workspace {locationEntries {
    loadStatus updatedTimestamp
    locationOrLoadError {... on PythonError {message errorChain {error {message}}}}
  }}
}}
"""
# One cheap query per storage: the webserver reads each over its own connection.
_STORAGES = {
    "runs": "{found: runIdsOrError(limit: 1) {__typename ... on PythonError {message}}}",
    "events": "{found: assetRecordsOrError(limit: 1) {__typename ... on PythonError {message}}}",
    "schedules": "{found: autoMaterializeTicks(limit: 1) {__typename}}",
}
_UNREACHABLE = "DagsterUserCodeUnreachableError"
_LOAD_SECONDS = 120.0
_RESPONSE_SECONDS = 10.0
_STORAGE_SECONDS = 60.0


@dataclass(frozen=True)
class CodeLocation:
    """What the webserver reports about the code location.

    Attributes:
        updated_at: Unix seconds of the last load, successful or not; 0 when unknown.
        is_loading: Whether the webserver has not reached the code server.
        problem: Why the definitions are not loaded, in one line; null when they are.
    """

    updated_at: float = 0.0
    is_loading: bool = False
    problem: str | None = None


def look_at_code_location(settings: Settings) -> CodeLocation:
    """Return the state of the code location; no response is a problem like any other."""
    try:
        return read_code_location(_query(settings, _QUERY)["data"]["workspaceOrError"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        return CodeLocation(problem=f"the webserver does not respond ({type(error).__name__})")


def read_code_location(workspace: dict[str, Any]) -> CodeLocation:
    """Return the state in a workspace of the UI's GraphQL; its problem is the deepest cause."""
    if "message" in workspace:
        return CodeLocation(problem=_one_line(workspace["message"]))
    if not workspace["locationEntries"]:
        return CodeLocation(problem="the webserver knows no code location")
    (entry,) = workspace["locationEntries"]
    found = entry["locationOrLoadError"] or {}
    is_loading, problem = entry["loadStatus"] == "LOADING", None
    if _UNREACHABLE in found.get("message", ""):
        # The code server does not listen yet, or died: the webserver continues to try.
        is_loading, problem = True, "the code server does not respond to the webserver"
    elif "message" in found:
        chain = [found["message"], *(link["error"]["message"] for link in found["errorChain"])]
        problem = _one_line(chain[-1])
    return CodeLocation(entry["updatedTimestamp"], is_loading, problem)


def require_loaded_definitions(settings: Settings, *, since: float) -> None:
    """Wait until the definitions are loaded.

    Args:
        settings: Where the webserver listens.
        since: Unix seconds; an earlier load was by a code server that is gone.

    Raises:
        BadConfiguration: They do not load; the cause is in the message.
    """
    end = time.monotonic() + _LOAD_SECONDS
    while True:
        found = look_at_code_location(settings)
        is_of_now = found.updated_at >= since and not found.is_loading
        if is_of_now and found.problem is None:
            return
        if (is_of_now and found.updated_at) or time.monotonic() > end:
            raise BadConfiguration(
                f"the definitions do not load: {found.problem or 'still loading after 2 minutes'}",
                hint=f"fix it; {settings.state_dir}/services/code-server.log has the stack",
            )
        time.sleep(0.3)


def find_storage_problem(settings: Settings) -> str | None:
    """Return why the UI cannot read one of its storages, in one line; null when it reads all."""
    for name, query in _STORAGES.items():
        try:
            response = _query(settings, query)
            found = (response.get("data") or {}).get("found")
            broken = found if isinstance(found, dict) and "message" in found else None
            error = broken or next(iter(response.get("errors", ())), None)
            if error is not None or found is None:
                return f"it cannot read its {name} ({_cause(error)})"
        except (httpx.HTTPError, ValueError, AttributeError, TypeError) as error:
            return f"it does not respond to a query about {name} ({type(error).__name__})"
    return None


def require_readable_storage(settings: Settings) -> None:
    """Wait until the UI reads each of its storages, as after a restart of their database.

    Raises:
        TransientFailure: It does not within a minute; the message has its error.
    """
    end = time.monotonic() + _STORAGE_SECONDS
    while (problem := find_storage_problem(settings)) is not None:
        if time.monotonic() > end:
            raise TransientFailure(
                f"the webserver runs, but {problem}",
                hint=f"{settings.state_dir}/services/webserver.log has the stack; `cdp down` and "
                "`cdp up` restart it",
            )
        time.sleep(0.3)


def _query(settings: Settings, query: str) -> dict[str, Any]:
    response = httpx.post(
        f"http://127.0.0.1:{settings.ui_port}/graphql",
        json={"query": query},
        timeout=_RESPONSE_SECONDS,
    )
    response.raise_for_status()
    content: dict[str, Any] = response.json()
    return content


def _cause(error: dict[str, Any] | None) -> str:
    text = " ".join(str((error or {}).get("message", "no response")).split())
    return text if len(text) <= 200 else f"{text[:200]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())
