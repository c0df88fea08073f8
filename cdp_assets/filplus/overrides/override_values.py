"""Which inputs of reports may be overridden, and what their values may be: a closed list.

Only what comes from a file, a form or a measurement is in it. A score, a check or anything that is
computed is not, and never may be (user expectation G-07). Scope: names, forms and validation of
values; not here: storage (``override_store``) or how a row takes a value (``apply_overrides``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

import dagster as dg

from cdp_assets.core.runs.launch_forms import one_of

EntityKind = Literal["allocator", "client", "provider"]
InputName = Literal[
    "data_type",
    "audit",
    "required_copies",
    "required_sps",
    "tranche_schedule",
    "first_audit_ended_at",
    "declared_providers",
    "expected_size_of_single_dataset",
    "total_requested_amount",
    "retrievability",
]
# As stored: numbers and instants as text, so that no amount passes through a double.
Value = str | list[str] | None

_MAX_BYTES = 2**80
_MAX_COUNT = 1_000
_MAX_TEXT = 500
_MAX_ENTRIES = 200
_RATE_DECIMALS = 6


class OverridableInput(NamedTuple):
    """One input: of what kind of entity, what a value looks like, whether it may be unknown.

    ``config_type`` is what the launchpad checks of a value before the run, ``parse`` the rest.
    """

    kind: EntityKind
    config_type: Any
    form: str
    may_be_unknown: bool
    parse: Callable[[object], str | list[str]]


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT:
        raise ValueError
    return value.strip()


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_ENTRIES:
        raise ValueError
    return [_text(entry) for entry in value]


_DATA_TYPES = ("openData", "enterprise")


def _data_type(value: object) -> str:
    if value not in _DATA_TYPES:
        raise ValueError
    return str(value)


def _integer_up_to(value: object, most: int) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,30}", text) or int(text) > most:
        raise ValueError
    return str(int(text))


def _count(value: object) -> str:
    return _integer_up_to(value, _MAX_COUNT)


def _bytes(value: object) -> str:
    return _integer_up_to(value, _MAX_BYTES)


def _instant(value: object) -> str:
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _providers(value: object) -> list[str]:
    found = _texts(value)
    if any(not re.fullmatch(r"f0[0-9]+", provider) for provider in found):
        raise ValueError
    return list(dict.fromkeys(found))


def _rate(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    rate = Decimal(str(value))
    if not rate.is_finite() or not 0 <= rate <= 1 or rate != round(rate, _RATE_DECIMALS):
        raise ValueError
    return format(rate.normalize(), "f")


INPUTS: Mapping[InputName, OverridableInput] = {
    "data_type": OverridableInput(
        "allocator", one_of(*_DATA_TYPES), "`openData` or `enterprise`", False, _data_type
    ),
    "audit": OverridableInput("allocator", [str], "a list of texts", False, _texts),
    "required_copies": OverridableInput("allocator", int, "an integer up to 1000", True, _count),
    "required_sps": OverridableInput("allocator", int, "an integer up to 1000", True, _count),
    "tranche_schedule": OverridableInput("allocator", str, "a text of the registry", True, _text),
    "first_audit_ended_at": OverridableInput(
        "allocator", str, "an ISO instant with zone", True, _instant
    ),
    "declared_providers": OverridableInput(
        "client", [str], "a list of ids such as f01000", False, _providers
    ),
    "expected_size_of_single_dataset": OverridableInput(
        "client", int, "integer bytes", True, _bytes
    ),
    "total_requested_amount": OverridableInput("client", int, "integer bytes", True, _bytes),
    "retrievability": OverridableInput(
        "provider", float, "a rate 0 to 1 of at most six decimals", True, _rate
    ),
}


def input_fields() -> dict[str, dg.Field]:
    """Return the launchpad's field of each input, of the type of its values."""
    return {
        name: dg.Field(
            dg.Noneable(known.config_type) if known.may_be_unknown else known.config_type,
            is_required=True,
            description=f"Of one {known.kind}: {known.form}"
            + ("; null: unknown, or not measured." if known.may_be_unknown else "."),
        )
        for name, known in INPUTS.items()
    }


def parse_value(name: InputName, value: object) -> Value:
    """Return a value as it is stored; null means that the input is unknown.

    Raises:
        ValueError: The value is not of the form of the input.
    """
    known = INPUTS[name]
    if value is None:
        if not known.may_be_unknown:
            raise ValueError(f"{name} may not be unknown: give {known.form}")
        return None
    try:
        return known.parse(value)
    except (ValueError, InvalidOperation):
        raise ValueError(f"a value of {name} is {known.form}") from None
