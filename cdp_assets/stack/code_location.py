"""Whether the UI works: definitions loaded, runs, events and schedules read from their storage.

A code server that listens may serve an error and no asset, and a webserver that listens may have
lost its database. Belongs here: asking the webserver, which the UI asks too. Does not: the
processes themselves (``cdp_assets.stack.processes``).
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
# One cheap question of each storage: the webserver reads them over connections of their own.
_STORAGES = {
    "runs": "{found: runIdsOrError(limit: 1) {__typename ... on PythonError {message}}}",
    "events": "{found: assetRecordsOrError(limit: 1) {__typename ... on PythonError {message}}}",
    "schedules": "{found: autoMaterializeTicks(limit: 1) {__typename}}",
}
_UNREACHABLE = "DagsterUserCodeUnreachableError"
_LOAD_SECONDS = 120.0
_ANSWER_SECONDS = 10.0
_STORAGE_SECONDS = 60.0


@dataclass(frozen=True)
class CodeLocation:
    """What the webserver says of the one code location.

    Attributes:
        updated_at: Unix seconds of the last load, successful or not; 0 when unknown.
        is_loading: Whether the webserver has not reached the code server, or not yet.
        problem: Why the definitions are not there, in one line; null when they are.
    """

    updated_at: float = 0.0
    is_loading: bool = False
    problem: str | None = None


def look_at_code_location(settings: Settings) -> CodeLocation:
    """Return the state of the code location; that nobody answers is a problem like any other."""
    try:
        return read_code_location(_ask(settings, _QUERY)["data"]["workspaceOrError"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        return CodeLocation(problem=f"the webserver does not respond ({type(error).__name__})")


def read_code_location(workspace: dict[str, Any]) -> CodeLocation:
    """Return what a workspace of the UI's GraphQL says; the deepest cause is the one to read."""
    if "message" in workspace:
        return CodeLocation(problem=_one_line(workspace["message"]))
    if not workspace["locationEntries"]:
        return CodeLocation(problem="the webserver knows no code location")
    (entry,) = workspace["locationEntries"]
    found = entry["locationOrLoadError"] or {}
    is_loading, problem = entry["loadStatus"] == "LOADING", None
    if _UNREACHABLE in found.get("message", ""):
        # Seen before the code server listened, or after it died: the webserver goes on trying.
        is_loading, problem = True, "the code server does not respond to the webserver"
    elif "message" in found:
        chain = [found["message"], *(link["error"]["message"] for link in found["errorChain"])]
        problem = _one_line(chain[-1])
    return CodeLocation(entry["updatedTimestamp"], is_loading, problem)


def require_loaded_definitions(settings: Settings, *, since: float) -> None:
    """Wait until the definitions are loaded.

    Args:
        settings: Where the webserver listens.
        since: Unix seconds; what was loaded earlier is of a code server that is gone.

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
                f"the definitions do not load: {found.problem or 'no end after 2 minutes'}",
                hint=f"mend it; {settings.state_dir}/services/code-server.log has the stack",
            )
        time.sleep(0.3)


def find_storage_problem(settings: Settings) -> str | None:
    """Return why the UI cannot read one of its storages, in one line; null when it reads all."""
    for name, query in _STORAGES.items():
        try:
            answer = _ask(settings, query)
            found = (answer.get("data") or {}).get("found")
            broken = found if isinstance(found, dict) and "message" in found else None
            error = broken or next(iter(answer.get("errors", ())), None)
            if error is not None or found is None:
                return f"it cannot read its {name} ({_cause(error)})"
        except (httpx.HTTPError, ValueError, AttributeError, TypeError) as error:
            return f"it does not respond to a question about {name} ({type(error).__name__})"
    return None


def require_answering_storage(settings: Settings) -> None:
    """Wait until the UI reads each of its storages, as after a restart of their database.

    Raises:
        TransientFailure: It does not within a minute; what it said is in the message.
    """
    end = time.monotonic() + _STORAGE_SECONDS
    while (problem := find_storage_problem(settings)) is not None:
        if time.monotonic() > end:
            raise TransientFailure(
                f"the webserver runs, but {problem}",
                hint=f"{settings.state_dir}/services/webserver.log has the stack; `cdp down` and "
                "`cdp up` start it anew",
            )
        time.sleep(0.3)


def _ask(settings: Settings, query: str) -> dict[str, Any]:
    response = httpx.post(
        f"http://127.0.0.1:{settings.ui_port}/graphql",
        json={"query": query},
        timeout=_ANSWER_SECONDS,
    )
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def _cause(error: dict[str, Any] | None) -> str:
    text = " ".join(str((error or {}).get("message", "no response")).split())
    return text if len(text) <= 200 else f"{text[:200]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())
