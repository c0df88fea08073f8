"""What a file of the governance repository says about an allocator (compliance §1.4, §2.3, §3.18).

Plain functions of one file. Belongs here: each field's rule. Does not: which of two files wins
(``registry_rows``), clients' applications (``bookkeeping_rules``), or fetching.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from resources.plain_text import is_plain

ENTERPRISE_AUDITS = frozenset({"Enterprise Data", "Automated", "Faucet", "Market Based"})
SPECIFICATION_FILE = "Allocator JSON SPEC.json"  # describes the form; no allocator
GITHUB = "https://github.com/"

DataType = Literal["openData", "enterprise"]
AuditOutcome = Literal[
    "passed", "passedConditionally", "failed", "pending", "notAudited", "invalid", "unknown"
]
_OUTCOMES: dict[str, AuditOutcome] = {
    "MATCH": "passed",
    "MATCHED": "passed",
    "DOUBLE": "passed",
    "DOUBLED": "passed",
    "THROTTLE": "passedConditionally",
    "THROTTLED": "passedConditionally",
    "REJECT": "failed",
    "REJECTED": "failed",
    "FAIL": "failed",
    "FAILED": "failed",
    "PENDING": "pending",
}
_OLD_SCHEME = re.compile(r"\d+\.json")
_LONGEST = 40  # digits before or after the point; real amounts have three in all
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,40})?")
_REPOSITORY_PART = re.compile(r"[A-Za-z0-9._-]+")


class BadFile(Exception):
    """A file that makes no row, with the reason's code and a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Audit:
    """One audit of an allocator. Times are UTC, null when not (yet) told or not readable."""

    started: datetime | None
    ended: datetime | None
    dc_allocated: datetime | None
    outcome: AuditOutcome
    datacap_amount_pib: Decimal | None
    has_bad_amount: bool


def parse_file(body: bytes) -> dict[str, Any]:
    """Return the object that a file holds, with reals as Decimal.

    Raises:
        BadFile: No UTF-8, no JSON, no object, or a text that a database cannot hold.
    """
    try:
        document = json.loads(
            body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadFile("not_json", f"it is no JSON ({str(error)[:200]})") from None
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else f"a {type(document).__name__}"
        raise BadFile("not_an_object", f"it holds {kind} instead of one object")
    if not all(is_plain(text) for text in _texts(document)):
        raise BadFile("unusable_text", "it holds a text with a NUL or half a character")
    return document


def is_registry_file(name: str) -> bool:
    """Tell whether a file of the registry describes an allocator."""
    return name.endswith(".json") and name != SPECIFICATION_FILE


def is_old_scheme(name: str) -> bool:
    """Tell whether a file is named as those of the first registry, such as ``1001.json``."""
    return _OLD_SCHEME.fullmatch(name.rsplit("/", 1)[-1]) is not None


def text_of(value: object) -> str | None:
    """Return a text without outer spaces; null for an empty one and for anything else."""
    return value.strip() or None if isinstance(value, str) else None


def texts_of(value: object) -> list[str] | None:
    """Return the texts of a list, trimmed; null when it is no list."""
    if not isinstance(value, list):
        return None
    return [member.strip() for member in value if isinstance(member, str)]


def section(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside a document; empty when absent or something else."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def named_address(document: dict[str, Any]) -> str | None:
    """Return the address that a file names: that of the multisig, else its own."""
    pathway = section(document, "pathway_addresses")
    return text_of(pathway.get("msig")) or text_of(document.get("address"))


def data_type(audit: Sequence[str] | None) -> DataType:
    """Return the kind of data an allocator serves, by its ``application.audit`` (§1.4, R-2)."""
    return "enterprise" if ENTERPRISE_AUDITS.intersection(audit or ()) else "openData"


def first_number(text: object) -> str | None:
    """Return the first number of a text such as "over 5" or "3-4"; null without one (R-5)."""
    found = re.search(r"[0-9]+", str(text)) if isinstance(text, str | int | Decimal) else None
    return None if found is None else found[0]


def has_several_numbers(text: object) -> bool:
    """Tell whether :func:`first_number` leaves a number out, as of "3-4"."""
    return isinstance(text, str) and len(re.findall(r"[0-9]+", text)) > 1


def audit_outcome(text: object, index: int | None) -> AuditOutcome:
    """Map an outcome of an audit (compliance §2.3).

    Args:
        text: As the file has it, in any case.
        index: Place among the allocator's audits, from 0; null when unknown. A grant is the start
            of a history and no outcome later in it.
    """
    code = text.strip().upper() if isinstance(text, str) else ""
    if code == "GRANTED":
        return "notAudited" if not index else "invalid"
    return _OUTCOMES.get(code, "unknown")


def audits_of(document: dict[str, Any]) -> list[Audit]:
    """Return the audits of an allocator in the file's order; none when absent."""
    found = document.get("audits")
    entries = found if isinstance(found, list) else []
    audits = []
    for index, entry in enumerate(entries):
        fields = entry if isinstance(entry, dict) else {}
        amount, is_bad = _amount(fields.get("datacap_amount"))
        audits.append(
            Audit(
                started=instant_of(fields.get("started")),
                ended=instant_of(fields.get("ended")),
                dc_allocated=instant_of(fields.get("dc_allocated")),
                outcome=audit_outcome(fields.get("outcome"), index),
                datacap_amount_pib=amount,
                has_bad_amount=is_bad,
            )
        )
    return audits


def is_rejected(path: str, status: object, audits: Sequence[Audit], *, archived: bool) -> bool:
    """Tell whether an allocator is out (compliance §2.3).

    Files of the archive and of the old scheme have a status instead of audits (R-4: the rule for
    the latter tests the file's own name).
    """
    if archived or is_old_scheme(path):
        return status != "Active"
    return any(audit.outcome == "failed" for audit in audits)


def bookkeeping_repository(url: object) -> str | None:
    """Return ``owner/name`` of a bookkeeping address on GitHub (compliance §2.4); else null."""
    if not isinstance(url, str) or not url.strip().startswith(GITHUB):
        return None
    parts = [part for part in urlsplit(url.strip()).path.split("/") if part]
    if len(parts) < 2 or not all(_REPOSITORY_PART.fullmatch(part) for part in parts[:2]):
        return None
    return f"{parts[0]}/{parts[1].removesuffix('.git')}"


def instant_of(value: object) -> datetime | None:
    """Return an ISO instant in UTC, cut to milliseconds; null when empty or not readable."""
    text = text_of(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def pib_of(value: object) -> Decimal | None:
    """Return PiB given as a number or a plain decimal text; null for anything else.

    A number that no column holds, or that nobody can have meant, is none: a text such as
    "1e999999" must not become a number that stops the whole table.
    """
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _LONGEST:
        text = f"{value:f}"
    elif isinstance(value, str) or type(value) is int:
        text = str(value).strip()
    else:
        return None
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def _amount(value: object) -> tuple[Decimal | None, bool]:
    """Read PiB given as a number or a text; the flag says that there is one but not readable."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, False
    amount = pib_of(value)
    return amount, amount is None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for member in node:
            yield from _texts(member)
    elif isinstance(node, dict):
        for name, member in node.items():
            yield name
            yield from _texts(member)
