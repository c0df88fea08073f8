"""Whose answer counts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.validators.rules.source_priority import Candidate, rank

T0 = datetime(2026, 3, 2, tzinfo=UTC)


def candidate(provider: str, hours: int, response_hash: str, first: int = 0) -> Candidate:
    return Candidate(
        uuid.uuid5(uuid.NAMESPACE_URL, f"{provider}{hours}{response_hash}"),
        provider,
        response_hash,
        T0 + timedelta(hours=first),
        T0 + timedelta(hours=hours),
    )


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param([("b", 9, "x"), ("a", 1, "y")], ("a", 1, "y"), id="priority before age"),
        pytest.param([("a", 1, "x"), ("a", 2, "y")], ("a", 2, "y"), id="then the newest"),
        pytest.param([("a", 2, "y"), ("a", 2, "x")], ("a", 2, "x"), id="then the hash"),
        pytest.param([("c", 9, "x"), ("b", 1, "y")], ("b", 1, "y"), id="undeclared never wins"),
    ],
)
def test_the_order_is_priority_then_age_then_hash(
    candidates: list[tuple[str, int, str]], expected: tuple[str, int, str]
) -> None:
    winner, *_ = rank([candidate(*c) for c in candidates], ["a", "b"])
    assert winner == candidate(*expected)


def test_no_declared_answer_means_no_winner() -> None:
    assert rank([], ["a"]) == []
    assert rank([candidate("c", 1, "x")], ["a"]) == []


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from("xyz")),
        unique=True,
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_arrival_does_not_matter(rows: list[tuple[str, int, str]], random: object) -> None:
    candidates = [candidate(*row) for row in rows]
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank(candidates, "ab") == rank(shuffled, "ab")


def test_an_answer_is_confirmed_when_it_came_again_an_hour_later() -> None:
    assert candidate("a", 1, "x").is_confirmed
    assert not candidate("a", 0, "x").is_confirmed
