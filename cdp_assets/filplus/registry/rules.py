"""What a file of the governance repository says about an allocator (compliance §1.4, §2.3, §3.18).

Plain functions of one file. Scope: each field's rule; not here: which of two files wins
(``rows``), single values (``source_fields``), or applications (``bookkeeping_rules``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from cdp_assets.core.ingestion.source_fields import PIB, TEXT, TIME, Fields
from resources.codecs.text_sanitizing import is_plain

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
    "UNKNOWN": "unknown",
}
_OLD_SCHEME = re.compile(r"\d+\.json")
_REPOSITORY_PART = re.compile(r"[A-Za-z0-9._-]+")


class BadFile(Exception):
    """A file that gives no row, with the reason's code and a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Audit:
    """One audit of an allocator. Times are UTC; null: not recorded (yet) or not readable."""

    started: datetime | None
    ended: datetime | None
    dc_allocated: datetime | None
    outcome: AuditOutcome
    datacap_amount_pib: Decimal | None


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
    """Return whether a file of the registry describes an allocator."""
    return name.endswith(".json") and name != SPECIFICATION_FILE


def is_old_scheme(name: str) -> bool:
    """Return whether a file is named as those of the first registry, such as ``1001.json``."""
    return _OLD_SCHEME.fullmatch(name.rsplit("/", 1)[-1]) is not None


def declared_address(fields: Fields) -> str | None:
    """Return the address that a file names: that of the multisig, else its own."""
    msig = fields.section("pathway_addresses").read("msig", TEXT)
    own = fields.read("address", TEXT)
    return msig or own


def data_type(audit: Sequence[str] | None) -> DataType:
    """Return the kind of data an allocator serves, by its ``application.audit`` (§1.4, R-2)."""
    return "enterprise" if ENTERPRISE_AUDITS.intersection(audit or ()) else "openData"


def has_several_numbers(text: object) -> bool:
    """Return whether a text has numbers after the first, such as "3-4"."""
    return isinstance(text, str) and len(re.findall(r"[0-9]+", text)) > 1


def audit_outcome(text: object, index: int | None) -> AuditOutcome:
    """Map an outcome of an audit (compliance §2.3).

    Args:
        text: As the file has it, in any case.
        index: Position among the allocator's audits, from 0; null when unknown. A grant is the
            start of a history and no outcome later in it.
    """
    if _is_grant(text):
        return "notAudited" if not index else "invalid"
    return _OUTCOMES.get(_code(text), "unknown")


def is_listed_outcome(text: object, index: int | None) -> bool:
    """Return whether an outcome is in the list (compliance §2.3) of its audit."""
    return _code(text) in _OUTCOMES or (_is_grant(text) and not index)


def read_outcome(fields: Fields, index: int) -> AuditOutcome:
    """Return the mapped outcome of an audit; record one that is not in the list."""
    text = fields.value("outcome")
    if not is_listed_outcome(text, index):
        why = "which only a first audit has" if _is_grant(text) else "not an outcome of the list"
        fields.record("outcome", "unlisted_outcome", why)
    return audit_outcome(text, index)


def audits_of(fields: Fields) -> list[Audit]:
    """Return the audits of an allocator in the file's order; none when absent."""
    return [
        Audit(
            started=audit.read("started", TIME),
            ended=audit.read("ended", TIME),
            dc_allocated=audit.read("dc_allocated", TIME),
            outcome=read_outcome(audit, index),
            datacap_amount_pib=audit.read("datacap_amount", PIB),
        )
        for index, audit in enumerate(fields.entries("audits"))
    ]


def is_rejected(path: str, status: object, audits: Sequence[Audit], *, archived: bool) -> bool:
    """Return whether an allocator is rejected (compliance §2.3).

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


def _code(text: object) -> str:
    return text.strip().upper() if isinstance(text, str) else ""


def _is_grant(text: object) -> bool:
    return _code(text) == "GRANTED"


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
