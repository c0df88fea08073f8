"""Peer ids of libp2p: one text form for each, whatever form a source writes.

A peer id is a multihash. It is written in base58 alone (``Qm…``, ``12D3Koo…``), or in a base that
its first letter names (multibase), bare or as a CID of version 1 and codec ``libp2p-key``
(``bafz…``, ``k51…``, ``z…``); some write its bytes in base64 (``EiD…``, ``ACQ…``). All are one id
(libp2p specification, peer-ids). Scope: that one form; not here: which provider has which id.
"""

from __future__ import annotations

import libipld

from resources.codecs.multiaddr import base58_text, read_varint

_CID_VERSION = 1
_LIBP2P_KEY = 0x72  # multicodec table
_KEY_HASHES = (0x12, 0x00)  # SHA-256 of a large key, the key itself when it is small
_LONGEST = 200  # characters; an id of an RSA key has 46, a CID of it in base 16 73
_PREFIXES = ("/p2p/", "/ipfs/")  # of an id as the part of an address, today and before 2019


class NotPeerId(ValueError):
    """The text is no peer id in any form."""


def canonical_peer_id(text: str) -> str:
    """Return a peer id in base58, the form that most sources write.

    Raises:
        NotPeerId: The text is none in any form.
    """
    try:
        return base58_text(_multihash(_bare(text)))
    except NotPeerId:
        raise
    except ValueError as error:
        raise NotPeerId(str(error)) from None


def peer_id_or_text(text: str) -> tuple[str, str | None]:
    """Return a peer id in base58 and null; of any other text itself, and why it is none.

    Such a text is returned unchanged: it never becomes another provider's id.
    """
    try:
        return canonical_peer_id(text), None
    except NotPeerId as error:
        return text, f"{text[:60]!r} is no peer id ({error})"


def _bare(text: str) -> str:
    bare = text.strip()
    for prefix in _PREFIXES:
        bare = bare.removeprefix(prefix)
    return bare


def _multihash(text: str) -> bytes:
    """Return the multihash of a peer id.

    Raises:
        ValueError: No peer id.
    """
    if len(text) > _LONGEST:
        raise NotPeerId("it is too long")
    if not text.isascii() or not text.translate(_SIGNS).isalnum():
        raise NotPeerId("it is empty or has a character of no base")
    if text.startswith(("1", "Qm")):
        return _checked_multihash(_decoded(f"z{text}"))
    if text.startswith(("E", "A")):  # what the bytes of both hashes begin with in base64
        return _checked_multihash(_decoded(f"m{text}"))
    if text[0] not in _BASES:
        raise NotPeerId("it is in no base that is known")
    return _of_key(_decoded(text))


_SIGNS = str.maketrans("", "", "+/-_=")  # of base64; every other base has letters and digits alone
_BASES = frozenset("bBcCkKzfFmMuU")  # multibase: 32, 36, 58, 16 and 64
_UNPADDED = {"b": "b", "B": "B", "c": "b", "C": "B"} | dict.fromkeys("mMuU", "m")
_STANDARD_BASE64 = str.maketrans("-_", "+/")


def _decoded(text: str) -> bytes:
    """Return the bytes behind the letter of a base; base 32 and 64 may be padded or not."""
    if (base := _UNPADDED.get(text[0])) is not None:
        bare = text[1:].rstrip("=")
        text = base + (bare.translate(_STANDARD_BASE64) if base == "m" else bare)
    return libipld.decode_multibase(text)[1]


def _of_key(data: bytes) -> bytes:
    version, at = read_varint(data, 0)
    if version in _KEY_HASHES:
        return _checked_multihash(data)
    codec, at = read_varint(data, at)
    if (version, codec) != (_CID_VERSION, _LIBP2P_KEY):
        raise NotPeerId("it is no CID of a key")
    return _checked_multihash(data[at:])


def _checked_multihash(data: bytes) -> bytes:
    code, at = read_varint(data, 0)
    size, at = read_varint(data, at)
    if code not in _KEY_HASHES or size == 0 or at + size != len(data):
        raise NotPeerId("it is no multihash of a key")
    return data
