"""Hash and proof of statements: the page's vectors S1 and M1, and that any change is seen."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.validators.statements.content_hash import (
    Header,
    Item,
    content_hash,
    content_of,
)
from cdp_assets.validators.statements.documents.merkle_proof import (
    Sibling,
    is_proven,
    merkle_root,
    proof_of,
)

HEADER = Header("solana-mainnet", "11111111-1111-4111-8111-111111111111", "2025-01", 1)
ITEM = Item("73a8f8bb-7185-55ac-a39c-921d9259e6ad", "ATTRIBUTION", "850", "ABC", 50_000_000)
# validator §9.3, S1 and M1
S1 = "1b636ac1efbc3204239eb52ea24640c870c24c3b0b34f42991c5b3000fd81eec"
M1 = "cac3d448d4e20a2ad5eae1f500e63c2a7f9217cd14572ba7fd22e26dc1ec2648"
LEFT_OF_B = "a23bd5b06da9048238a65b3f1d9d0b9e15fae3dde262688e6489aa4c763d1820"
RIGHT_OF_B = "6a3fc11b79f836bda340e75c8906e961b8adf4d6a08a2b992e3f38cd6ff38ebf"


def test_s1_the_hash_of_a_statement() -> None:
    assert content_hash(HEADER, [ITEM]) == S1


def test_items_are_in_the_order_of_their_ids_and_amounts_keep_every_digit() -> None:
    other = Item("00000000-0000-5000-8000-000000000000", "FLOOR_TOPUP", "850", None, 2**70)
    assert content_hash(HEADER, [ITEM, other]) == content_hash(HEADER, [other, ITEM])
    assert f'"amount_native":"{2**70}","kind":"FLOOR_TOPUP"' in content_of(HEADER, [other])
    assert '"validator_key":null' in content_of(HEADER, [other])
    unknown = dataclasses.replace(ITEM, amount_native=None)
    assert '"amount_native":null' in content_of(HEADER, [unknown])


def test_m1_root_and_proof() -> None:
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in "abc"]
    assert merkle_root(hashes) == M1
    assert proof_of(hashes, 1) == (Sibling("left", LEFT_OF_B), Sibling("right", RIGHT_OF_B))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20, unique=True))
def test_every_statement_is_proven_and_no_other(contents: list[bytes]) -> None:
    hashes = [content.hex() for content in contents]
    root = merkle_root(hashes)
    for index, own in enumerate(hashes):
        proof = proof_of(hashes, index)
        assert [is_proven(one, proof, root) for one in hashes] == [one == own for one in hashes]


def test_what_is_not_there_has_no_root_and_no_proof() -> None:
    with pytest.raises(ValueError, match="^a month without released statements has no root$"):
        merkle_root([])
    for index in (1, -1):
        with pytest.raises(IndexError, match=f"^there are 1 statements, none is number {index}$"):
            proof_of([S1], index)
