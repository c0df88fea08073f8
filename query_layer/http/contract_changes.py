"""Contract changes: which differences between two OpenAPI documents break a client.

Adding an address, a parameter, a column or a value does not; removing, renaming or retyping one
does, and so does another default order (query_layer.md §4.3). Scope: comparing; not here: the
document (``query_layer.http.openapi``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]
COMMITTED = Path(__file__).parents[1] / "openapi.json"


class BreakingChange(Exception):
    """The contract changed in a way that breaks clients, under the same version."""


def updated(committed: Json, current: Json) -> str:
    """Return the text of the document to commit.

    Raises:
        BreakingChange: Clients of the committed document would break, and the version is the same.
    """
    broken = list(breaking_changes(committed, current))
    if broken and committed["info"]["version"] == current["info"]["version"]:
        raise BreakingChange(f"{'; '.join(broken)}: keep them, or raise API_VERSION")
    return as_text(current)


def as_text(document: Json) -> str:
    """Return a document as it is committed."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def breaking_changes(before: Json, after: Json) -> Iterator[str]:
    """Return what would break a client of the document before, one sentence each."""
    for path, methods in before["paths"].items():
        current = after["paths"].get(path, {})
        for method, operation in methods.items():
            if method not in current:
                yield f"{method.upper()} {path} is gone"
                continue
            place = f"{method.upper()} {path}"
            yield from _parameters(place, before, operation, after, current[method])
            yield from _responses(place, before, operation, after, current[method])


def _parameters(
    place: str, before: Json, operation: Json, after: Json, current: Json
) -> Iterator[str]:
    old = _by_name(before, operation)
    new = _by_name(after, current)
    for name, parameter in old.items():
        if name not in new:
            yield f"{place}: parameter {name} is gone"
            continue
        was, now = parameter["schema"], new[name]["schema"]
        if was.get("type") != now.get("type") or was.get("pattern") != now.get("pattern"):
            yield f"{place}: parameter {name} has another form"
        if gone := set(was.get("enum", ())) - set(now.get("enum", was.get("enum", ()))):
            yield f"{place}: parameter {name} no longer takes {', '.join(sorted(gone))}"
        if was.get("default") != now.get("default"):
            yield f"{place}: parameter {name} has another default"
    for name in new.keys() - old.keys():
        if new[name].get("required"):
            yield f"{place}: parameter {name} is required"


def _responses(
    place: str, before: Json, operation: Json, after: Json, current: Json
) -> Iterator[str]:
    was = _schema(before, operation)
    now = _schema(after, current)
    yield from _shape(f"{place}: response", before, was, after, now)


def _shape(place: str, before: Json, was: Json, after: Json, now: Json) -> Iterator[str]:
    was, now = _resolved(before, was), _resolved(after, now)
    if was.get("type") != now.get("type"):
        yield f"{place} has another type"
        return
    for name, schema in was.get("properties", {}).items():
        if name in now.get("properties", {}):
            yield from _shape(f"{place}.{name}", before, schema, after, now["properties"][name])
        else:
            yield f"{place}.{name} is gone"
    if "items" in was and "items" in now:
        yield from _shape(f"{place}[]", before, was["items"], after, now["items"])


def _by_name(document: Json, operation: Json) -> dict[str, Json]:
    parameters = [_resolved(document, p) for p in operation.get("parameters", ())]
    return {parameter["name"]: parameter for parameter in parameters}


def _schema(document: Json, operation: Json) -> Json:
    response = _resolved(document, operation["responses"]["200"])
    content: Json = response.get("content", {}).get("application/json", {})
    schema: Json = content.get("schema", {})
    return schema


def _resolved(document: Json, node: Json) -> Json:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node
