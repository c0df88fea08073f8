"""Types of fields that several forms of changes have: instants with a zone, numbers of periods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


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


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Instant = Annotated[datetime, AfterValidator(_in_utc)]
# Written as a number or as digits: a browser's YAML reader cuts large numbers.
WholeNumber = Annotated[int | str, BeforeValidator(_digits)]
Ordinal = Annotated[WholeNumber, Field(ge=0, le=10**12)]
# `850` and `"850"` are the same period.
Key = Annotated[str | int, BeforeValidator(_as_text)]
