"""The two contract calls and their answers."""

from __future__ import annotations

import pytest

from cdp_assets.errors import InvalidSourceResponse
from resources.codecs.addresses import BadAddress
from resources.sources.evm_call import (
    client_config_call,
    peer_data_call,
    read_max_deviation,
    read_peer_id,
)

ETHEREUM = "0xd388ab098ed3e84c0d808776440b48f685198498"


def word(number: int) -> str:
    return f"{number:064x}"


@pytest.mark.parametrize("address", ["1000", "f1abc", "f0", "f0-1", f"f0{2**63}", "f01000 "])
def test_what_is_no_id_is_not_asked_for(address: str) -> None:
    with pytest.raises(BadAddress):
        peer_data_call(address)


def test_calls_hold_selector_and_one_word() -> None:
    assert peer_data_call("f01000") == {
        "to": "0x14183aD016Ddc83D638425D6328009aa390339Ce",
        "data": "0x3e2eac07" + word(1000),
    }
    assert client_config_call(ETHEREUM, "f01000") == {
        "to": ETHEREUM,
        "data": "0x1f558748" + "00" * 12 + "ff" + "00" * 17 + "03e8",
    }


def test_a_peer_id_is_read_from_its_tuple_and_an_empty_one_is_none() -> None:
    text = b"12D3KooWA".hex()
    filled = "0x" + word(32) + word(64) + word(128) + word(9) + text.ljust(64, "0") + word(0)
    empty = "0x" + word(32) + word(64) + word(96) + word(0) + word(0)
    reason = "'12D3KooWA' is no peer id (it is no multihash of a key)"
    assert read_peer_id(filled) == ("12D3KooWA", reason)
    assert read_peer_id(empty) == (None, None)


@pytest.mark.parametrize(
    "result",
    [
        "0x",
        None,
        5,
        "0xzz",
        "0x" + word(32),
        "0x" + word(2**200),
        "0x" + word(32) + word(64) + word(96) + word(40) + "00" * 32,
        "0x" + word(32) + word(64) + word(96) + word(2) + "ff" * 32,
    ],
)
def test_an_answer_that_is_no_such_tuple_is_refused(result: object) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_peer_id(result)


def test_a_deviation_is_a_number_of_hundredths() -> None:
    assert read_max_deviation("0x" + word(1250) + word(1)) == 1250
    with pytest.raises(InvalidSourceResponse):
        read_max_deviation("0x12")
