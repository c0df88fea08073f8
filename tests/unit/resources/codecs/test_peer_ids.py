"""Peer ids: equal multihash, equal text, whatever form a source writes (libp2p, peer-ids)."""

from __future__ import annotations

import base64

import libipld
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.codecs.multiaddr import base58_text
from resources.codecs.peer_ids import NotPeerId, canonical_peer_id, peer_id_or_text

RSA = "QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC"
ED25519 = "12D3KooWHKeaNCnYByQUMS2n5PAZ1KZ9xKXqsb4bhpxVJ6bBJg5V"


def decode_base58(text: str) -> bytes:
    return libipld.decode_multibase(f"z{text}")[1]


def base36(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 36)
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + text
    return text


def as_cid(multihash: bytes) -> dict[str, str]:
    """The CIDs of a key, by the letter of their base."""
    data = b"\x01\x72" + multihash
    base32 = base64.b32encode(data).decode().rstrip("=")
    return {
        "b": f"b{base32.lower()}",
        "B": f"B{base32}",
        "k": f"k{base36(data)}",
        "K": f"K{base36(data).upper()}",
        "z": f"z{base58_text(data)}",
        "f": f"f{data.hex()}",
        "F": f"F{data.hex().upper()}",
    }


def test_the_two_forms_of_one_id_are_one_text() -> None:
    written = "bafzbeibhqavlasjc7dvbiopygwncnrtvjd2xmryk5laib7zyjor6kf3avm"
    assert canonical_peer_id(written) == canonical_peer_id(RSA) == RSA


@pytest.mark.parametrize("base", "bBkKzfF")
@pytest.mark.parametrize("text", [RSA, ED25519])
def test_every_base_of_a_cid_is_read(text: str, base: str) -> None:
    written = as_cid(decode_base58(text))[base]
    assert written != text
    assert canonical_peer_id(written) == text


def test_the_identity_hash_of_an_ed25519_key_has_the_form_of_the_network() -> None:
    key = bytes.fromhex("2408011220") + bytes(31) + b"\x0a"
    cid = as_cid(b"\0" + key)["b"]
    assert cid.startswith("bafzaajai")
    assert canonical_peer_id(cid).startswith("12D3KooW")
    assert canonical_peer_id(canonical_peer_id(cid)) == canonical_peer_id(cid)


@given(st.binary(min_size=1, max_size=64), st.sampled_from("bBkKzfF"))
def test_any_multihash_comes_back_from_any_base(digest: bytes, base: str) -> None:
    multihash = b"\x12" + bytes([len(digest)]) + digest
    cid = as_cid(multihash)[base]
    assert canonical_peer_id(cid) == base58_text(multihash)


@given(st.text(max_size=250))
def test_no_text_becomes_the_id_of_somebody_else(text: str) -> None:
    once, fault = peer_id_or_text(text)
    assert peer_id_or_text(once) == (once, fault)
    assert (fault is None) or once == text


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize("text", [RSA, ED25519])
def test_base64_bare_multihashes_spaces_and_prefixes_are_forms_of_an_id(text: str) -> None:
    multihash = decode_base58(text)
    cid = b"\x01\x72" + multihash
    url = in_base64(cid).replace("+", "-").replace("/", "_")
    padded = base64.b64encode(multihash).decode()
    forms = [
        f"m{in_base64(cid)}",
        f"u{url}",
        f"U{url}=",
        f"m{in_base64(multihash)}",
        f"z{text}",
        f"f{multihash.hex()}",
        padded,
        in_base64(multihash),
        f"  {text}\n",
        f"/p2p/{text}",
        f" /ipfs/{text} ",
        f"/p2p/{as_cid(multihash)['b']}",
    ]
    assert [canonical_peer_id(form) for form in forms] == [text] * len(forms)


@pytest.mark.parametrize(
    "text",
    ["", "12D3KooWOne", "Qm", "1", "11", RSA[:-1], "b", "bafz", "f0 1", "k1_0", "zO0", "not a peer",
     "bafybeibhqavlasjc7dvbiopygwncnrtvjd2xmryk5laib7zyjor6kf3avm", "1" * 100_000, " ", "/p2p/",
     f"/ip4/1.2.3.4/tcp/1/p2p/{RSA}", f"{RSA} {RSA}", f"{RSA}=", "EiAp", "AAAA", "=", "m", "u-",
     # the last letter holds bits behind the last byte
     "bafzbeibhqavlasjc7dvbiopygwncnrtvjd2xmryk5laib7zyjor6kf3avn"],
)  # fmt: skip
def test_a_text_that_is_no_peer_id_stays_what_it_is_and_says_so(text: str) -> None:
    found, fault = peer_id_or_text(text)
    assert found == text
    assert fault is not None
    assert fault.startswith(f"{text[:60]!r} is no peer id (")
    with pytest.raises(NotPeerId):
        canonical_peer_id(text)
