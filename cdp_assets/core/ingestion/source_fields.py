"""Fields of a source's document, read so that every dropped value is recorded.

A field that is missing, null or blank is null, and nothing is recorded. One that cannot be read is
null, too, and recorded as an issue; every landing of files from GitHub writes the issues to
``ops.registry_issues``. Scope: reading single values, and the issues; not here: what a field means
(the rules of each domain).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from cdp_assets.core.ingestion.source_issues import Issue

T = TypeVar("T")
_LONGEST = 40  # digits before or after the point; real amounts have three in all
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,40})?")
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class FieldKind(Generic[T]):
    """How a value is read.

    Attributes:
        reason: Code of the issue where it cannot be read.
        noun: The kind in words.
        parse: Returns null for a value of another kind.
    """

    reason: str
    noun: str
    parse: Callable[[object], T | None]


class Fields:
    """The fields of one object of a document; its sections share its issues.

    Args:
        document: The object, also an attribute.
        path: Where it is in the document, ending in a dot; empty: the document itself.
        recorded: Issues of the document so far: by reason, what was dropped.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        path: str = "",
        recorded: dict[str, dict[str, None]] | None = None,
    ) -> None:
        self.document = document
        self._path = path
        self._recorded = {} if recorded is None else recorded

    def value(self, name: str) -> Any:
        """Return a value as it is; null for one that is missing or blank."""
        value = self.document.get(name)
        return None if isinstance(value, str) and not value.strip() else value

    def read(self, name: str, kind: FieldKind[T]) -> T | None:
        """Return a value of a kind; null when it is absent or unreadable, which is recorded."""
        value = self.value(name)
        if value is None:
            return None
        found = kind.parse(value)
        if found is None:
            self.record(name, kind.reason, f"not {kind.noun}")
        return found

    def texts(self, name: str) -> list[str] | None:
        """Return the texts of a list, trimmed; null when it is no list."""
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.record(name, "unreadable_list", "not a list of texts")
        if not isinstance(value, list):
            return None
        return [one.strip() for one in value if isinstance(one, str)]

    def section(self, name: str) -> Fields:
        """Return the fields of an object inside; of none where it is absent or something else."""
        value = self.value(name)
        if value is not None and not isinstance(value, dict):
            self.record(name, "unreadable_object", "not an object")
        inside = value if isinstance(value, dict) else {}
        return Fields(inside, f"{self._path}{name}.", self._recorded)

    def entries(self, name: str) -> list[Fields]:
        """Return the fields of each object of a list, in order; what is no object has none."""
        value = self.value(name)
        if value is not None and not isinstance(value, list):
            self.record(name, "unreadable_list", "not a list of objects")
        found = []
        for place, entry in enumerate(value if isinstance(value, list) else []):
            path = f"{name}[{place}]"
            if not isinstance(entry, dict):
                self._add("unreadable_object", f"{self._path}{path} is not an object")
            inside = entry if isinstance(entry, dict) else {}
            found.append(Fields(inside, f"{self._path}{path}.", self._recorded))
        return found

    def record(self, name: str, reason: str, why: str) -> None:
        """Record that a value is dropped or suspicious."""
        shown = str(self.document.get(name))[:_SHOWN_CHARACTERS]
        self._add(reason, f"{self._path}{name} is {shown!r}, {why}")

    def issues(self, location: str) -> list[Issue]:
        """Return the issues of the document, one for each reason."""
        return [
            Issue(location, reason, "recorded", "; ".join(details))
            for reason, details in sorted(self._recorded.items())
        ]

    def _add(self, reason: str, detail: str) -> None:
        self._recorded.setdefault(reason, {})[detail] = None


def parse_text(value: object) -> str | None:
    """Return a text without outer spaces; null for an empty one and for anything else."""
    return value.strip() or None if isinstance(value, str) else None


def parse_instant(value: object) -> datetime | None:
    """Return an ISO instant in UTC, cut to milliseconds; null when empty or not readable."""
    text = parse_text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def parse_pib(value: object) -> Decimal | None:
    """Return PiB given as a number or a plain decimal text; null for anything else.

    A number that no column can hold is null: a text such as "1e999999" must not stop the landing
    of the table.
    """
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _LONGEST:
        text = f"{value:f}"
    elif isinstance(value, str) or type(value) is int:
        text = str(value).strip()
    else:
        return None
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def first_number(value: object) -> str | None:
    """Return the first number of a text such as "over 5" or "3-4"; null without one (R-5)."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    found = re.search(r"[0-9]+", str(value))
    return None if found is None else found[0]


TEXT = FieldKind("unreadable_text", "a text", parse_text)
TIME = FieldKind("unreadable_time", "a time", parse_instant)
PIB = FieldKind("unreadable_amount", "a number of PiB", parse_pib)
FIRST_NUMBER = FieldKind("unreadable_number", "a text with a number", first_number)
