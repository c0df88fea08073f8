"""What is read of the indexer's list, of advertisements and of entries, in JSON and CBOR."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdp_assets.errors import BadSourceAnswer
from resources.dag_cbor import NotDagCbor, decode_dag_cbor
from resources.ipni import (
    Advertisement,
    EntryBlock,
    read_advertisement,
    read_entry_block,
    read_providers,
)
from simulator.dag_cbor import encode_dag_cbor

CID = "baguqeeraqn3j4vkpcdydzl3wxqdcyhl6cmd6ujo6w3y5wqnvhzvaznclnlqq"
AD: dict[str, Any] = {
    "Provider": "12D3KooWA",
    "ContextID": {"/": {"bytes": "Y29udGV4dA"}},
    "Entries": {"/": CID},
    "PreviousID": {"/": CID},
    "IsRm": True,
}


def both(block: Any) -> tuple[bytes, bytes]:
    return json.dumps(block).encode(), encode_dag_cbor(block)


def test_an_advertisement_is_the_same_in_json_and_cbor() -> None:
    expected = Advertisement(CID, "12D3KooWA", "Y29udGV4dA", CID, True)
    assert [read_advertisement(body) for body in both(AD)] == [expected, expected]
    first = {name: AD[name] for name in AD if name not in ("PreviousID", "IsRm")}
    assert [(a.previous_cid, a.is_rm) for a in map(read_advertisement, both(first))] == [
        (None, False),
        (None, False),
    ]


@pytest.mark.parametrize(
    "changes",
    [{"Provider": None}, {"Provider": ""}, {"Entries": None}, {"Entries": "x"}, {"IsRm": 1},
     {"Provider": "a\0bcdefgh"}, {"Provider": "\ud800" * 8}, {"Provider": "a" * 9_999},
     {"ContextID": {"/": {"bytes": "\ud800"}}}, {"ContextID": {"/": {"bytes": "a\0"}}},
     {"ContextID": "x"}, {"PreviousID": {"/": "../../admin"}}, {"Entries": {"/": 5}}],
)  # fmt: skip
def test_an_advertisement_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadSourceAnswer):
        read_advertisement(json.dumps(AD | changes).encode())


def test_entries_are_counted_by_block_in_json_and_cbor() -> None:
    entry = {"/": {"bytes": "EiAB"}}
    for size in (0, 1, 23, 24, 300):
        block = {"Entries": [entry] * size, "Next": {"/": CID}}
        assert [read_entry_block(b) for b in both(block)] == [EntryBlock(size, CID)] * 2
    assert read_entry_block(both({"Entries": [], "Next": None})[1]) == EntryBlock(0, None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"Entries": 5}', b"\xa1\x61"])
def test_a_block_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadSourceAnswer):
        read_entry_block(body)


# RFC 8949 appendix A, the part that DAG-CBOR allows.
CBOR = {
    "00": 0, "17": 23, "1818": 24, "1903e8": 1000, "1a000f4240": 1000000, "20": -1, "3863": -100,
    "fb3ff199999999999a": 1.1, "f4": False, "f5": True, "f6": None,
    "4401020304": {"/": {"bytes": "AQIDBA"}}, "6449455446": "IETF", "83010203": [1, 2, 3],
    "a26161016162820203": {"a": 1, "b": [2, 3]},
}  # fmt: skip


@pytest.mark.parametrize("text", CBOR)
def test_cbor_is_read_as_its_standard_shows(text: str) -> None:
    assert decode_dag_cbor(bytes.fromhex(text)) == CBOR[text]


@pytest.mark.parametrize(
    "text",
    ["", "18", "0000", "9f01ff", "f97e00", "c074323031", "82" * 60 + "00", "a10102",
     "a2616101616102", "61ff", "d82a4101", "5bffffffffffffffff", "9bffffffffffffffff"],
)  # fmt: skip
def test_cbor_outside_the_subset_is_refused(text: str) -> None:
    with pytest.raises(NotDagCbor):
        decode_dag_cbor(bytes.fromhex(text))


def test_the_list_names_unreadable_entries_and_keeps_the_others() -> None:
    entries: list[Any] = [
        {"AddrInfo": {"ID": "12D3KooWB1"}, "LastAdvertisement": None, "Publisher": None},
        {
            "AddrInfo": {"ID": "12D3KooWA1"}, "LastAdvertisement": {"/": CID},
            "Publisher": {"ID": "p", "Addrs": ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2/http"]},
        },
        {"AddrInfo": {}}, None, {"AddrInfo": {"ID": "12D3KooWC1"}, "LastAdvertisement": 5},
        *(
            {"AddrInfo": {"ID": "12D3KooWD1"}, "Publisher": publisher}
            for publisher in ({"ID": "\0"}, {"ID": 5}, {"Addrs": ["\ud800"]}, {"Addrs": [{}]})
        ),
    ]  # fmt: skip
    found, unreadable = read_providers(json.dumps(entries).encode())
    assert [(p.provider_id, p.base_url, p.head_cid) for p in found] == [
        ("12D3KooWA1", "http://1.2.3.4:2", CID),
        ("12D3KooWB1", None, None),
    ]
    assert sorted(unreadable) == [f"entry {place}" for place in range(2, 9)]
    with pytest.raises(BadSourceAnswer, match="no list"):
        read_providers(b"{}")
