"""Rows of a registry folder: whose file it is, which of two files wins (compliance §2.3, §3.18).

Belongs here: what needs more than one file or the source database. Does not: the rule of a single
field (``registry_rules``), fetching and storing (``registry_landing``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cdp_assets.filplus import registry_rules as rules
from cdp_assets.filplus.registry_issues import Issue

_DIGIT_NAMED = re.compile(r"\d\.json$")


@dataclass(frozen=True)
class KnownAllocators:
    """Ids and addresses of the source database; JSON wins over them."""

    address_by_id: Mapping[str, str]
    id_by_address: Mapping[str, str]


@dataclass(frozen=True)
class RegistryFile:
    """One file that holds an object: where it lies, its Git name, its text and what it says."""

    location: str
    path: str
    sha: str
    text: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class RegistryRow:
    """One row of a registry table; the fields are its columns in their order."""

    allocator_id: str
    allocator_address: str
    json_path: str
    registry_info: str
    rejected: bool
    data_type: str
    status: str | None
    metapathway_type: str | None
    audit: list[str] | None
    data_types: list[str] | None
    required_sps: str | None
    required_replicas: str | None
    tranche_schedule: str | None
    bookkeeping_repository: str | None
    audits: str
    first_audit_ended_at: datetime | None
    approved_at: datetime | None
    blob_sha: str


def registry_rows(
    files: Sequence[RegistryFile], known: KnownAllocators, *, archived: bool
) -> tuple[list[RegistryRow], list[Issue]]:
    """Return one row per allocator, by id, and what could not be taken.

    Args:
        files: In the listing's order, which decides between two files of one allocator.
        known: Fills in the id or address that a file does not name.
        archived: Whether these are files of the archive, where the last of two wins; in the
            registry the first does, unless its name is of the old scheme and the other's is not.
    """
    issues: list[Issue] = []
    chosen: dict[str, tuple[RegistryFile, RegistryRow]] = {}
    for file in files:
        row = _row(file, known, issues, archived=archived)
        if row is None:
            continue
        before = chosen.get(row.allocator_id)
        if before is None or _replaces(before[0].path, file.path, archived=archived):
            chosen[row.allocator_id] = (file, row)
        if before is not None:
            kept = chosen[row.allocator_id][0]
            dropped = before[0] if kept is file else file
            issues.append(_left_out(dropped, "duplicate_id", f"{kept.path} has the same id"))
    return _one_per_address(list(chosen.values()), issues, archived=archived), issues


def audits_json(audits: Sequence[rules.Audit]) -> str:
    """Return audits as the text of the column: UTC instants, mapped outcomes, PiB as written."""
    return "[" + ", ".join(_audit_json(audit) for audit in audits) + "]"


def _row(
    file: RegistryFile, known: KnownAllocators, issues: list[Issue], *, archived: bool
) -> RegistryRow | None:
    document = dict(file.document)
    identity = _identity(file, document, known, issues)
    if identity is None:
        return None
    application = rules.section(document, "application")
    audits, audit = rules.audits_of(document), rules.texts_of(application.get("audit"))
    issues += _notes(file, application, audits)
    return RegistryRow(
        allocator_id=identity[0],
        allocator_address=identity[1],
        json_path=file.path,
        registry_info=file.text,
        rejected=rules.is_rejected(file.path, document.get("status"), audits, archived=archived),
        data_type=rules.data_type(audit),
        status=rules.text_of(document.get("status")),
        metapathway_type=rules.text_of(document.get("metapathway_type")),
        audit=audit,
        data_types=rules.texts_of(application.get("data_types")),
        required_sps=rules.first_number(application.get("required_sps")),
        required_replicas=rules.first_number(application.get("required_replicas")),
        tranche_schedule=rules.text_of(application.get("tranche_schedule")),
        bookkeeping_repository=rules.bookkeeping_repository(
            application.get("allocation_bookkeeping")
        ),
        audits=audits_json(audits),
        first_audit_ended_at=audits[0].ended if audits else None,
        approved_at=rules.instant_of(rules.section(document, "history").get("Approved")),
        blob_sha=file.sha,
    )


def _identity(
    file: RegistryFile, document: dict[str, Any], known: KnownAllocators, issues: list[Issue]
) -> tuple[str, str] | None:
    """Return id and address, from the file first, then from the database; null when one lacks."""
    named_id = rules.text_of(document.get("allocator_id"))
    address = rules.named_address(document) or known.address_by_id.get(named_id or "")
    allocator_id = named_id or known.id_by_address.get(address or "")
    if allocator_id is None:
        detail = "it names no allocator id, and the source knows none for its address"
        issues.append(_left_out(file, "no_allocator_id", detail))
        return None
    if address is None:
        detail = f"it names no address, and the source knows none for {allocator_id}"
        issues.append(_left_out(file, "no_address", detail))
        return None
    there = known.address_by_id.get(allocator_id)
    if there is not None and there != address:
        detail = f"{allocator_id} has address {address} here and {there} in the source database"
        issues.append(Issue(file.location, "address_differs", "noted", detail))
    owner = known.id_by_address.get(address)
    if owner is not None and owner != allocator_id:
        detail = f"{address} is of {allocator_id} here and of {owner} in the source database"
        issues.append(Issue(file.location, "id_differs", "noted", detail))
    return allocator_id, address


def _notes(
    file: RegistryFile, application: dict[str, Any], audits: Sequence[rules.Audit]
) -> list[Issue]:
    notes = []
    if any(audit.has_bad_amount for audit in audits):
        notes.append(("unreadable_amount", "the datacap of an audit is no number of PiB"))
    for name in ("required_sps", "required_replicas"):
        if rules.has_several_numbers(application.get(name)):
            detail = f"{name} is {str(application[name])[:40]!r}; the first number counts"
            notes.append((f"several_{name}", detail))
    url = rules.text_of(application.get("allocation_bookkeeping"))
    if url is not None and rules.bookkeeping_repository(url) is None:
        where = "names no repository" if url.startswith(rules.GITHUB) else "is not on GitHub"
        notes.append(("bookkeeping_elsewhere", f"its bookkeeping {url[:200]} {where}"))
    return [Issue(file.location, reason, "noted", detail) for reason, detail in notes]


def _replaces(kept: str, new: str, *, archived: bool) -> bool:
    if archived:
        return True
    return bool(_DIGIT_NAMED.search(kept)) and not _DIGIT_NAMED.search(new)


def _one_per_address(
    chosen: list[tuple[RegistryFile, RegistryRow]], issues: list[Issue], *, archived: bool
) -> list[RegistryRow]:
    """Let an address stand once, too: the first file of two, in the archive the last."""
    ordered = sorted(chosen, key=lambda pair: pair[0].path.encode(), reverse=archived)
    taken: dict[str, str] = {}
    rows = []
    for file, row in ordered:
        if row.allocator_address in taken:
            detail = f"{taken[row.allocator_address]} has the same address"
            issues.append(_left_out(file, "duplicate_address", detail))
            continue
        taken[row.allocator_address] = file.path
        rows.append(row)
    return sorted(rows, key=lambda row: row.allocator_id)


def _left_out(file: RegistryFile, reason: str, detail: str) -> Issue:
    return Issue(file.location, reason, "left_out", detail)


def _audit_json(audit: rules.Audit) -> str:
    fields = {
        "started": _text(audit.started),
        "ended": _text(audit.ended),
        "dc_allocated": _text(audit.dc_allocated),
        "outcome": audit.outcome,
    }
    amount = audit.datacap_amount_pib
    number = "null" if amount is None else f"{Decimal(amount):f}"
    return json.dumps(fields)[:-1] + f', "datacap_amount_pib": {number}}}'


def _text(instant: datetime | None) -> str | None:
    return (
        None
        if instant is None
        else instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
