"""Clients of the network indexer and of the publishers that it lists (compliance §2.2).

Scope: the calls and reading providers, advertisements and entry blocks, as DAG-JSON or DAG-CBOR;
not here: which chain is crawled how far (``cdp_assets.filplus.providers.ipni.crawl``).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import libipld

from cdp_assets.errors import CdpError, InvalidSourceResponse
from resources.codecs.exact_json import NotJson, parse_exact
from resources.codecs.multiaddr import publisher_base_url
from resources.codecs.peer_ids import peer_id_or_text
from resources.codecs.text_sanitizing import is_plain
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.response_validation import InvalidResponse, validate_by

LIST_SECONDS = 30.0  # one response holds the full list
READ_SECONDS = 5.0  # compliance §2.2
NO_ENTRIES = "bafkreehdwdcefgh4dqkjv67uzcmw7oje"  # compliance §2.2: counts 0
_CID = re.compile(r"[A-Za-z0-9]{8,200}")
GONE = frozenset({404, 410})
_CONTEXT_CHARACTERS = 2_000  # a ContextID has 64 bytes at most (IPNI specification)


@dataclass(frozen=True, slots=True)
class ListedProvider:
    """One provider of the indexer's list.

    Attributes:
        provider_id: Peer id of the provider, canonical unless the list has an invalid one.
        publisher_id: The same of its publisher; null: it has none.
        addresses: Multiaddrs of the publisher, in the order listed.
        head_cid: Its newest advertisement; null: it never advertised.
    """

    provider_id: str
    publisher_id: str | None
    addresses: tuple[str, ...]
    head_cid: str | None

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Return the publisher's addresses with HTTP, each once, in order."""
        urls = (publisher_base_url(address) for address in self.addresses)
        return tuple(dict.fromkeys(url for url in urls if url is not None))


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One advertisement; ``previous_cid`` null: the first of its chain, peer id canonical.

    A check of the crawled advertisements names each whose provider is not a peer id.
    """

    previous_cid: str | None
    provider_id: str
    context_id: str
    entries_cid: str
    is_rm: bool


@dataclass(frozen=True, slots=True)
class EntryBlock:
    """One block of a chain of entries; ``next_cid`` null: the last."""

    entries: int
    next_cid: str | None


class Indexer:
    """Client of cid.contact."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def providers(self) -> RequestResult:
        """Fetch the full list; read it with :func:`read_providers`."""
        return self.http.send(
            Request(name="providers", path="/providers"), validate_by(read_providers)
        )


