"""JSON without loss: exact numbers in, and one canonical text per content (validator §1, §3).

Scope: parsing with int and Decimal, the canonical form and its hash; not here: what the values of a
source mean (the client of that source).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NoReturn

Path = tuple[str, ...]


class NotJson(ValueError):
    """The bytes are not one complete JSON document."""


class _NumberText(str):
    """A number as it was written; 1.0 and 1.00 stay two texts."""

    __slots__ = ()


def parse_exact(body: bytes) -> Any:
    """Parse JSON with integers as int and reals as Decimal, so that no amount passes a float.

    Raises:
        NotJson: Broken off, malformed, not UTF-8, too deep, NaN or Infinity, or a key twice.
    """
    return _load(body, parse_int=int, parse_float=Decimal)


def canonical_json(body: bytes, volatile: Iterable[Path] = ()) -> bytes:
    """Return the content in its canonical form: sorted keys, no spaces, numbers as written.

    Args:
        body: The response as received.
        volatile: Paths to omit, from the root; ``*`` means every element of a list.

    Raises:
        NotJson: As for :func:`parse_exact`.
    """
    met_real: list[str] = []
    # Any integer except -0 is written as it was read, so only reals need their original text.
    plain = b"-0" not in body
    document = (
        _load(body, parse_int=int, parse_float=met_real.append)
        if plain
        else _load(body, parse_int=_NumberText, parse_float=_NumberText)
    )
    if plain and met_real:
        plain = False
        document = _load(body, parse_int=_NumberText, parse_float=_NumberText)
    for path in volatile:
        _drop(document, path)
    try:
        text = canonical_text(document) if plain else _write(document)
        return text.encode("utf-8", "surrogatepass")
    except RecursionError:
        raise NotJson("nested too deeply") from None


def content_hash(body: bytes, volatile: Iterable[Path] = ()) -> str:
    """Return the SHA-256 of the canonical form, or of the bytes where they are no JSON."""
    try:
        return hashlib.sha256(canonical_json(body, volatile)).hexdigest()
    except NotJson:
        return hashlib.sha256(body).hexdigest()


def _load(body: bytes, *, parse_int: Any, parse_float: Any) -> Any:
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_int=parse_int,
            parse_float=parse_float,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_repetition,
        )
    except NotJson:
        raise
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos} of {len(error.doc)}") from None
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not a JSON number")


def _object_without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"key {twice[:60]!r} occurs twice in one object")
    return found


def _drop(node: Any, path: Path) -> None:
    if not path:
        return
    head, rest = path[0], path[1:]
    if head == "*" and isinstance(node, list):
        for element in node:
            _drop(element, rest)
    elif isinstance(node, dict) and head in node:
        if rest:
            _drop(node[head], rest)
        else:
            del node[head]


def canonical_text(document: Any) -> str:
    """Return a document without reals as canonical text: sorted keys, no spaces, plain Unicode."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def exact_text(document: Any) -> str:
    """Return a document of :func:`parse_exact` as canonical text, reals with all their digits."""
    return _write(document)


def _write(node: Any) -> str:
    if isinstance(node, _NumberText | Decimal):
        return str(node)
    if isinstance(node, dict):
        members = (f"{_quote(name)}:{_write(node[name])}" for name in sorted(node))
        return "{" + ",".join(members) + "}"
    if isinstance(node, list):
        return "[" + ",".join(_write(element) for element in node) + "]"
    return _quote(node)


def _quote(node: Any) -> str:
    return json.dumps(node, ensure_ascii=False)
