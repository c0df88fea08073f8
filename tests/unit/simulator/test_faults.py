"""Rules: reading them, choosing one, editing answers."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.server.faults import FaultBook, FaultRule, edit_response, read_rules


def _take(book: FaultBook, path: str = "/solana", *methods: str) -> FaultRule | None:
    return book.take("POST", path, '{"slot": 7}', list(methods))


def test_a_rule_is_used_up_after_its_number_of_times() -> None:
    book = FaultBook()
    book.rules = read_rules({"kind": "drop", "times": 2})
    assert [_take(book) is not None for _ in range(3)] == [True, True, False]


def test_a_rule_without_times_lasts() -> None:
    book = FaultBook()
    book.rules = read_rules({"kind": "drop"})
    assert all(_take(book) for _ in range(5))


def test_a_rule_lets_the_first_requests_pass_when_asked_to() -> None:
    book = FaultBook()
    book.rules = read_rules({"kind": "drop", "after": 2, "times": 1})
    assert [_take(book) is not None for _ in range(4)] == [False, False, True, False]


@pytest.mark.parametrize(
    "condition",
    [{"path": "/url"}, {"method": "GET"}, {"rpc_method": "getBlock"}, {"body": "slot 8"}],
    ids=lambda condition: next(iter(condition)),
)
def test_a_rule_spares_a_request_that_differs_in_one_condition(condition: dict[str, Any]) -> None:
    book = FaultBook()
    book.rules = read_rules({"kind": "drop", **condition})
    assert _take(book, "/solana", "getEpochInfo") is None


def test_a_used_up_rule_gives_way_to_the_next_one() -> None:
    book = FaultBook()
    book.rules = read_rules([{"kind": "drop", "times": 1}, {"kind": "malformed"}])
    assert [rule.kind for rule in (_take(book), _take(book)) if rule] == ["drop", "malformed"]


@pytest.mark.parametrize("given", [{"kind": "flood"}, {"kind": "drop", "often": 3}, "drop"])
def test_a_rule_with_an_unknown_word_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="kind is one of|unknown field often|is an object"):
        read_rules(given)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("duplicate", [1, 2, 3, 4, 4]), ("shifted", [2, 3, 4, 4]), ("partial", [1, 2])],
)
def test_list_faults_edit_the_outermost_list(kind: str, expected: list[int]) -> None:
    (rule,) = read_rules({"kind": kind})
    assert edit_response(rule, {"result": [1, 2, 3, 4], "id": 1}, {})["result"] == expected


def test_a_restated_answer_differs_in_the_named_number_alone() -> None:
    (rule,) = read_rules({"kind": "restated", "field": "lamports", "add": 5})
    answer = {"rewards": [{"lamports": 2**60, "commission": 5}, {"lamports": None}]}
    assert edit_response(rule, answer, {}) == {
        "rewards": [{"lamports": 2**60 + 5, "commission": 5}, {"lamports": None}]
    }


def test_in_a_batch_only_the_named_method_is_spoiled() -> None:
    (rule,) = read_rules({"kind": "rpc_error", "rpc_method": "getBlock", "code": -32014})
    answer = [{"id": "a", "result": 1}, {"id": "b", "result": 2}]
    edited = edit_response(rule, answer, {"a": "getEpochInfo", "b": "getBlock"})
    assert edited[0] == answer[0]
    assert edited[1]["error"]["code"] == -32014
    assert edited[1]["id"] == "b"
