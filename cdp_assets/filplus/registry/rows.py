"""Rows of a registry folder: whose file it is, which of two files wins (compliance §2.3, §3.18).

Scope: what needs more than one file or the source database; not here: the rule of a single field
(``rules``), fetching and storing (``landing``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cdp_assets.core.ingestion.source_fields import FIRST_NUMBER, TEXT, TIME, Fields
from cdp_assets.core.ingestion.source_issues import Issue
from cdp_assets.filplus.registry import rules as rules
from resources.codecs.addresses import actor_id_of, one_form_or_text

_DIGIT_NAMED = re.compile(r"\d\.json$")


@dataclass(frozen=True)
class KnownAllocators:
    """Ids and addresses of the source database; JSON wins over them.

    Attributes:
        address_by_id: The robust address of an id, as the source writes it.
        id_by_address: Id by each of its addresses, each in its one form.
    """

    address_by_id: Mapping[str, str]
    id_by_address: Mapping[str, str]

    @classmethod
    def of_source(cls, rows: Iterable[tuple[str, str | None, str | None]]) -> KnownAllocators:
        """Read rows of id, robust address and Ethereum address; of two with one key, the later."""
        address_by_id: dict[str, str] = {}
        by_robust: dict[str, str] = {}
        by_ethereum: dict[str, str] = {}
        for actor_id, robust, ethereum in rows:
            if robust:
                address_by_id[actor_id] = robust
                by_robust[one_form_or_text(robust)] = actor_id
            if ethereum:
                by_ethereum[one_form_or_text(ethereum)] = actor_id
        return cls(address_by_id, by_ethereum | by_robust)

    def actor_id(self, text: str | None) -> str | None:
        """Return the actor id of an id or of an address in any form; null: unknown."""
        if text is None:
            return None
        return actor_id_of(text) or self.id_by_address.get(one_form_or_text(text))

    def has_address(self, actor_id: str, address: str) -> bool:
        """Return whether the source knows an address, in any form, as one of an id."""
        form = one_form_or_text(address)
        robust = one_form_or_text(self.address_by_id.get(actor_id, actor_id))
        return form in (actor_id, robust) or self.id_by_address.get(form) == actor_id


@dataclass(frozen=True)
class RegistryFile:
    """One file that holds an object: its path, its Git name, its text and the parsed object."""

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
    data_type: str | None
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
    """Return one row per allocator, by id, and what could not be used.

    Args:
        files: In the listing's order, which decides between two files of one allocator.
        known: Fills in the id or address that a file does not name.
        archived: Whether these are files of the archive, where the last of two wins; in the
            registry the first does, unless its name is of the old scheme and the other's is not.
            Before either, a file whose address the source knows for that id wins over one whose
            address it does not (decision 0039).
    """
    issues: list[Issue] = []
    chosen: dict[str, tuple[RegistryFile, RegistryRow]] = {}
    for file in files:
        row = _row(file, known, issues, archived=archived)
        if row is None:
            continue
        before = chosen.get(row.allocator_id)
        if before is None or _replaces(before, (file, row), known, archived=archived):
            chosen[row.allocator_id] = (file, row)
        if before is not None:
            used = chosen[row.allocator_id][0]
            dropped = before[0] if used is file else file
            issues.append(_skipped(dropped, "duplicate_id", f"{used.path} has the same id"))
    return _one_per_address(list(chosen.values()), issues, archived=archived), issues


def audits_json(audits: Sequence[rules.Audit]) -> str:
    """Return audits as the text of the column: UTC instants, mapped outcomes, PiB as written."""
    return "[" + ", ".join(_audit_json(audit) for audit in audits) + "]"


def _row(
    file: RegistryFile, known: KnownAllocators, issues: list[Issue], *, archived: bool
) -> RegistryRow | None:
    document = dict(file.document)
    fields = Fields(document)
    identity = _identity(file, fields, known, issues)
    if identity is None:
        return None
    row = _row_of(file, fields, identity, archived=archived)
    issues += fields.issues(file.location)
    return row


def _row_of(
    file: RegistryFile, fields: Fields, identity: tuple[str, str], *, archived: bool
) -> RegistryRow:
    application, status = fields.section("application"), fields.read("status", TEXT)
    audits, audit = rules.audits_of(fields), application.texts("audit")
    return RegistryRow(
        allocator_id=identity[0],
        allocator_address=identity[1],
        json_path=file.path,
        registry_info=file.text,
        rejected=rules.is_rejected(file.path, fields.value("status"), audits, archived=archived),
        data_type=None if archived else rules.data_type(audit),
        status=status,
        metapathway_type=fields.read("metapathway_type", TEXT),
        audit=audit,
        data_types=application.texts("data_types"),
        required_sps=_requirement(application, "required_sps"),
        required_replicas=_requirement(application, "required_replicas"),
        tranche_schedule=application.read("tranche_schedule", TEXT),
        bookkeeping_repository=_bookkeeping(application),
        audits=audits_json(audits),
        first_audit_ended_at=audits[0].ended if audits else None,
        approved_at=fields.section("history").read("Approved", TIME),
        blob_sha=file.sha,
    )


def _requirement(application: Fields, name: str) -> str | None:
    """Return the first number of a requirement; record one with several (R-5)."""
    if rules.has_several_numbers(application.value(name)):
        application.record(name, f"several_{name}", "of which the first number counts")
    return application.read(name, FIRST_NUMBER)


def _bookkeeping(application: Fields) -> str | None:
    """Return the repository of an allocator's bookkeeping; record one elsewhere (§2.4)."""
    name = "allocation_bookkeeping"
    url = application.read(name, TEXT)
    repository = rules.bookkeeping_repository(url)
    if url is not None and repository is None:
        is_on_github = url.startswith(rules.GITHUB)
        why = "which names no repository" if is_on_github else "which is not on GitHub"
        application.record(name, "bookkeeping_elsewhere", why)
    return repository


