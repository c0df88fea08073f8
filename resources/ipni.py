"""Clients of the network indexer and of the publishers that it lists (compliance §2.2).

Belongs here: the calls and the reading of providers, advertisements and entry blocks, as DAG-JSON
or DAG-CBOR. Does not: which chain is walked how far (``cdp_assets.filplus.ipni_walk``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import BadSourceAnswer, CdpError
from resources.answer_judges import DoubtfulAnswer, judge_by
from resources.dag_cbor import NotDagCbor, decode_dag_cbor
from resources.exact_json import NotJson, parse_exact
from resources.http_client import Call, HttpClient, Outcome
from resources.multiaddr import publisher_base_url
from resources.plain_text import is_plain

LIST_SECONDS = 30.0  # the whole list is one answer
READ_SECONDS = 5.0  # compliance §2.2
NO_ENTRIES = "bafkreehdwdcefgh4dqkjv67uzcmw7oje"  # compliance §2.2: counts 0
_CID = re.compile(r"[A-Za-z0-9]{8,200}")
GONE = frozenset({404, 410})
_CONTEXT_CHARACTERS = 2_000  # a ContextID has 64 bytes at most (IPNI specification)


@dataclass(frozen=True, slots=True)
class ListedProvider:
    """One provider of the indexer's list.

    Attributes:
        provider_id: Peer id of the provider.
        publisher_id: Peer id of who publishes for it; null: nobody.
        addresses: Multiaddrs of the publisher.
        head_cid: Its newest advertisement; null: it never advertised.
    """

    provider_id: str
    publisher_id: str | None
    addresses: tuple[str, ...]
    head_cid: str | None

    @property
    def base_url(self) -> str | None:
        """Where the publisher is asked: its first address that speaks HTTP."""
        return next((url for a in self.addresses if (url := publisher_base_url(a))), None)


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One advertisement; ``previous_cid`` null: the first of its chain."""

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

    def providers(self) -> Outcome:
        """Ask for the whole list; read it with :func:`read_providers`."""
        return self.http.ask(Call(name="providers", path="/providers"), judge_by(read_providers))


