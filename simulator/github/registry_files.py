"""The governance repository and the allocators' bookkeeping of a simulated source database.

Files as on GitHub, for the allocators and clients of that database, with its ids and addresses, and
with the odd files of the real repositories. Scope: registry and archive files; not here:
applications of clients (``bookkeeping_files``), or the protocol (``contents``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from simulator.github.archives import REGISTRY
from simulator.github.bookkeeping_files import applications
from simulator.randomness import hashed

_OWNER = "simulated-allocators"
_FIRST_AUDIT = datetime(2025, 7, 16, 8, tzinfo=UTC)  # just after the present edition began
_BETWEEN_AUDITS = timedelta(days=110)
_AUDIT_TIME = timedelta(days=19)
_OUTCOMES: tuple[tuple[str, ...], ...] = (
    ("GRANTED", "MATCH", "DOUBLED"),
    ("GRANTED", "THROTTLED"),
    ("GRANTED", "REJECTED"),
    ("GRANTED",),
    ("GRANTED", "MATCH", "PENDING"),
    ("PENDING",),
    ("GRANTED", "match", "UNKNOWN"),
)
_AMOUNTS: tuple[Any, ...] = (5, "5", 2.5, "", "7.5", 10)  # PiB; numbers and texts both occur
_KINDS = (["Public Open"], ["Enterprise Data"], ["Public Open"], ["Public Open ", "Other"])
_SPS = ("over 5", "5", "3-4", "4", "2", "5+")
_REPLICAS = ("5", "8", "4", "3", "2")


@dataclass(frozen=True)
class _Verifier:
    number: int
    address_id: str
    address: str
    name: str | None
    removed: bool
    kind: str


def registry_repositories(connection: psycopg.Connection[Any]) -> dict[str, dict[str, bytes]]:
    """Return registry and bookkeeping repositories of a simulated source, by ``owner/name``."""
    verifiers = _verifiers(connection)
    present = [one for one in verifiers if not one.removed]
    files: dict[str, bytes] = {"README.md": b"# Allocators\n"}
    for place, one in enumerate(present):
        files[f"Allocators/{_name(one, place)}"] = _json(_entry(one, place))
    for one in verifiers:
        files[f"Allocator_Archive/{one.number + 1000}.json"] = _json(_archived(one))
    files |= _odd_files()
    repositories = {REGISTRY: files}
    for place, one in enumerate(present):
        if _has_bookkeeping(place):
            repositories[f"{_OWNER}/{_repository(one)}"] = applications(connection, one.address_id)
    return repositories


def _verifiers(connection: psycopg.Connection[Any]) -> list[_Verifier]:
    rows = connection.execute(
        """
        select "id", "addressId", "address", nullif(trim("name"), 'n/a'), "removed",
            case when "isVirtual" then 'virtual' when "id" = 1 then 'auto' else 'root' end
        from public.verifier where not "isMetaAllocator" and "addressId" is not null order by "id"
        """
    ).fetchall()
    return [_Verifier(*row) for row in rows]


def _name(one: _Verifier, place: int) -> str:
    mark = f"{hashed('registry file', one.address_id):016x}"[:14]
    return f"rec{mark}{' copy' if place == 3 else ''}.json"  # one name with a space


def _entry(one: _Verifier, place: int) -> dict[str, Any]:
    """Return a file of the present scheme; every seventh has no id, only the address."""
    return {
        "application_number": 1000 + one.number,
        "address": one.address,
        "name": one.name or f"Allocator {one.number}",
        "allocator_id": None if place % 7 == 4 else one.address_id,
        "organization": f"Organisation {one.number}",
        "metapathway_type": {"auto": "AMA", "virtual": "MDMA", "root": "RKH"}[one.kind],
        "pathway_addresses": {"msig": one.address if place % 3 else "", "signers": []},
        "application": {
            "audit": ["Automated"] if one.kind == "auto" else _KINDS[place % len(_KINDS)],
            "distribution": [],
            "data_types": ["Public Open Dataset (Research/Non-Profit)"],
            "tranche_schedule": (
                "I will use the standard Allocation Tranche Schedule"
                if place % 2
                else "I will use a custom calculation."
            ),
            "required_sps": _SPS[place % len(_SPS)],
            "required_replicas": _REPLICAS[place % len(_REPLICAS)],
            "allocation_bookkeeping": _bookkeeping(one, place),
        },
        "history": {"Approved": _text(_FIRST_AUDIT + _AUDIT_TIME), "Declined": ""},
        "audits": _audits(place),
        "old_allocator_id": "",
    }


def _audits(place: int) -> list[dict[str, Any]]:
    audits = []
    for number, outcome in enumerate(_OUTCOMES[place % len(_OUTCOMES)]):
        started = _FIRST_AUDIT + timedelta(days=place) + number * _BETWEEN_AUDITS
        is_open = outcome == "PENDING"
        audits.append(
            {
                "started": _text(started),
                "ended": "" if is_open else _text(started + _AUDIT_TIME),
                "dc_allocated": "" if is_open else _text(started + _AUDIT_TIME * 1.1),
                "outcome": outcome,
                "datacap_amount": _AMOUNTS[(place + number) % len(_AMOUNTS)],
            }
        )
    return audits


def _has_bookkeeping(place: int) -> bool:
    return place % 9 not in (6, 7)


def _bookkeeping(one: _Verifier, place: int) -> str | None:
    """Return a repository's address in its usual spellings; some are gone or not on GitHub."""
    if place % 9 == 7:
        return "https://documents.example/bookkeeping"
    ending = ("", "/", "/issues", "/tree/main")[place % 4]
    return f"https://github.com/{_OWNER}/{_repository(one)}{ending}"


def _repository(one: _Verifier) -> str:
    return f"Allocator-{one.number}"


def _archived(one: _Verifier) -> dict[str, Any]:
    """Return a file of the old scheme: no audits, but a state."""
    return {
        "application_number": one.number,
        "address": one.address,
        "name": one.name,
        "allocator_id": one.address_id,
        "organization": f"Organisation {one.number}",
        "status": "removed" if one.removed else ("Active", "Active", "In-Active")[one.number % 3],
        "metapathway_type": "Automatic" if one.kind == "auto" else "Manual",
        "application": {
            "data_types": ["Public Open Dataset (Research/Non-Profit)"],
            "required_sps": "5+",
            "required_replicas": "3-4",
            "allocation_bookkeeping": f"https://github.com/{_OWNER}/{_repository(one)}",
        },
        "pathway_addresses": {"msig": one.address, "signer": []},
    }


def _odd_files() -> dict[str, bytes]:
    """Return what else the real folders contain: the form itself, a list, an unknown allocator."""
    return {
        "Allocators/Allocator JSON SPEC.json": b'{"allocator_id": "the id"}',
        "Allocators/recAListInstead.json": b'[{"allocator_id": "f01"}]',
        "Allocators/recNobodyKnown.json": b'{"allocator_id": null, "address": null}',
        "Allocator_Archive/Allocator JSON SPEC.json": b'{"allocator_id": "the id"}',
        "Allocations/1001.json": b"[]",
    }


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode()