def _identity(
    file: RegistryFile, fields: Fields, known: KnownAllocators, issues: list[Issue]
) -> tuple[str, str] | None:
    """Return id and address, from the file first, then from the database; null without either."""
    named_id = _named_id(fields, known)
    address = rules.declared_address(fields) or known.address_by_id.get(named_id or "")
    allocator_id = named_id or known.actor_id(address)
    if allocator_id is None:
        written = fields.value("allocator_id")
        names = "it names no allocator id" if written is None else f"{written!r:.60} is no actor id"
        detail = f"{names}, and the source knows none for its address"
        issues.append(_skipped(file, "no_allocator_id", detail))
        return None
    if address is None:
        detail = f"it names no address, and the source knows none for {allocator_id}"
        issues.append(_skipped(file, "no_address", detail))
        return None
    there = known.address_by_id.get(allocator_id)
    if there is not None and not known.has_address(allocator_id, address):
        detail = f"{allocator_id} has address {address} here and {there} in the source database"
        issues.append(Issue(file.location, "address_differs", "recorded", detail))
    owner = known.actor_id(address)
    if owner not in (None, allocator_id) and not known.has_address(allocator_id, address):
        detail = f"{address} is of {allocator_id} here and of {owner} in the source database"
        issues.append(Issue(file.location, "id_differs", "recorded", detail))
    return allocator_id, address


def _named_id(fields: Fields, known: KnownAllocators) -> str | None:
    named = fields.read("allocator_id", TEXT)
    return None if named is None else read_actor_id(fields, "allocator_id", named, known)


def read_actor_id(fields: Fields, name: str, written: str, known: KnownAllocators) -> str | None:
    """Return the actor id that a field names, also by an address; record another form or none."""
    actor_id = known.actor_id(written)
    if actor_id is None:
        fields.record(name, "unreadable_id", "no actor id and no address of one")
    elif actor_id == actor_id_of(written) != written:
        fields.record(name, "id_in_another_form", f"which is {actor_id}")
    elif actor_id != written:
        fields.record(name, "id_is_address", f"which the source knows as {actor_id}")
    return actor_id


def _replaces(
    chosen: tuple[RegistryFile, RegistryRow],
    new: tuple[RegistryFile, RegistryRow],
    known: KnownAllocators,
    *,
    archived: bool,
) -> bool:
    """Return whether the later of two files of one id replaces the earlier, chosen one."""
    is_chosen_known, is_new_known = (
        known.has_address(row.allocator_id, row.allocator_address) for _, row in (chosen, new)
    )
    if is_chosen_known != is_new_known:
        return is_new_known
    if archived:
        return True
    return bool(_DIGIT_NAMED.search(chosen[0].path)) and not _DIGIT_NAMED.search(new[0].path)


def _one_per_address(
    chosen: list[tuple[RegistryFile, RegistryRow]], issues: list[Issue], *, archived: bool
) -> list[RegistryRow]:
    """Use each address once, too: of two files the first, in the archive the last."""
    ordered = sorted(chosen, key=lambda pair: pair[0].path.encode(), reverse=archived)
    taken: dict[str, str] = {}
    rows = []
    for file, row in ordered:
        address = one_form_or_text(row.allocator_address)
        if address in taken:
            detail = f"{taken[address]} has the same address"
            issues.append(_skipped(file, "duplicate_address", detail))
            continue
        taken[address] = file.path
        rows.append(row)
    return sorted(rows, key=lambda row: row.allocator_id)


def _skipped(file: RegistryFile, reason: str, detail: str) -> Issue:
    return Issue(file.location, reason, "skipped", detail)


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
