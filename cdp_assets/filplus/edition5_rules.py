"""The fixed figures of edition 5, from their JSON files to rows (compliance §7: audit pages).

Belongs here: reading one file each. Does not: finding the files (``resources.fixed_files``), or
the audits of edition 6 (``registry_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from cdp_assets.errors import BadSourceAnswer
from cdp_assets.filplus.registry_rules import (
    AuditOutcome,
    audit_outcome,
    instant_of,
    pib_of,
    text_of,
)
from resources.exact_json import NotJson, parse_exact

_SERIES = {
    "averageConversationTimesSecs": "conversation",
    "averageAuditTimesSecs": "audit",
    "averageAllocationTimesSecs": "allocation",
}


@dataclass(frozen=True)
class AuditState:
    """One row of ``edition5_audit_states``."""

    allocator_id: str
    audit_number: int
    allocator_name: str | None
    started_at: datetime | None
    ended_at: datetime | None
    dc_allocated_at: datetime | None
    outcome: str
    datacap_amount_pib: Decimal | None


@dataclass(frozen=True)
class AuditTime:
    """One row of ``edition5_audit_times``."""

    series: str
    round: int
    average_seconds: int


@dataclass(frozen=True)
class Pathway:
    """One row of ``edition5_pathways``."""

    allocator_id: str
    type_of_allocator: str
    pathway: str


@dataclass(frozen=True)
class MonthlyOutcome:
    """One row of ``edition5_monthly_outcomes``."""

    month: date
    outcome: str
    audits: int
    datacap_pib: Decimal


def read_audit_states(body: bytes) -> list[AuditState]:
    """Read ``edition5_AuditStates.json``.

    Raises:
        BadSourceAnswer: Not of that form, or an allocator twice.
    """
    rows: list[AuditState] = []
    for entry in _entries(body, "allocatorId", "audits"):
        audits = entry["audits"]
        if not isinstance(audits, list) or not all(isinstance(one, dict) for one in audits):
            raise BadSourceAnswer(
                "its audits are no list of objects", key=str(entry["allocatorId"])
            )
        for number, audit in enumerate(audits):
            rows.append(
                AuditState(
                    allocator_id=_text(entry, "allocatorId"),
                    audit_number=number,
                    allocator_name=text_of(entry.get("allocatorName")),
                    started_at=instant_of(audit.get("started")),
                    ended_at=instant_of(audit.get("ended")),
                    dc_allocated_at=instant_of(audit.get("dc_allocated")),
                    outcome=_outcome(audit.get("outcome"), number),
                    datacap_amount_pib=_amount(audit.get("datacap_amount"), entry),
                )
            )
    _require_unique([(row.allocator_id, row.audit_number) for row in rows])
    return sorted(rows, key=lambda row: (row.allocator_id, row.audit_number))


def read_audit_times(body: bytes) -> list[AuditTime]:
    """Read ``edition5_AuditTimesByRound.json``; a series that is null has no rows.

    Raises:
        BadSourceAnswer: An unknown series, or a time that is no whole number of seconds.
    """
    document = _parse(body)
    if not isinstance(document, dict) or set(document) - set(_SERIES):
        raise BadSourceAnswer(f"it is no object of {', '.join(_SERIES)}")
    rows = []
    for name, series in _SERIES.items():
        for number, seconds in enumerate(document.get(name) or [], 1):
            if type(seconds) is not int:
                raise BadSourceAnswer(f"{str(seconds)[:40]!r} is no number of seconds", key=name)
            rows.append(AuditTime(series, number, seconds))
    return rows


def read_pathways(body: bytes) -> list[Pathway]:
    """Read ``edition5_DatacapFlow.json``.

    Raises:
        BadSourceAnswer: Not of that form, or an allocator twice.
    """
    rows = [
        Pathway(_text(e, "allocatorId"), _text(e, "typeOfAllocator"), _text(e, "pathway"))
        for e in _entries(body, "allocatorId", "typeOfAllocator", "pathway")
    ]
    _require_unique([row.allocator_id for row in rows])
    return sorted(rows, key=lambda row: row.allocator_id)


def read_monthly_outcomes(body: bytes) -> list[MonthlyOutcome]:
    """Read ``edition5_AuditOutcomes.json``: objects of month, count and datacap by outcome.

    Raises:
        BadSourceAnswer: Not of that form, or a month twice.
    """
    rows = []
    for entry in _entries(body, "month", "count", "datacap"):
        month = instant_of(entry["month"]) or instant_of(f"{entry['month']}-01")
        counts, datacap = entry["count"], entry["datacap"]
        if month is None or not isinstance(counts, dict) or not isinstance(datacap, dict):
            raise BadSourceAnswer("an entry has no month, counts and datacap")
        for outcome in sorted({*counts, *datacap}):
            count = counts.get(outcome, 0)
            if type(count) is not int:
                raise BadSourceAnswer(f"{str(count)[:40]!r} is no count", key=str(entry["month"]))
            amount = _amount(datacap.get(outcome, 0), entry) or Decimal(0)
            first = month.date().replace(day=1)
            rows.append(MonthlyOutcome(first, _outcome(outcome, None), count, amount))
    _require_unique([(row.month, row.outcome) for row in rows])
    return sorted(rows, key=lambda row: (row.month, row.outcome))


def _entries(body: bytes, *required: str) -> Iterator[dict[str, Any]]:
    document = _parse(body)
    if not isinstance(document, list):
        raise BadSourceAnswer("it holds no list")
    for entry in document:
        if not isinstance(entry, dict) or not set(required) <= set(entry):
            raise BadSourceAnswer(f"an entry is no object with {', '.join(required)}")
        yield entry


def _parse(body: bytes) -> Any:
    try:
        return parse_exact(body)
    except NotJson as error:
        raise BadSourceAnswer(f"it is no JSON ({error})") from None


def _text(entry: dict[str, Any], name: str) -> str:
    text = text_of(entry[name])
    if text is None:
        raise BadSourceAnswer(f"{name} is no text")
    return text


def _outcome(value: object, index: int | None) -> str:
    """Take an outcome's own name as it is, and map a code of the registry."""
    return str(value) if value in get_args(AuditOutcome) else audit_outcome(value, index)


def _amount(value: object, entry: dict[str, Any]) -> Decimal | None:
    if value is None or value == "":
        return None
    amount = pib_of(value)
    if amount is not None:
        return amount
    where = str(entry.get("allocatorId") or entry.get("month"))
    raise BadSourceAnswer(f"{str(value)[:40]!r} is no amount of PiB", key=where)


def _require_unique(keys: list[Any]) -> None:
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadSourceAnswer(f"{twice} stands twice")