class Publisher:
    """Client of one publisher. 404 and 410 are answers; :meth:`serves` tells what they mean."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def advertisement(self, cid: str) -> Outcome:
        """Ask for an advertisement; read it with :func:`read_advertisement` unless it is gone."""
        return self._ask(f"ad:{cid}", cid, read_advertisement)

    def entry_block(self, cid: str) -> Outcome:
        """Ask for a block of entries; read it with :func:`read_entry_block` unless it is gone."""
        return self._ask(f"entries:{cid}", cid, read_entry_block)

    def serves(self) -> bool:
        """Tell whether the publisher has the endpoint at all: its newest advertisement is there.

        Raises:
            CdpError: It does not answer this question either.
        """
        return self._ask("head", "head", lambda _: None).usable().http_status not in GONE

    def _ask(self, name: str, cid: str, read: Callable[[bytes], object]) -> Outcome:
        def judge(status: int, body: bytes) -> CdpError | None:
            if status in GONE:
                return None
            try:
                read(body)
            except BadSourceAnswer as error:
                return DoubtfulAnswer(error.message)
            return None

        return self.http.ask(Call(name=name, path=f"/ipni/v1/ad/{cid}", accepted=GONE), judge)


def is_cid(text: str) -> bool:
    """Tell whether a text can be a CID; anything else never becomes part of an address."""
    return _CID.fullmatch(text) is not None


def read_providers(body: bytes) -> tuple[list[ListedProvider], dict[str, str]]:
    """Read the indexer's list, by provider id; entries that cannot be read come with a reason.

    Raises:
        BadSourceAnswer: No list.
    """
    try:
        document = parse_exact(body)
    except NotJson as error:
        raise BadSourceAnswer(f"malformed JSON ({error})") from None
    if not isinstance(document, list):
        raise BadSourceAnswer("the answer is no list of providers")
    found: dict[str, ListedProvider] = {}
    unreadable: dict[str, str] = {}
    for place, entry in enumerate(document):
        try:
            listed = _listed(entry)
            found.setdefault(listed.provider_id, listed)
        except BadSourceAnswer as error:
            unreadable[f"entry {place}"] = error.message
    return [found[name] for name in sorted(found)], unreadable


def _listed(entry: Any) -> ListedProvider:
    info = entry.get("AddrInfo") if isinstance(entry, dict) else None
    provider_id = info.get("ID") if isinstance(info, dict) else None
    if not isinstance(provider_id, str) or not is_cid(provider_id):
        raise BadSourceAnswer(f"the provider's id is {_shown(provider_id)}")
    publisher = entry.get("Publisher")
    publisher = publisher if isinstance(publisher, dict) else {}
    publisher_id, addresses = publisher.get("ID") or None, publisher.get("Addrs")
    texts = addresses if isinstance(addresses, list) else []
    if not all(isinstance(one, str) and is_plain(one) for one in (publisher_id or "", *texts)):
        raise BadSourceAnswer("its publisher's id or an address is no text that can be stored")
    head = _link(entry.get("LastAdvertisement"), "LastAdvertisement")
    return ListedProvider(provider_id, publisher_id, tuple(texts), head)


def read_advertisement(body: bytes) -> Advertisement:
    """Read an advertisement.

    Raises:
        BadSourceAnswer: Another kind of block, or a field of another type.
    """
    block = _block(body)
    provider, entries = block.get("Provider"), _link(block.get("Entries"), "Entries")
    if not isinstance(provider, str) or not provider or entries is None:
        raise BadSourceAnswer("the block is no advertisement: it names no provider or entries")
    if not is_cid(provider):
        raise BadSourceAnswer(f"Provider is {_shown(provider)}")
    is_rm = block.get("IsRm", False)
    if type(is_rm) is not bool:
        raise BadSourceAnswer(f"IsRm is {_shown(is_rm)}")
    return Advertisement(
        _link(block.get("PreviousID"), "PreviousID"), provider, _context(block.get("ContextID")),
        entries, is_rm,
    )  # fmt: skip


def read_entry_block(body: bytes) -> EntryBlock:
    """Read a block of entries.

    Raises:
        BadSourceAnswer: Another kind of block.
    """
    block = _block(body)
    entries = block.get("Entries")
    if not isinstance(entries, list):
        raise BadSourceAnswer("the block is no chunk of entries")
    return EntryBlock(len(entries), _link(block.get("Next"), "Next"))


def _block(body: bytes) -> dict[str, Any]:
    try:
        # A DAG-JSON map begins with a brace; no DAG-CBOR map does.
        document = parse_exact(body) if body[:1] == b"{" else decode_dag_cbor(body)
    except (NotJson, NotDagCbor) as error:
        raise BadSourceAnswer(f"neither DAG-JSON nor DAG-CBOR ({error})") from None
    if not isinstance(document, dict):
        raise BadSourceAnswer("the block is no map")
    return document


def _shown(value: Any) -> str:
    """Return a text in short, and of anything else its kind alone: it may be nested deeply."""
    return repr(value[:60]) if isinstance(value, str) else f"a {type(value).__name__}"


def _link(value: Any, name: str) -> str | None:
    if value is None:
        return None
    cid = value.get("/") if isinstance(value, dict) else None
    if cid == "":
        return None
    if not isinstance(cid, str) or not is_cid(cid):
        raise BadSourceAnswer(f"{name} is no link: {_shown(cid or value)}")
    return cid


def _context(value: Any) -> str:
    inner = value.get("/") if isinstance(value, dict) else None
    text = inner.get("bytes") if isinstance(inner, dict) else None
    if not isinstance(text, str) or not is_plain(text) or len(text) > _CONTEXT_CHARACTERS:
        raise BadSourceAnswer(f"ContextID is {_shown(text)}")
    return text
