"""Addresses: vectors of the protocol's implementations, and properties of the conversion."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path

import pytest

from resources.codecs.addresses import (
    Address,
    BadAddress,
    actor_id_of,
    from_ethereum,
    is_address,
    one_form,
    one_form_or_text,
    read_address,
    to_ethereum,
)
from simulator.dmob.addresses import delegated_address, ethereum_address, robust_address

# Vectors of the protocol's address library (go-address, address_test.go).
SECP = "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy"
ACTOR = "f24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as6i"
BLS = "f3vvmn62lofvhjd2ugzca6sof2j2ubwok6cj4xxbfzz4yuxfkgobpihhd2thlanmsh3w2ptld2gqkn2jvlss4a"


@pytest.mark.parametrize(
    "text", [SECP, ACTOR, BLS, "f00", "f01", "f0121877", "f09223372036854775807"]
)
def test_an_address_of_the_protocol_is_read_and_written_back(text: str) -> None:
    assert str(read_address(text)) == text
    assert str(read_address("t" + text[1:])) == text


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("f00003220716", "f03220716"),
        ("t0000", "f00"),
        (f"f0{'7'.zfill(19)}", "f07"),
        ("0xff00000000000000000000000000000000001388", "f05000"),
        (f"t{SECP[1:]}", SECP),
        (
            "0xD388ab098ed3e84c0d808776440b48f685198498",
            "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy",
        ),
    ],
)
def test_every_form_of_an_address_has_one_form(text: str, form: str) -> None:
    """Zeros before an id are dropped as by the node's own library, of up to 19 digits."""
    assert one_form(text) == one_form(form) == one_form_or_text(text) == form
    assert actor_id_of(text) == (form if form.startswith("f0") else None)


@pytest.mark.parametrize("text", ["", "76", "F01", "f0", f"f0{'7'.zfill(20)}", f"{SECP}a", "0x1"])
def test_a_text_that_is_no_address_has_no_other_form(text: str) -> None:
    assert (one_form_or_text(text), actor_id_of(text)) == (text, None)


@pytest.mark.parametrize(
    ("ethereum", "filecoin"),
    [
        pytest.param(
            "0xd388ab098ed3e84c0d808776440b48f685198498",
            "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy",
            id="the page of the FEVM",
        ),
        pytest.param(
            "0x386f08f6E8E4647B871415EBFB858b1e377d9ab2",
            None,
            id="a real one in mixed case",
        ),
        pytest.param(
            "0xff00000000000000000000000000000000000001",
            "f01",
            id="a masked id",
        ),
        pytest.param(
            "0xff00000000000000000000000000000000001388",
            "f05000",
            id="another masked id",
        ),
    ],
)
def test_both_forms_of_an_account_lead_to_each_other(ethereum: str, filecoin: str | None) -> None:
    assert to_ethereum(from_ethereum(ethereum)) == ethereum.lower()
    assert filecoin is None or from_ethereum(ethereum) == filecoin


def test_any_ethereum_address_survives_the_way_there_and_back() -> None:
    rng = random.Random(5)
    for _ in range(500):
        ethereum = ethereum_address(rng)
        filecoin = from_ethereum(ethereum)
        assert to_ethereum(filecoin) == ethereum == to_ethereum(filecoin.replace("f", "t", 1))
        assert filecoin == delegated_address(ethereum)
        assert from_ethereum(ethereum.upper().replace("0X", "0x")) == filecoin


def test_any_id_survives_the_way_there_and_back() -> None:
    rng = random.Random(6)
    for _ in range(200):
        actor = f"f0{rng.getrandbits(rng.randint(1, 63))}"
        assert from_ethereum(to_ethereum(actor)) == actor


def test_every_change_of_one_letter_is_noticed() -> None:
    rng = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    for text in (SECP, ACTOR, BLS, delegated_address(ethereum_address(rng))):
        start = 5 if text.startswith("f4") else 2
        for place in range(start, len(text)):
            changed = rng.choice([one for one in letters if one != text[place]])
            assert not is_address(text[:place] + changed + text[place + 1 :]), place


def test_simulated_addresses_are_addresses() -> None:
    rng = random.Random(8)
    for protocol in (1, 2):
        assert read_address(robust_address(rng, protocol)).protocol == protocol


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no Filecoin address"),
        ("0x00", "no Filecoin address"),
        ("f5abc", "no Filecoin"),
        ("f", "no Filecoin address"),
        ("F01", "no Filecoin address"),
        ("f0", "no Filecoin address"),
        (f"f0{'1'.zfill(20)}", "no actor id"),
        ("f0x", "no actor id"),
        ("f09223372036854775808", "no actor id"),
        (SECP.upper().replace("F1", "f1"), "no Filecoin address"),
        (SECP[:-1], "base 32"),
        (SECP + "a", "wrong length"),
        ("f1aaaaaaaa", "wrong length"),
        ("f11", "base 32"),
        ("f410", "no delegated"),
        ("f410f", "base 32"),
        ("f4f" + SECP[2:], "no delegated"),
        ("f2" + SECP[2:], "wrong checksum"),
        (f" {SECP}", "no Filecoin address"),
    ],
)
def test_what_is_no_address_says_why(text: str, words: str) -> None:
    with pytest.raises(BadAddress, match=words):
        read_address(text)


@pytest.mark.parametrize(
    "text", [SECP, ACTOR, BLS, str(Address(4, b"x" * 20, 32)), str(Address(4, b"x", 10))]
)
def test_a_key_or_another_namespace_has_no_ethereum_form(text: str) -> None:
    with pytest.raises(BadAddress, match="no Ethereum form"):
        to_ethereum(text)


@pytest.mark.parametrize("text", ["", "0x", "0x" + "0" * 39, "0x" + "g" * 40, "d" * 40, SECP])
def test_what_is_no_ethereum_address_says_so(text: str) -> None:
    with pytest.raises(BadAddress, match="no Ethereum address"):
        from_ethereum(text)


def test_real_allocators_with_both_forms_agree(shared_data: Path) -> None:
    """An allocator's f410 address and its Ethereum address are one account in the real source."""
    path = shared_data / "filecoin/dmob/verifier_2026-03-01.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [(row["address"], row["addressEth"]) for row in csv.DictReader(lines)]
    assert [address for address, _ in rows if not is_address(address)] == []
    both = [(a, eth) for a, eth in rows if a.startswith("f410f") and eth]
    assert len(both) == 8
    assert [(a, eth) for a, eth in both if to_ethereum(a) != eth.lower()] == []
