"""Fuzz over the whole contract, as each role: no 5xx, no undocumented status, no other shape.

Every operation of ``openapi.json`` is asked with good and with hostile values of its parameters.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from query_layer.auth.claims import Claims
from query_layer.auth.roles import role_book
from tests.query_layer.caller import Caller, claims
from tests.query_layer.seeded import INTRODUCER, PARTNER

ROLES = ("anonymous", *sorted(role_book().roles))
HOSTILE = (
    "",
    "0",
    "-1",
    "é",
    "' or 1=1 --",
    "\x00",
    "9" * 25,
    "null",
    "2026-02-30",
    "%",
    "a" * 300,
)
_PER_OPERATION = 2  # addresses, beside the good one


def identity(role: str) -> Claims:
    """Return a caller of a role with the scopes that the service gives it."""
    if role == "anonymous":
        scopes = frozenset(("cdp:read",))
        return Claims("", "anonymous", "", "", (), (), scopes)
    scopes = role_book().role(role).scopes
    if role == "partner":
        return claims(PARTNER, role, introducer_id=str(INTRODUCER), scopes=scopes)
    return claims(role=role, scopes=scopes)


def addresses(
    path: str, parameters: list[Mapping[str, Any]], chance: random.Random
) -> Iterator[str]:
    """Yield the good address of an operation and some that are mostly wrong."""
    in_path = {p["name"]: str(p["example"]) for p in parameters if p["in"] == "path"}
    in_query = [p for p in parameters if p["in"] == "query"]
    yield path.format_map(in_path)
    for _ in range(_PER_OPERATION):
        values = dict(in_path)
        for name in values:
            if chance.random() < 0.3:
                values[name] = chance.choice([v for v in HOSTILE if v])
        chosen = chance.sample(in_query, min(len(in_query), chance.randrange(3)))
        pairs = [
            (p["name"], str(p["example"]) if chance.random() < 0.5 else chance.choice(HOSTILE))
            for p in chosen
        ]
        if chance.random() < 0.1:
            pairs.append(("unknown", "1"))
        filled = path.format_map({name: quote(value, safe="") for name, value in values.items()})
        query = "&".join(f"{name}={quote(value)}" for name, value in pairs)
        yield f"{filled}?{query}" if query else filled


class Contract:
    """The document and its validators."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._validator = cache(
            lambda text: Draft202012Validator({"$ref": text, "components": document["components"]})
        )

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a node refers to."""
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def check(self, address: str, operation: Mapping[str, Any], answer: Any) -> None:
        """Hold an answer against its operation."""
        status = str(answer.status_code)
        assert answer.status_code < 500, (address, answer.text)
        assert status in operation["responses"], (address, status, answer.text)
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        content = self.resolved(operation["responses"][status]).get("content", {})
        assert media_type in content or not content, (address, media_type)
        schema = content.get(media_type, {}).get("schema", {})
        if media_type != "application/json":
            return
        for alternative in schema.get("anyOf", [schema]):
            name = alternative.get("$ref")
            if name is None or self._validator(name).is_valid(answer.json()):
                return
        raise AssertionError((address, status, answer.text[:500]))


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_answers_as_the_contract_says(caller: Caller, role: str) -> None:
    contract, who = Contract(caller.document), identity(role)
    chance = random.Random(role)
    seen: dict[int, int] = {}
    operations = [(p, m["get"]) for p, m in contract.document["paths"].items() if "get" in m]
    is_sampled = role not in ("anonymous", "admin", "partner")  # of the others every third
    for number, (path, operation) in enumerate(operations):
        if is_sampled and number % 3 != ROLES.index(role) % 3:
            continue
        base = "http://query.test:8001" if path == "/metrics" else ""
        parameters = [dict(contract.resolved(p)) for p in operation.get("parameters", ())]
        for parameter in parameters:
            parameter.setdefault("example", "x")
        if path.startswith("/health"):
            caller.poll()
        for address in addresses(path, parameters, chance):
            answer = caller.get(f"{base}{address}", caller=who)
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
            if answer.status_code == 404 and not re.fullmatch(r"[^?]*", address):
                assert answer.json()["error"]["code"]  # the address may be of another route
            contract.check(address, operation, answer)
    assert {200, 400} <= set(seen)
    assert (401 if role == "anonymous" else 403) in seen or role == "admin"
