"""JSON without loss."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.codecs.exact_json import NotJson, canonical_json, content_hash, parse_exact


@pytest.mark.parametrize("number", [2**53 + 1, 2**64 - 1, 2**256 - 1, -(2**63)])
def test_integers_beyond_a_double_stay_exact(number: int) -> None:
    assert parse_exact(b'{"a":%d}' % number) == {"a": number}


def test_reals_are_decimals_with_their_digits() -> None:
    value = parse_exact(b"[450.830856398999, 1e-7]")
    assert value == [Decimal("450.830856398999"), Decimal("1e-7")]
    assert all(isinstance(v, Decimal) for v in value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a":1', id="broken off"),
        pytest.param(b'{"a":1}}', id="more after the end"),
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="another format"),
        pytest.param(b'{"a":NaN}', id="NaN"),
        pytest.param(b"[Infinity]", id="Infinity"),
        pytest.param(b'{"a":1,"a":2}', id="a key twice"),
        pytest.param(b'{"a":{"b":1,"b":1}}', id="an inner key twice"),
        pytest.param(b"\xff\xfe{}", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_what_is_not_one_json_document_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        parse_exact(body)


def test_a_hash_does_not_depend_on_key_order_or_space() -> None:
    assert content_hash(b'{"b":1, "a":[true,null]}') == content_hash(b'{"a":[true,null],"b":1}')


def test_a_hash_keeps_number_text_apart() -> None:
    assert content_hash(b"[1.0]") != content_hash(b"[1.00]")
    assert canonical_json(b"[ 1.00 , 1e5 ]") == b"[1.00,1e5]"


def test_a_hash_of_no_json_is_that_of_the_bytes() -> None:
    assert content_hash(b"oops") == hashlib.sha256(b"oops").hexdigest()


def test_volatile_keys_are_left_out_at_their_path_only() -> None:
    volatile = [("context", "slot"), ("rows", "*", "at")]
    first = b'{"context":{"slot":1,"v":2},"rows":[{"at":1,"x":1},{"at":2,"x":2}],"at":5}'
    later = b'{"context":{"slot":9,"v":2},"rows":[{"at":7,"x":1},{"at":8,"x":2}],"at":5}'
    other = b'{"context":{"slot":9,"v":2},"rows":[{"at":7,"x":1},{"at":8,"x":2}],"at":6}'
    assert content_hash(first, volatile) == content_hash(later, volatile)
    assert content_hash(later, volatile) != content_hash(other, volatile)


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(documents)
def test_the_fast_way_writes_what_the_exact_way_writes(value: object) -> None:
    body = json.dumps(value).encode()
    beside_a_real = canonical_json(b"[" + body + b", 0.50]")
    assert beside_a_real == b"[" + canonical_json(body) + b",0.50]"


def test_minus_zero_keeps_its_text() -> None:
    assert canonical_json(b"[-0, 0]") == b"[-0,0]"


@given(documents)
def test_the_canonical_form_says_the_same_and_is_its_own_canonical_form(value: object) -> None:
    canonical = canonical_json(json.dumps(value, indent=1).encode())
    assert parse_exact(canonical) == value
    assert canonical_json(canonical) == canonical
