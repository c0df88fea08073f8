"""Parameters: strict parsing of query strings, declared as data from which OpenAPI is built, too.

Nothing is guessed: an unknown, repeated or empty parameter is an error that names it, dates are
``YYYY-MM-DD`` and numbers are plain digits, because lax parsing once read ``week=0`` as a date
(query_layer.md §12, 11). Scope: single parameters; not here: how they work together
(``query_layer.read.list_query``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from query_layer.errors import ApiError, Code

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGITS = re.compile(r"[0-9]{1,18}")  # below 2^63
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_FLAGS = {"true": True, "false": False}
_SHOWN = 64  # characters of a caller's own text that an error repeats


@dataclass(frozen=True)
class Parameter:
    """One query parameter.

    Attributes:
        name: As in the query string.
        description: For OpenAPI and the docs page.
        schema: JSON schema of the text, with an example.
        parse: Returns the value or raises ValueError with what is allowed.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    parse: Callable[[str], Any]


def text_parameter(name: str, pattern: str, description: str, example: str) -> Parameter:
    """Declare a text that must match a pattern completely."""
    compiled = re.compile(pattern, re.ASCII)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"must match ^{pattern}$, such as {example}")
        return text

    schema = {"type": "string", "pattern": f"^{pattern}$", "example": example}
    return Parameter(name, description, schema, parse)


def integer_parameter(name: str, low: int, high: int | None, description: str) -> Parameter:
    """Declare an integer in a closed range; ``high`` null has no upper end."""
    allowed = f"from {low} to {high:,}" if high is not None else f"of at least {low}"

    def parse(text: str) -> int:
        if not _DIGITS.fullmatch(text):
            raise ValueError(f"must be a whole number {allowed}")
        value = int(text)
        if value < low or (high is not None and value > high):
            raise ValueError(f"must be a whole number {allowed}")
        return value

    schema: dict[str, Any] = {"type": "integer", "minimum": low, "example": low}
    if high is not None:
        schema["maximum"] = high
    return Parameter(name, description, schema, parse)


def choice_parameter(name: str, choices: Sequence[str], description: str) -> Parameter:
    """Declare one of a closed list of words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    schema = {"type": "string", "enum": list(choices), "example": choices[0]}
    return Parameter(name, description, schema, parse)


def flag_parameter(name: str, description: str) -> Parameter:
    """Declare true or false."""

    def parse(text: str) -> bool:
        if text not in _FLAGS:
            raise ValueError("must be true or false")
        return _FLAGS[text]

    return Parameter(name, description, {"type": "boolean", "example": "true"}, parse)


def instant_parameter(name: str, description: str) -> Parameter:
    """Declare an instant with its zone, or a day, which is its first instant in UTC."""

    def parse(text: str) -> datetime:
        if not _INSTANT.fullmatch(text):
            raise ValueError("must be YYYY-MM-DD, or an instant such as 2026-11-02T00:00:00Z")
        try:
            read = datetime.fromisoformat(text)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError("is not an instant of the calendar") from None

    schema = {"type": "string", "pattern": f"^{_INSTANT.pattern}$", "example": "2026-11-02"}
    return Parameter(name, description, schema, parse)


def names_parameter(name: str, choices: Sequence[str], description: str) -> Parameter:
    """Declare a comma-separated list of words of a closed list, in the order given."""

    def parse(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        for wanted in names:
            if wanted not in choices:
                raise ValueError(
                    f"{_shown(wanted)!r} is unknown, the nearest is {nearest(wanted, choices)}"
                )
        if len(set(names)) < len(names):
            raise ValueError("names a column twice")
        return names

    schema = {"type": "string", "example": ",".join(choices[:2])}
    return Parameter(name, description, schema, parse)


def date_parameter(name: str, cadence: str, description: str) -> Parameter:
    """Declare a day, ``YYYY-MM-DD``; for the cadence ``week`` it must be a Monday."""

    def parse(text: str) -> date:
        if not _DATE.fullmatch(text):
            raise ValueError("must be a date written YYYY-MM-DD")
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
        if cadence == "week" and day.weekday() != 0:
            raise ValueError("must be a Monday, the first day of a week")
        return day

    schema = {"type": "string", "format": "date", "example": "2026-11-02"}
    return Parameter(name, description, schema, parse)


def parse_query(pairs: Sequence[tuple[str, str]], known: Sequence[Parameter]) -> dict[str, Any]:
    """Parse a query string; absent parameters are absent from the result.

    Raises:
        ApiError: VALIDATION_FAILED with every problem, each naming its parameter.
    """
    declared = {parameter.name: parameter for parameter in known}
    values: dict[str, Any] = {}
    problems: list[dict[str, str]] = []
    for name, text in pairs:
        if name not in declared:
            problems.append(_unknown(name, list(declared)))
        elif name in values:
            problems.append({"parameter": name, "reason": "is given twice"})
        else:
            try:
                values[name] = declared[name].parse(text)
            except ValueError as error:
                values[name] = None
                problems.append({"parameter": name, "reason": str(error)})
    if problems:
        raise validation_error(problems)
    return values


def validation_error(problems: Sequence[Mapping[str, str]]) -> ApiError:
    """Return VALIDATION_FAILED; its message is the first problem, its details hold all."""
    first = problems[0]
    return ApiError(
        Code.VALIDATION_FAILED,
        f"The parameter {first['parameter']} {first['reason']}.",
        {"problems": [dict(problem) for problem in problems]},
    )


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the known name closest to another one."""
    return difflib.get_close_matches(name, known, n=1, cutoff=0)[0]


def _unknown(name: str, known: Sequence[str]) -> dict[str, str]:
    shown = _shown(name)
    if not known:
        return {"parameter": shown, "reason": "is unknown; this address takes none"}
    guess = nearest(shown, known)
    return {"parameter": shown, "reason": f"is unknown, the nearest is {guess}", "nearest": guess}


def _shown(text: str) -> str:
    return text[:_SHOWN]
