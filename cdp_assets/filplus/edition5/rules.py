"""The fixed statistics of edition 5, from their JSON files to rows (compliance §7: audit pages).

Scope: reading one file each; not here: finding the files (``resources.sources.json_files``), or the
audits of edition 6 (``cdp_assets.filplus.registry.rules``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from cdp_assets.core.ingestion.source_fields import (
    TEXT,
    TIME,
    Fields,
    parse_instant,
    parse_pib,
    parse_text,
)
from cdp_assets.core.ingestion.source_issues import Issue
from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.filplus.registry.rows import KnownAllocators, read_actor_id
from cdp_assets.filplus.registry.rules import (
    AuditOutcome,
    audit_outcome,
    is_listed_outcome,
    read_outcome,
)
from resources.codecs.exact_json import NotJson, parse_exact

AUDIT_STATES = "edition5_AuditStates.json"
AUDIT_OUTCOMES = "edition5_AuditOutcomes.json"
PATHWAYS = "edition5_DatacapFlow.json"
_OUTCOME_NAMES = get_args(AuditOutcome)
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


def read_audit_states(body: bytes, known: KnownAllocators) -> tuple[list[AuditState], list[Issue]]:
    """Read ``edition5_AuditStates.json``, and what of it had to be dropped.

    Raises:
        InvalidSourceResponse: Not of that form, or an allocator twice.
    """
    rows: list[AuditState] = []
    issues: list[Issue] = []
    for entry in _entries(body, "allocatorId", "audits"):
        audits = entry["audits"]
        if not isinstance(audits, list) or not all(isinstance(one, dict) for one in audits):
            raise InvalidSourceResponse(
                "its audits are no list of objects", key=str(entry["allocatorId"])
            )
        fields = Fields(entry)
        allocator_id = _actor_id(fields, known)
        for number, audit in enumerate(fields.entries("audits")):
            rows.append(
                AuditState(
                    allocator_id=allocator_id,
                    audit_number=number,
                    allocator_name=fields.read("allocatorName", TEXT),
                    started_at=audit.read("started", TIME),
                    ended_at=audit.read("ended", TIME),
                    dc_allocated_at=audit.read("dc_allocated", TIME),
                    outcome=_audit_outcome(audit, number),
                    datacap_amount_pib=_amount(audit.value("datacap_amount"), entry),
                )
            )
        issues += fields.issues(f"{AUDIT_STATES}/{entry['allocatorId']}")
    _require_unique([(row.allocator_id, row.audit_number) for row in rows])
    return sorted(rows, key=lambda row: (row.allocator_id, row.audit_number)), issues


def read_audit_times(body: bytes, _: KnownAllocators) -> tuple[list[AuditTime], list[Issue]]:
    """Read ``edition5_AuditTimesByRound.json``; a series that is null has no rows.

    Raises:
        InvalidSourceResponse: An unknown series, one that is no list, or a time that is no integer
            of seconds.
    """
    document = _parse(body)
    if not isinstance(document, dict) or set(document) - set(_SERIES):
        raise InvalidSourceResponse(f"it is no object of {', '.join(_SERIES)}")
    rows = []
    for name, series in _SERIES.items():
        times = document.get(name)
        if not isinstance(times, list | None):
            raise InvalidSourceResponse(f"{str(times)[:40]!r} is no list of times", key=name)
        for number, seconds in enumerate(times or [], 1):
            if type(seconds) is not int:
                raise InvalidSourceResponse(
                    f"{str(seconds)[:40]!r} is no number of seconds", key=name
                )
            rows.append(AuditTime(series, number, seconds))
    return rows, []


def read_pathways(body: bytes, known: KnownAllocators) -> tuple[list[Pathway], list[Issue]]:
    """Read ``edition5_DatacapFlow.json``, and which ids of it are in another form.

    Raises:
        InvalidSourceResponse: Not of that form, or an allocator twice.
    """
    rows: list[Pathway] = []
    issues: list[Issue] = []
    for entry in _entries(body, "allocatorId", "typeOfAllocator", "pathway"):
        fields = Fields(entry)
        kind, pathway = _text(entry, "typeOfAllocator"), _text(entry, "pathway")
        rows.append(Pathway(_actor_id(fields, known), kind, pathway))
        issues += fields.issues(f"{PATHWAYS}/{entry['allocatorId']}")
    _require_unique([row.allocator_id for row in rows])
    return sorted(rows, key=lambda row: row.allocator_id), issues


def read_monthly_outcomes(
    body: bytes, _: KnownAllocators
) -> tuple[list[MonthlyOutcome], list[Issue]]:
    """Read ``edition5_AuditOutcomes.json``: objects of month, count and datacap by outcome.

    Words of one month that mean the same outcome are one row, their sum; those outside the list
    are "unknown" and recorded.

    Raises:
        InvalidSourceResponse: Not of that form, or a month twice.
    """
    rows: list[MonthlyOutcome] = []
    issues: list[Issue] = []
    months: list[date] = []
    for entry in _entries(body, "month", "count", "datacap"):
        month = parse_instant(entry["month"]) or parse_instant(f"{entry['month']}-01")
        if month is None or not all(isinstance(entry[one], dict) for one in ("count", "datacap")):
            raise InvalidSourceResponse("an entry has no month, counts and datacap")
        months.append(month.date().replace(day=1))
        fields = Fields(entry)
        rows += _outcomes_of(months[-1], fields)
        issues += fields.issues(f"{AUDIT_OUTCOMES}/{months[-1]:%Y-%m}")
    _require_unique(months)
    return sorted(rows, key=lambda row: (row.month, row.outcome)), issues


def _outcomes_of(month: date, fields: Fields) -> list[MonthlyOutcome]:
    audits: dict[str, int] = {}
    datacap: dict[str, Decimal] = {}
    counts, amounts = fields.section("count"), fields.section("datacap")
    for word, count in counts.document.items():
        if type(count) is not int:
            raise InvalidSourceResponse(f"{str(count)[:40]!r} is no count", key=f"{month:%Y-%m}")
        outcome = _counted_outcome(counts, word)
        audits[outcome] = audits.get(outcome, 0) + count
    for word, value in amounts.document.items():
        amount = _amount(value, dict(fields.document)) or Decimal(0)
        outcome = _counted_outcome(amounts, word)
        datacap[outcome] = datacap.get(outcome, Decimal(0)) + amount
    return [
        MonthlyOutcome(month, one, audits.get(one, 0), datacap.get(one, Decimal(0)))
        for one in {*audits, *datacap}
    ]


def _entries(body: bytes, *required: str) -> Iterator[dict[str, Any]]:
    document = _parse(body)
    if not isinstance(document, list):
        raise InvalidSourceResponse("it holds no list")
    for entry in document:
        if not isinstance(entry, dict) or not set(required) <= set(entry):
            raise InvalidSourceResponse(f"an entry is no object with {', '.join(required)}")
        yield entry


def _parse(body: bytes) -> Any:
    try:
        return parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"it is no JSON ({error})") from None


def _text(entry: dict[str, Any], name: str) -> str:
    text = parse_text(entry[name])
    if text is None:
        raise InvalidSourceResponse(f"{name} is no text")
    return text


def _actor_id(fields: Fields, known: KnownAllocators) -> str:
    """Return the actor id that an entry names, also by an address; else its text, as an issue."""
    written = _text(dict(fields.document), "allocatorId")
    return read_actor_id(fields, "allocatorId", written, known) or written


def _audit_outcome(audit: Fields, number: int) -> str:
    """Take an outcome's own name as it is, and map a code of the registry."""
    written = audit.value("outcome")
    return str(written) if written in _OUTCOME_NAMES else read_outcome(audit, number)


def _counted_outcome(by_word: Fields, word: str) -> str:
    """Take an outcome's own name as it is, and map a word of the registry; record any other."""
    if word in _OUTCOME_NAMES:
        return word
    if not is_listed_outcome(word, None):
        by_word.record(word, "unlisted_outcome", "which belongs to no outcome of the list")
    return audit_outcome(word, None)


def _amount(value: object, entry: dict[str, Any]) -> Decimal | None:
    if value is None or value == "":
        return None
    amount = parse_pib(value)
    if amount is not None:
        return amount
    where = str(entry.get("allocatorId") or entry.get("month"))
    raise InvalidSourceResponse(f"{str(value)[:40]!r} is no amount of PiB", key=where)


def _require_unique(keys: list[Any]) -> None:
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidSourceResponse(f"{twice} is there twice")
