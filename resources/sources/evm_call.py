"""Calls of two Filecoin contracts and reading their results (compliance §2.2).

Scope: the ABI subset that they need; not here: sending (``resources.sources.lotus_rpc``).
"""

from __future__ import annotations

from cdp_assets.errors import InvalidSourceResponse
from resources.codecs.addresses import actor_number, to_ethereum
from resources.codecs.peer_ids import peer_id_or_text
from resources.codecs.text_sanitizing import is_plain

PEER_DATA_CONTRACT = "0x14183aD016Ddc83D638425D6328009aa390339Ce"  # compliance §2.2
_GET_PEER_DATA = "3e2eac07"  # keccak256("getPeerData(uint64)")[:4]
_CLIENT_CONFIGS = "1f558748"  # keccak256("clientConfigs(address)")[:4]
_WORD = 32
_LONGEST_PEER_ID = 200
_LARGEST_DEVIATION = 2**63 - 1


def peer_data_call(provider: str) -> dict[str, str]:
    """Return the call for a provider's peer id; the provider is an f0 id."""
    word = actor_number(provider).to_bytes(_WORD, "big").hex()
    return {"to": PEER_DATA_CONTRACT, "data": f"0x{_GET_PEER_DATA}{word}"}


def client_config_call(contract: str, client: str) -> dict[str, str]:
    """Return the call of a client contract (0x) for the limits of a client (f0 id)."""
    word = bytes.fromhex(to_ethereum(f"f0{actor_number(client)}")[2:]).rjust(_WORD, b"\0").hex()
    return {"to": contract, "data": f"0x{_CLIENT_CONFIGS}{word}"}


def read_peer_id(result: object) -> tuple[str | None, str | None]:
    """Return the peer id in a result of :func:`peer_data_call`, and why it is not one.

    It is canonical, or the contract's own text; null when none is set.

    The result is the tuple (string peerID, bytes signedMessage).

    Raises:
        InvalidSourceResponse: No such tuple.
    """
    data = _bytes_of(result)
    tuple_at = _offset(data, 0)
    text_at = tuple_at + _offset(data, tuple_at)
    size = _offset(data, text_at)
    start = text_at + _WORD
    if size > _LONGEST_PEER_ID or start + size > len(data):
        raise InvalidSourceResponse("the contract's result is broken off")
    peer_id = data[start : start + size]
    if not peer_id.isascii() or not is_plain(peer_id.decode("ascii")):
        raise InvalidSourceResponse("the contract's peer id is no text")
    text = peer_id.decode("ascii").strip()
    return peer_id_or_text(text) if text else (None, None)


def read_max_deviation(result: object) -> int:
    """Return the first number in a result of :func:`client_config_call`: hundredths of percent.

    Raises:
        InvalidSourceResponse: Less than one word, or no number that a column of 64 bits holds.
    """
    data = _bytes_of(result)
    if len(data) < _WORD:
        raise InvalidSourceResponse("the contract's result is broken off")
    deviation = int.from_bytes(data[:_WORD], "big")
    if deviation > _LARGEST_DEVIATION:
        raise InvalidSourceResponse(f"the contract's deviation is {deviation}")
    return deviation


def _bytes_of(result: object) -> bytes:
    if not isinstance(result, str) or not result.startswith("0x"):
        raise InvalidSourceResponse(f"the contract's result is {str(result)[:40]!r}")
    try:
        return bytes.fromhex(result[2:])
    except ValueError:
        raise InvalidSourceResponse("the contract's result is no hexadecimal text") from None


def _offset(data: bytes, at: int) -> int:
    word = data[at : at + _WORD]
    if len(word) < _WORD or any(word[:-4]):
        raise InvalidSourceResponse("the contract's result is broken off")
    return int.from_bytes(word, "big")
