"""Types of fields that several forms of changes have: instants with a zone, periods, ids."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

_LAST_PERIOD = 10**12  # of ranges that must not overlap (spec README, "Servers and settings")
UUID_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_SLOT_RANGE = re.compile(r"[0-9]+-[0-9]+")


class ChangeForm(BaseModel):
    """A form without unknown fields."""

    model_config = ConfigDict(extra="forbid")

    def has(self, field: str) -> bool:
        """Return whether a field is in the config, be it null."""
        return field in self.model_fields_set


def _in_utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError("an instant names its zone: end it with Z")
    return value.astimezone(UTC)


def _digits(value: Any) -> Any:
    """Take an integer, or its digits; no float, no boolean."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def _period_number(value: Any) -> Any:
    """Take the number of a period, or the id of a slot range, which begins with it."""
    if isinstance(value, str) and _SLOT_RANGE.fullmatch(value):
        return value
    number = _digits(value)
    if not 0 <= number <= _LAST_PERIOD:
        raise ValueError(f"must be at least 0 and at most {_LAST_PERIOD}")
    return number


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Instant = Annotated[datetime, AfterValidator(_in_utc)]
# Written as a number or as digits: a browser's YAML reader cuts large numbers.
WholeNumber = Annotated[int | str, BeforeValidator(_digits)]
# `850`, or `9235680-9437279` where periods are slot ranges.
PeriodNumber = Annotated[int | str, BeforeValidator(_period_number)]
# `850` and `"850"` are the same period.
Key = Annotated[str | int, BeforeValidator(_as_text)]
