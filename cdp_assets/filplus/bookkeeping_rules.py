"""What a client's application in an allocator's repository says (compliance §1.4, §2.4).

Plain functions of one file. Belongs here: each field's rule. Does not: whose file it is
(``bookkeeping_landing``), or the registry (``registry_rules``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cdp_assets.filplus.data_size import parse_size
from cdp_assets.filplus.registry_rules import section, text_of

PROVIDERS_QUESTION = (
    "Please list the provider IDs and location of the storage providers you will be working with. "
    "Note that it is a requirement to list a minimum of 5 unique provider IDs, and that your "
    "client address will be verified against this list in the future"
)
PUBLIC_QUESTION = (
    "Confirm that this is a public dataset that can be retrieved by anyone on the network (i.e., "
    "no specific permissions or access rights are required to view the data)"
)
_PROVIDER = re.compile(r"f0[0-9]+")
_OPEN_DATA_ANSWERS = frozenset({"[x] i confirm", "yes"})


@dataclass(frozen=True)
class Application:
    """What is read from one application; sizes are bytes, null when absent or not a size.

    Attributes:
        client_address: ``ID``, the client's robust address; null when absent.
        declared_providers: Providers named, each once, in the file's order.
        is_public_dataset: Null when the confirmation is no text.
        confirms_open_data: The stricter rule of §1.4 for open-data providers.
        unreadable_sizes: Names of sizes that are there but are not sizes, or are negative.
    """

    client_address: str | None
    client_name: str | None
    client_contract_address: str | None
    declared_providers: list[str]
    is_public_dataset: bool | None
    confirms_open_data: bool
    total_requested_amount_bytes: int | None
    expected_size_of_single_dataset_bytes: int | None
    unreadable_sizes: list[str]


def read_application(document: dict[str, Any]) -> Application:
    """Read one application; what is absent is null, never an error."""
    project, datacap = section(document, "Project"), section(document, "Datacap")
    unreadable: list[str] = []

    def size(name: str) -> int | None:
        written = datacap.get(name)
        found = parse_size(written)
        if found is not None and found >= 0:
            return found
        if written not in (None, ""):
            unreadable.append(name)
        return None

    confirmation = project.get(PUBLIC_QUESTION)
    return Application(
        client_address=text_of(document.get("ID")),
        client_name=text_of(section(document, "Client").get("Name")),
        client_contract_address=text_of(document.get("Client Contract Address")),
        declared_providers=declared_providers(project.get(PROVIDERS_QUESTION)),
        is_public_dataset=is_public_dataset(confirmation),
        confirms_open_data=confirms_open_data(confirmation),
        total_requested_amount_bytes=size("Total Requested Amount"),
        expected_size_of_single_dataset_bytes=size("Single Size Dataset"),
        unreadable_sizes=unreadable,
    )


def declared_providers(text: object) -> list[str]:
    """Return the providers named in a text, each once, in order of their first mention."""
    found = _PROVIDER.findall(text.lower()) if isinstance(text, str) else []
    return list(dict.fromkeys(found))


def is_public_dataset(confirmation: object) -> bool | None:
    """Tell whether the data is said to be public; null when the confirmation is no text."""
    if not isinstance(confirmation, str):
        return None
    answer = confirmation.strip().lower()
    return "[x]" in answer or "yes" in answer


def confirms_open_data(confirmation: object) -> bool:
    """Tell whether a provider of this client counts as open-data: exact, not trimmed (§1.4)."""
    return isinstance(confirmation, str) and confirmation.lower() in _OPEN_DATA_ANSWERS