class Publisher:
    """Client of one publisher. 404 and 410 are valid responses; :meth:`serves` interprets them."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def advertisement(self, cid: str) -> RequestResult:
        """Fetch an advertisement; read it with :func:`read_advertisement` unless it is gone."""
        return self._request(f"ad:{cid}", cid, read_advertisement)

    def entry_block(self, cid: str) -> RequestResult:
        """Fetch a block of entries; read it with :func:`read_entry_block` unless it is gone."""
        return self._request(f"entries:{cid}", cid, read_entry_block)

    def serves(self) -> bool:
        """Return whether the publisher has the endpoint at all: it serves its newest advertisement.

        Raises:
            CdpError: It does not respond to this request either.
        """
        return self._request("head", "head", lambda _: None).usable().http_status not in GONE

    def _request(self, name: str, cid: str, read: Callable[[bytes], object]) -> RequestResult:
        def validate(status: int, body: bytes) -> CdpError | None:
            if status in GONE:
                return None
            try:
                read(body)
            except InvalidSourceResponse as error:
                return InvalidResponse(error.message)
            return None

        return self.http.send(
            Request(name=name, path=f"/ipni/v1/ad/{cid}", accepted=GONE), validate
        )


def is_cid(text: str) -> bool:
    """Return whether a text can be a CID; anything else never becomes part of a URL."""
    return _CID.fullmatch(text) is not None


def read_providers(body: bytes) -> tuple[list[ListedProvider], dict[str, str]]:
    """Read the indexer's list, by provider id, and why an entry or a part of it was skipped.

    Reasons are by the provider's id, or by the entry's position where it has none. Entries with one
    id, in whatever form, become one provider, and each that differs is recorded: the first with a
    newest advertisement counts, and the addresses of its publisher are joined in the order listed.
    A second newest advertisement would be another chain, which is not crawled.

    Raises:
        InvalidSourceResponse: No list.
    """
    try:
        document = parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None
    if not isinstance(document, list):
        raise InvalidSourceResponse("the response is no list of providers")
    found: dict[str, ListedProvider] = {}
    unreadable: dict[str, str] = {}
    for place, entry in enumerate(document):
        try:
            listed, faults = _listed(entry)
        except InvalidSourceResponse as error:
            unreadable[f"entry {place}"] = error.message
            continue
        earlier = found.setdefault(listed.provider_id, listed)
        if earlier != listed:
            found[listed.provider_id], taken = _joined(earlier, listed)
            twice = f"an earlier entry has the same id {listed.provider_id}"
            unreadable[f"entry {place}"] = "; ".join([twice, taken, *faults])
        elif faults:
            unreadable[listed.provider_id] = "; ".join(faults)
    return [found[name] for name in sorted(found)], unreadable


def _joined(earlier: ListedProvider, later: ListedProvider) -> tuple[ListedProvider, str]:
    """Return one provider from two entries, and which parts of the later one were used."""
    if None not in (earlier.head_cid, later.head_cid) and earlier.head_cid != later.head_cid:
        return earlier, f"its newest advertisement {later.head_cid} is another: not crawled"
    chosen = later if earlier.head_cid is None and later.head_cid is not None else earlier
    publishers = {earlier.publisher_id, later.publisher_id} - {None}
    if len(publishers) > 1:  # addresses of another publisher serve another chain
        which = "later" if chosen is later else "earlier"
        return chosen, f"its publisher is another: the {which} counts"
    addresses = tuple(dict.fromkeys(earlier.addresses + later.addresses))
    publisher_id = chosen.publisher_id or next(iter(publishers), None)
    return replace(chosen, publisher_id=publisher_id, addresses=addresses), "both are joined"


def _listed(entry: Any) -> tuple[ListedProvider, list[str]]:
    """Return a provider, and which fields of its entry were skipped because they are unreadable.

    Raises:
        InvalidSourceResponse: The entry has no id, or no readable start of its chain.
    """
    info = entry.get("AddrInfo") if isinstance(entry, dict) else None
    provider_id = info.get("ID") if isinstance(info, dict) else None
    provider_id, not_an_id = _peer_id(provider_id, "the provider's id")
    head = _link(entry.get("LastAdvertisement"), "LastAdvertisement")
    faults = [] if not_an_id is None else [f"its id {not_an_id}"]
    publisher = entry.get("Publisher")
    if not isinstance(publisher, dict | None):
        faults.append(f"its publisher is {_shown(publisher)}")
        publisher = None
    publisher_id, addresses = ((publisher or {}).get(name) for name in ("ID", "Addrs"))
    publisher_id = None if publisher_id == "" else publisher_id
    addresses = [] if addresses is None else addresses
    if publisher_id is not None and not _is_text(publisher_id):
        faults.append(f"its publisher's id is {_shown(publisher_id)}")
        publisher_id = None
    if publisher_id is not None:
        publisher_id, not_an_id = peer_id_or_text(publisher_id)
        faults += [] if not_an_id is None else [f"its publisher's id {not_an_id}"]
    if not isinstance(addresses, list):
        faults.append(f"its publisher's addresses are {_shown(addresses)}")
        addresses = []
    faults += [
        f"address {number} of its publisher is {_shown(address)}"
        for number, address in enumerate(addresses, 1)
        if not _is_text(address)
    ]
    return ListedProvider(
        provider_id,
        publisher_id,
        tuple(address for address in addresses if _is_text(address)),
        head,
    ), faults


def _peer_id(value: Any, what: str) -> tuple[str, str | None]:
    """Return a peer id in canonical form, or a text that may be an id with why it is not one.

    Raises:
        InvalidSourceResponse: The value cannot be an id.
    """
    found, fault = peer_id_or_text(value) if isinstance(value, str) else (value, "")
    if not isinstance(found, str) or not is_cid(found):
        raise InvalidSourceResponse(f"{what} is {_shown(value)}")
    return found, fault


def _is_text(value: object) -> bool:
    return isinstance(value, str) and is_plain(value)


def read_advertisement(body: bytes) -> Advertisement:
    """Read an advertisement.

    Raises:
        InvalidSourceResponse: Another kind of block, or a field of another type.
    """
    block = _block(body)
    provider, entries = block.get("Provider"), _link(block.get("Entries"), "Entries")
    if not isinstance(provider, str) or not provider or entries is None:
        raise InvalidSourceResponse(
            "the block is no advertisement: it names no provider or entries"
        )
    provider, _ = _peer_id(provider, "Provider")
    is_rm = block.get("IsRm", False)
    if type(is_rm) is not bool:
        raise InvalidSourceResponse(f"IsRm is {_shown(is_rm)}")
    return Advertisement(
        _link(block.get("PreviousID"), "PreviousID"),
        provider,
        _context(block.get("ContextID")),
        entries,
        is_rm,
    )


def read_entry_block(body: bytes) -> EntryBlock:
    """Read a block of entries.

    Raises:
        InvalidSourceResponse: Another kind of block.
    """
    block = _block(body)
    entries = block.get("Entries")
    if not isinstance(entries, list):
        raise InvalidSourceResponse("the block is no chunk of entries")
    return EntryBlock(len(entries), _link(block.get("Next"), "Next"))


def _block(body: bytes) -> dict[str, Any]:
    try:
        # A DAG-JSON map begins with a brace; no DAG-CBOR map does.
        document = parse_exact(body) if body[:1] == b"{" else libipld.decode_dag_cbor(body)
    except (ValueError, RecursionError) as error:
        raise InvalidSourceResponse(f"neither DAG-JSON nor DAG-CBOR ({error})") from None
    if not isinstance(document, dict):
        raise InvalidSourceResponse("the block is no map")
    return document


def _shown(value: Any) -> str:
    """Return a text in short, and of any other value only its type: it may be nested deeply."""
    return repr(value[:60]) if isinstance(value, str) else f"a {type(value).__name__}"


def _link(value: Any, name: str) -> str | None:
    """Return the CID of a link: DAG-JSON has its text, DAG-CBOR its bytes."""
    if value is None:
        return None
    cid = _cid_text(value) if isinstance(value, bytes) else _member(value)
    if cid == "":
        return None
    if not isinstance(cid, str) or not is_cid(cid):
        raise InvalidSourceResponse(f"{name} is no link: {_shown(cid or value)}")
    return cid


def _cid_text(value: bytes) -> str | None:
    try:
        return libipld.encode_cid(value)
    except ValueError:
        return None


def _member(value: Any, name: str = "/") -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _context(value: Any) -> str:
    """Return the id in base64 without padding, as DAG-JSON has it; DAG-CBOR has its bytes."""
    if isinstance(value, bytes):
        text: Any = base64.b64encode(value).decode().rstrip("=")
    else:
        text = _member(_member(value), "bytes")
    if not isinstance(text, str) or not is_plain(text) or len(text) > _CONTEXT_CHARACTERS:
        raise InvalidSourceResponse(f"ContextID is {_shown(text)}")
    return text
