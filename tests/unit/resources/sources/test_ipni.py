"""What is read of the indexer's list, of advertisements and of entries, in JSON and CBOR."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdp_assets.errors import InvalidSourceResponse
from resources.sources.ipni import (
    NO_ENTRIES,
    Advertisement,
    EntryBlock,
    read_advertisement,
    read_entry_block,
    read_providers,
)
from simulator.providers.ipni import dag_cbor
from simulator.providers.peers import peer_id

A, B, C, D, PUBLISHER = sorted(peer_id(n) for n in range(5))
CID = "baguqeeraqn3j4vkpcdydzl3wxqdcyhl6cmd6ujo6w3y5wqnvhzvaznclnlqq"
AD: dict[str, Any] = {
    "Provider": A,
    "ContextID": {"/": {"bytes": "Y29udGV4dA"}},
    "Entries": {"/": CID},
    "PreviousID": {"/": CID},
    "IsRm": True,
}


NOTHING = {"/": NO_ENTRIES}


def both(block: Any) -> tuple[bytes, bytes]:
    return json.dumps(block).encode(), dag_cbor(block)


def test_an_advertisement_is_the_same_in_json_and_cbor() -> None:
    expected = Advertisement(CID, A, "Y29udGV4dA", CID, True)
    assert [read_advertisement(body) for body in both(AD)] == [expected, expected]
    first = {name: AD[name] for name in AD if name not in ("PreviousID", "IsRm")}
    assert [(a.previous_cid, a.is_rm) for a in map(read_advertisement, both(first))] == [
        (None, False),
        (None, False),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"Provider": None},
        {"Provider": ""},
        {"Entries": None},
        {"Entries": "x"},
        {"IsRm": 1},
        {"Provider": "a\0bcdefgh"},
        {"Provider": "\ud800" * 8},
        {"Provider": "a" * 9_999},
        {"ContextID": {"/": {"bytes": "\ud800"}}},
        {"ContextID": {"/": {"bytes": "a\0"}}},
        {"ContextID": "x"},
        {"PreviousID": {"/": "../../admin"}},
        {"Entries": {"/": 5}},
    ],
)
def test_an_advertisement_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_advertisement(json.dumps(AD | changes).encode())


def test_entries_are_counted_by_block_in_json_and_cbor() -> None:
    entry = {"/": {"bytes": "EiAB"}}
    for size in (0, 1, 23, 24, 300):
        block = {"Entries": [entry] * size, "Next": {"/": CID}}
        assert [read_entry_block(b) for b in both(block)] == [EntryBlock(size, CID)] * 2
    assert read_entry_block(both({"Entries": [], "Next": None})[1]) == EntryBlock(0, None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"Entries": 5}', b"\xa1\x61"])
def test_a_block_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_entry_block(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(dag_cbor(AD)[:-1], id="broken off"),
        pytest.param(dag_cbor(AD) + b"\0", id="bytes behind the end"),
        pytest.param(b"\xa1\x67Entries\x9f\xff", id="a list of no stated length"),
        pytest.param(b"\xa1\x67Entries" + b"\x81" * 100_000 + b"\0", id="nested deeply"),
        pytest.param(b"\xa2\x67Entries\x80\x67Entries\x80", id="a key twice"),
        pytest.param(b"\xa1\x67Entries\x9b" + b"\xff" * 8, id="more elements than bytes"),
        pytest.param(b"\xa1\x61\xff\x80", id="a key that is no UTF-8"),
        pytest.param(b"\xa1\x01\x80", id="a key that is no text"),
    ],
)
def test_bytes_outside_dag_cbor_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidSourceResponse, match="neither DAG-JSON nor DAG-CBOR"):
        read_entry_block(body)


@pytest.mark.parametrize("name", ["Entries", "PreviousID"])
def test_bytes_that_are_no_cid_are_no_link(name: str) -> None:
    body = dag_cbor(AD | {name: {"/": {"bytes": "YWJj"}}})
    with pytest.raises(InvalidSourceResponse, match=f"{name} is no link"):
        read_advertisement(body)


def test_the_cid_of_no_entries_has_one_text_in_json_and_cbor() -> None:
    found = [read_advertisement(body).entries_cid for body in both(AD | {"Entries": NOTHING})]
    assert found == [NO_ENTRIES, NO_ENTRIES]


def test_the_list_names_unreadable_entries_and_keeps_the_others() -> None:
    entries: list[Any] = [
        {"AddrInfo": {"ID": B}, "LastAdvertisement": None, "Publisher": None},
        {
            "AddrInfo": {"ID": A},
            "LastAdvertisement": {"/": CID},
            "Publisher": {
                "ID": PUBLISHER,
                "Addrs": ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2/http"],
            },
        },
        {"AddrInfo": {}},
        None,
        {"AddrInfo": {"ID": C}, "LastAdvertisement": 5},
        *(
            {"AddrInfo": {"ID": D}, "Publisher": publisher}
            for publisher in (
                {"ID": "\0"},
                {"ID": 5},
                {"Addrs": "x"},
                {"Addrs": ["\ud800"]},
                {"Addrs": [{}]},
            )
        ),
    ]
    found, unreadable = read_providers(json.dumps(entries).encode())
    assert [(p.provider_id, p.base_urls, p.head_cid) for p in found] == [
        (A, ("http://1.2.3.4:2",), CID),
        (B, (), None),
        (D, (), None),
    ]
    assert unreadable == {
        "entry 2": "the provider's id is a NoneType",
        "entry 3": "the provider's id is a NoneType",
        "entry 4": "LastAdvertisement is no link: a int",
        D: "address 1 of its publisher is a dict",
    }
    with pytest.raises(InvalidSourceResponse, match="no list"):
        read_providers(b"{}")


def test_one_bad_address_costs_only_itself_and_addresses_come_in_order_each_once() -> None:
    served = "/ip4/1.2.3.4/tcp/2/http"
    addresses = [served, 5, "/ip4/1.2.3.4/tcp/1", "/dns/sp.example.org/tcp/3/http", served]
    entry = {
        "AddrInfo": {"ID": A},
        "Publisher": {"ID": A, "Addrs": addresses},
    }
    (found,), unreadable = read_providers(json.dumps([entry]).encode())
    assert found.base_urls == ("http://1.2.3.4:2", "http://sp.example.org:3")
    assert unreadable == {A: "address 2 of its publisher is a int"}


BAFZ = "bafzbeibhqavlasjc7dvbiopygwncnrtvjd2xmryk5laib7zyjor6kf3avm"
QM = "QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC"


def test_a_peer_id_is_the_same_in_every_form() -> None:
    assert read_advertisement(json.dumps(AD | {"Provider": BAFZ}).encode()).provider_id == QM
    entries = [
        {"AddrInfo": {"ID": one}, "Publisher": {"ID": one}, "LastAdvertisement": {"/": CID}}
        for one in (BAFZ, QM)
    ]
    (found,), unreadable = read_providers(json.dumps(entries).encode())
    assert (found.provider_id, found.publisher_id, unreadable) == (QM, QM, {})


def test_an_id_that_is_none_is_kept_and_named_and_other_forms_are_read() -> None:
    entries = [
        {"AddrInfo": {"ID": f" /p2p/{BAFZ} "}, "Publisher": {"ID": "nobody at all"}},
        {"AddrInfo": {"ID": "12D3KooWNobody"}, "Publisher": "text"},
        {"AddrInfo": {"ID": A}, "Publisher": {"ID": 0, "Addrs": ""}},
    ]
    found, unreadable = read_providers(json.dumps(entries).encode())
    assert {one.provider_id for one in found} == {QM, "12D3KooWNobody", A}
    assert {name: reason.split(" (")[0] for name, reason in unreadable.items()} == {
        QM: "its publisher's id 'nobody at all' is no peer id",
        "12D3KooWNobody": "its id '12D3KooWNobody' is no peer id",
        A: "its publisher's id is a int; its publisher's addresses are ''",
    }
    assert unreadable["12D3KooWNobody"].endswith("; its publisher is 'text'")


PRIVATE, PUBLIC = "/ip4/10.0.0.4/tcp/80/http", "/dns4/sp.example.org/tcp/80/http"
OTHER = CID[:-1] + "a"


@pytest.mark.parametrize(
    ("entries", "expected", "reason"),
    [
        ([(None, QM, [PRIVATE]), (CID, QM, [PUBLIC])], (CID, QM, (PRIVATE, PUBLIC)), "joined"),
        ([(CID, QM, [PUBLIC]), (None, BAFZ, [PRIVATE])], (CID, QM, (PUBLIC, PRIVATE)), "joined"),
        ([(None, "", [PRIVATE]), (CID, QM, [PUBLIC])], (CID, QM, (PRIVATE, PUBLIC)), "joined"),
        (
            [(CID, QM, [PUBLIC]), (CID, QM, [PRIVATE, PUBLIC])],
            (CID, QM, (PUBLIC, PRIVATE)),
            "joined",
        ),
        (
            [(None, PUBLISHER, [PRIVATE]), (CID, QM, [PUBLIC])],
            (CID, QM, (PUBLIC,)),
            "the later counts",
        ),
        (
            [(CID, QM, [PUBLIC]), (OTHER, QM, [PRIVATE])],
            (CID, QM, (PUBLIC,)),
            f"{OTHER} is another: not crawled",
        ),
    ],
)
def test_of_two_entries_of_one_provider_the_newest_advertisement_and_all_addresses_count(
    entries: list[tuple[str | None, str, list[str]]], expected: tuple[Any, ...], reason: str
) -> None:
    document = [
        {
            "AddrInfo": {"ID": one},
            "LastAdvertisement": head and {"/": head},
            "Publisher": {"ID": publisher, "Addrs": addresses},
        }
        for one, (head, publisher, addresses) in zip((BAFZ, QM), entries, strict=True)
    ]
    (found,), unreadable = read_providers(json.dumps(document).encode())
    assert (found.head_cid, found.publisher_id, found.addresses) == expected
    assert list(unreadable) == ["entry 1"]
    assert unreadable["entry 1"].startswith(f"an earlier entry has the same id {QM}; ")
    assert reason in unreadable["entry 1"]
