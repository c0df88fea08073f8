"""The hash of what was computed from (validator §10)."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.validators.rules.inputs_hash import inputs_hash

ROWS = st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.text(max_size=3)))


def test_it_is_the_sha_256_of_the_sorted_list_without_spaces() -> None:
    rows = [("fees", "850|Ä", "2"), ("fees", "850|A", "10"), ("agreements", "A", "1")]
    text = '[["agreements","A","1"],["fees","850|A","10"],["fees","850|Ä","2"]]'
    assert inputs_hash(rows) == hashlib.sha256(text.encode()).hexdigest()
    assert inputs_hash([]) == hashlib.sha256(b"[]").hexdigest()


@given(ROWS, ROWS)
def test_it_is_equal_for_equal_rows_in_any_order_and_for_no_others(
    rows: list[tuple[str, str, str]], others: list[tuple[str, str, str]]
) -> None:
    assert inputs_hash(rows) == inputs_hash(rows[::-1])
    assert (inputs_hash(rows) == inputs_hash(others)) is (sorted(rows) == sorted(others))
