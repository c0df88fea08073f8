"""Rules that make a request fail, and the edits that make a response wrong.

Scope: reading rules, choosing the one for a request, editing JSON responses; not here: sockets
(``fault_delivery``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

Kind = Literal[
    "status",
    "timeout",
    "truncated",
    "malformed",
    "drop",
    "duplicate",
    "shifted",
    "partial",
    "restated",
    "rpc_error",
    "advance",
]
EDITS = frozenset({"duplicate", "shifted", "partial", "restated", "rpc_error"})


@dataclass
class FaultRule:
    """One fault and the requests that get it. All given conditions must hold.

    Attributes:
        kind: ``status``: that HTTP status instead of the response. ``timeout``: the response after
            ``seconds``. ``truncated``: half the announced body, then the connection ends.
            ``malformed``: a complete body that is not JSON. ``drop``: the connection ends without a
            response. ``duplicate``: the last item of each list occurs twice. ``shifted``: each list
            lost its first item and repeats its last, as when a new item arrives between two pages.
            ``partial``: the second half of each list is missing. ``restated``: ``add`` is added to
            every number called ``field``. ``rpc_error``: that JSON-RPC error with HTTP 200.
            ``advance``: the simulated clock moves on by ``seconds`` before the response, as when an
            epoch ends between two pages.
        path: Part of the path.
        method: The HTTP method.
        rpc_method: Part of a JSON-RPC method of the request.
        body: Part of the request's body.
        times: How many requests get it; null = all.
        after: How many matching requests pass first.
        status: For ``status``.
        retry_after: Value of the Retry-After header, seconds or an HTTP date.
        seconds: For ``timeout`` and ``advance``.
        code: For ``rpc_error``.
        message: For ``rpc_error`` and ``status``.
        field: For ``restated``.
        add: For ``restated``.
    """

    kind: Kind
    path: str = ""
    method: str = ""
    rpc_method: str = ""
    body: str = ""
    times: int | None = None
    after: int = 0
    status: int = 503
    retry_after: str | int | None = None
    seconds: float = 30.0
    code: int = -32005
    message: str = "Node is unhealthy"
    field: str = ""
    add: int = 1

    def matches(self, method: str, path: str, body: str, rpc_methods: list[str]) -> bool:
        """Return whether the rule applies to a request, whatever is left of ``times``."""
        return (
            self.path in path
            and self.method in ("", method)
            and self.body in body
            and (not self.rpc_method or any(self.rpc_method in name for name in rpc_methods))
        )


class FaultBook:
    """The rules in force, first match first."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []

    def take(self, method: str, path: str, body: str, rpc_methods: list[str]) -> FaultRule | None:
        """Return the rule for a request and count its use."""
        for rule in self.rules:
            if rule.times == 0 or not rule.matches(method, path, body, rpc_methods):
                continue
            if rule.after:
                rule.after -= 1
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule
        return None


def read_rules(document: Any) -> list[FaultRule]:
    """Read one rule or a list of rules from JSON.

    Raises:
        ValueError: An unknown kind or field.
    """
    known = {one.name for one in fields(FaultRule)}
    rules = []
    for given in document if isinstance(document, list) else [document]:
        if not isinstance(given, dict):
            raise ValueError("a fault rule is an object")
        unknown = sorted(set(given) - known)
        if unknown:
            raise ValueError(f"unknown field {unknown[0]}; known: {', '.join(sorted(known))}")
        if given.get("kind") not in get_args(Kind):
            raise ValueError(f"kind is one of {', '.join(get_args(Kind))}")
        rules.append(FaultRule(**given))
    return rules


def edit_response(rule: FaultRule, document: Any, methods: dict[Any, str]) -> Any:
    """Return a response as changed by a rule.

    Args:
        rule: A rule of a kind in ``EDITS``.
        document: The correct response; a list means a JSON-RPC batch.
        methods: JSON-RPC method by request id; empty for other protocols.
    """
    if methods and isinstance(document, list):
        return [
            _edit_member(rule, member)
            if rule.rpc_method in methods.get(member.get("id"), "")
            else member
            for member in document
        ]
    return _edit_member(rule, document)


def _edit_member(rule: FaultRule, member: Any) -> Any:
    if rule.kind == "rpc_error":
        return {
            "jsonrpc": "2.0",
            "error": {"code": rule.code, "message": rule.message},
            "id": member.get("id") if isinstance(member, dict) else None,
        }
    if rule.kind == "restated":
        return _restate(member, rule.field, rule.add)
    return _edit_lists(member, _LIST_EDITS[rule.kind])


_LIST_EDITS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "duplicate": lambda items: items + items[-1:],
    "shifted": lambda items: items[1:] + items[-1:],
    "partial": lambda items: items[: len(items) // 2],
}


def _edit_lists(value: Any, edit: Callable[[list[Any]], list[Any]]) -> Any:
    """Edit the outermost lists of a document."""
    if isinstance(value, list):
        return edit(value)
    if isinstance(value, dict):
        return {name: _edit_lists(part, edit) for name, part in value.items()}
    return value


def _restate(value: Any, field: str, add: int) -> Any:
    if isinstance(value, list):
        return [_restate(part, field, add) for part in value]
    if isinstance(value, dict):
        return {
            name: part + add
            if name == field and isinstance(part, int | float) and not isinstance(part, bool)
            else _restate(part, field, add)
            for name, part in value.items()
        }
    return value
