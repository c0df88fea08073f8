"""Batches with bad entities in them: who is asked how often, and who is listed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cdp_assets.core.ingestion.batch_requests import (
    invalid_ids,
    raise_if_all_failed,
    request_in_batches,
)
from cdp_assets.core.ingestion.failed_entities import previously_failed_last
from cdp_assets.errors import CdpError, SourceUnavailable
from resources.http.circuit_breaker import CircuitOpen

ENTITIES = [f"f0{number}" for number in range(1, 301)]


class Source:
    """A source that fails every batch with a bad entity in it."""

    def __init__(self, *bad: str, failure: CdpError | None = None) -> None:
        self.bad = set(bad)
        self.calls: list[Sequence[str]] = []
        self.failure = failure or SourceUnavailable("returned 500")

    def __call__(self, batch: Sequence[str]) -> tuple[CdpError | None, dict[str, str]]:
        self.calls.append(batch)
        if self.bad & set(batch):
            return self.failure, {}
        return None, {one: "no account" for one in batch if one == "f07"}


def test_one_bad_entity_costs_only_itself_and_few_calls() -> None:
    source = Source("f0101")
    asked = request_in_batches(ENTITIES, 50, source)
    assert asked.failed == {"f0101": "returned 500", "f07": "no account"}
    assert (asked.batches, asked.failed_batches, asked.has_response) == (6, 1, True)
    assert len(source.calls) == 6 + 9 + 6
    raise_if_all_failed(asked)


def test_a_source_that_is_down_is_asked_once_per_batch() -> None:
    source = Source(*ENTITIES)
    asked = request_in_batches(ENTITIES, 50, source)
    assert len(source.calls) == 6
    assert set(asked.failed) == set(ENTITIES)
    with pytest.raises(SourceUnavailable, match="returned 500"):
        raise_if_all_failed(asked)


def test_a_batch_that_was_not_asked_is_listed_as_it_is() -> None:
    source = Source("f0101", failure=CircuitOpen("no request was sent: x"))
    asked = request_in_batches(ENTITIES, 50, source)
    assert len(source.calls) == 6
    assert len(asked.failed) == 51
    assert asked.failed["f0150"] == "no request was sent: x"


def test_where_only_suspects_are_left_no_answer_is_no_failure_of_the_source() -> None:
    source = Source("f09")
    asked = request_in_batches(["f08", "f09"], 50, source, ["f09", "f08", "f010"])
    assert asked.failed == {"f09": "returned 500"}
    raise_if_all_failed(asked)


def test_suspects_are_asked_last_in_the_order_of_their_failures() -> None:
    assert previously_failed_last(["a", "b", "c", "d"], ["c", "x", "a"]) == ["b", "d", "c", "a"]


def test_what_is_no_id_is_named_before_anybody_is_asked() -> None:
    assert invalid_ids(["f01", "f0007"]) == {"f0007": "'f0007' is another form of f07"}
