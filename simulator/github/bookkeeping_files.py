"""Applications of simulated clients, as an allocator stores them in its repository.

Scope: one JSON file per client and allocator, good and odd; not here: the registry
(``registry_files``), or the grants themselves (``clients``).
"""

from __future__ import annotations

import json
from typing import Any

import psycopg

from simulator.dmob.addresses import delegated_address
from simulator.dmob.calibration import PIB, TIB
from simulator.randomness import hashed

_PROVIDERS = (
    "Please list the provider IDs and location of the storage providers you will be working with. "
    "Note that it is a requirement to list a minimum of 5 unique provider IDs, and that your "
    "client address will be verified against this list in the future"
)
_CONFIRMATION = (
    "Confirm that this is a public dataset that can be retrieved by anyone on the network (i.e., "
    "no specific permissions or access rights are required to view the data)"
)
_ANSWERS = ("[x] I confirm", "[X] I confirm", "[ ] I confirm", "Yes", " [x] I confirm ", "No", "")
_PLACES = ("Germany", "Hong Kong", "United States")


def applications(connection: psycopg.Connection[Any], allocator: str) -> dict[str, bytes]:
    """Return the files of one allocator's repository by path: a file per client with a grant."""
    rows = connection.execute(
        """
        select c."addressId", c."address", coalesce(nullif(trim(c."name"), 'n/a'), ''),
            c."initialAllowance"::numeric, exists (
                select from public.client_contract k where k."addressId" = c."addressId"),
            array(select distinct p.provider_id from simulation.pair p
                where 'f0' || p.client_id = c."addressId" order by 1)
        from public.verified_client c
        where c."verifierAddressId" = %s and c."auditTrail" <> 'n/a' and c."address" is not null
        order by c."id"
        """,
        [allocator],
    ).fetchall()
    files = {f"applications/{row[1]}.json": _json(_application(*row)) for row in rows}
    files["README.md"] = b"# Bookkeeping\n"
    files["applications/without client.json"] = _json({"Version": "1.3", "Client": {"Name": "x"}})
    return files


def _application(
    client: str, address: str, name: str, received: Any, has_contract: bool, providers: list[str]
) -> dict[str, Any]:
    draw = hashed("application", client)
    document: dict[str, Any] = {
        "Version": "1.3",
        "ID": address,
        "Issue Number": str(draw % 900 + 1),
        "Client": {"Name": name, "Region": "Germany", "Industry": "Life Science"},
        "Project": {
            _CONFIRMATION: _ANSWERS[draw % len(_ANSWERS)],
            _PROVIDERS: _declared(draw, providers),
        },
        "Datacap": {
            "Type": "ldn-v3",
            "Total Requested Amount": _size(draw, int(received) * 2),
            "Single Size Dataset": _size(draw // 7, max(TIB, int(received) // 4)),
            "Replicas": 4,
        },
        "Lifecycle": {"State": "Granted", "Active": True, "On Chain Address": address},
        "Allocation Requests": [{"ID": f"{draw:016x}", "Allocation Amount": f"{received}B"}],
    }
    if has_contract:
        document["Client Contract Address"] = delegated_address(f"0x{draw:040x}")
    return document


def _declared(draw: int, providers: list[str]) -> str:
    """Return providers in free text: sometimes one is missing, or an unused one is named."""
    named = providers[:-1] if draw % 3 == 0 else list(providers)
    if draw % 5 == 0:
        named.append("77")
    return "\n".join(
        f"{'F0' if place % 4 == 3 else 'f0'}{one}, {_PLACES[place % len(_PLACES)]}"
        for place, one in enumerate(named)
    )


def _size(draw: int, size: int) -> str:
    """Return a size as people write it, sometimes unreadable."""
    if draw % 23 == 0:
        return ("about a petabyte", f"-{size}B", "")[draw // 23 % 3]
    if size >= PIB:
        halves = -(-2 * size // PIB)
        return f"{halves // 2}{'.5' if halves % 2 else ''}{' ' if draw % 2 else ''}PiB"
    return f"{-(-size // TIB)}{' ' if draw % 2 else ''}TiB"


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode()
