"""What a client's application in an allocator's repository says (compliance §1.4, §2.4).

Plain functions of one file. Scope: each field's rule; not here: whose file it is
(``bookkeeping_landing``), or the registry (``rules``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cdp_assets.core.ingestion.source_fields import TEXT, FieldKind, Fields
from cdp_assets.core.ingestion.source_issues import Issue
from cdp_assets.filplus.registry.data_size import parse_size
from resources.codecs.addresses import one_form_or_text

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
        issues: What is there but was dropped.
    """

    client_address: str | None
    client_name: str | None
    client_contract_address: str | None
    declared_providers: list[str]
    is_public_dataset: bool | None
    confirms_open_data: bool
    total_requested_amount_bytes: int | None
    expected_size_of_single_dataset_bytes: int | None
    issues: list[Issue]


def read_application(document: dict[str, Any], location: str = "") -> Application:
    """Read one application; what is absent is null, never an error.

    Args:
        document: The file's object.
        location: Of the file, for the issues of values that were dropped.
    """
    fields = Fields(document)
    project, datacap = fields.section("Project"), fields.section("Datacap")
    project.read(PUBLIC_QUESTION, TEXT)  # records what is no text; a blank one counts below
    confirmation = project.document.get(PUBLIC_QUESTION)
    return Application(
        client_address=fields.read("ID", TEXT),
        client_name=fields.section("Client").read("Name", TEXT),
        client_contract_address=fields.read("Client Contract Address", TEXT),
        declared_providers=project.read(PROVIDERS_QUESTION, _PROVIDERS) or [],
        is_public_dataset=is_public_dataset(confirmation),
        confirms_open_data=confirms_open_data(confirmation),
        total_requested_amount_bytes=datacap.read("Total Requested Amount", _SIZE),
        expected_size_of_single_dataset_bytes=datacap.read("Single Size Dataset", _SIZE),
        issues=fields.issues(location),
    )


def declared_providers(text: object) -> list[str]:
    """Return the providers named in a text, each once, in order of their first mention."""
    found = _PROVIDER.findall(text.lower()) if isinstance(text, str) else []
    return list(dict.fromkeys(map(one_form_or_text, found)))  # f0007 is f07


def _size_of(value: object) -> int | None:
    size = parse_size(value)
    return None if size is None or size < 0 else size


# A text without any id is dropped: the provider that it names cannot be found.
_PROVIDERS = FieldKind(
    "unreadable_providers",
    "a text with provider ids",
    lambda text: declared_providers(text) or None,
)
_SIZE = FieldKind("unreadable_size", "a size of 0 or more", _size_of)


def is_public_dataset(confirmation: object) -> bool | None:
    """Return whether the application says that the data is public; null: no text."""
    if not isinstance(confirmation, str):
        return None
    text = confirmation.strip().lower()
    return "[x]" in text or "yes" in text


def confirms_open_data(confirmation: object) -> bool:
    """Return whether a provider of this client counts as open-data: exact, not trimmed (§1.4)."""
    return isinstance(confirmation, str) and confirmation.lower() in _OPEN_DATA_ANSWERS
