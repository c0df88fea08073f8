"""Asking a source for many entities: in batches, where one bad entity costs only itself.

Belongs here: whom no question can name, batches and their parts, which refusal ends a run. Does
not: one call (``resources.http.http_client``) or the list of failed entities (``failed_entities``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import psycopg

from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure
from resources.codecs.addresses import BadAddress, actor_number
from resources.http.circuit_breaker import CircuitOpen
from resources.http.http_client import RequestResult

_PARTS = 8  # of a batch: a hundred need two rounds; halves fail in half of all calls, like a source
_ABOUT_THE_QUESTION = frozenset({400, 413, 414, 422})

RequestBatch = Callable[[Sequence[str]], tuple[CdpError | None, Mapping[str, str]]]


@dataclass
class BatchResult:
    """What came of asking for many.

    Attributes:
        failed: Reason by entity without a usable answer.
        answered: Whether any batch was answered, or none could be expected to be.
        first_failure: Of the batches as first sent; null when all were answered.
        unanswered: How many of those were not.
        batches: How many were sent first.
    """

    failed: dict[str, str] = field(default_factory=dict)
    answered: bool = False
    first_failure: CdpError | None = None
    unanswered: int = 0
    batches: int = 0


def is_access_denied(outcome: RequestResult) -> bool:
    """Tell whether the source refuses whoever asks, not just this question: no use in going on."""
    if not isinstance(outcome.failure, PermanentFailure):
        return False
    if isinstance(outcome.failure, InvalidSourceResponse):
        return False
    return not outcome.answers or outcome.answers[-1].http_status not in _ABOUT_THE_QUESTION


def invalid_ids(entities: Sequence[str]) -> dict[str, str]:
    """Return the reason by entity that is no ``f0…`` id, so that no question can name it."""
    reasons: dict[str, str] = {}
    for entity in entities:
        try:
            written = f"f0{actor_number(entity)}"
        except BadAddress as error:
            reasons[entity] = error.message
            continue
        if entity != written:
            reasons[entity] = f"{entity!r} is another form of {written}"
    return reasons


def store_responses(
    connection: psycopg.Connection,
    schema: str,
    day: date,
    asked: Sequence[str],
    outcome: RequestResult,
) -> None:
    """Keep every answer of a call.

    Raises:
        PermanentFailure: The source refuses whoever asks.
    """
    for answer in outcome.answers:
        store_response(connection, schema, day, asked, answer)
    if outcome.failure is not None and is_access_denied(outcome):
        raise outcome.failure


def request_in_batches(
    entities: Sequence[str], size: int, ask: RequestBatch, previously_failed: Collection[str] = ()
) -> BatchResult:
    """Ask for entities in batches; one without an answer is parted until its cause stands alone.

    A batch is split when every batch was tried, and only if one was answered or all entities failed
    last time: a source that is down is not requested more often for it.

    Args:
        entities: In the order to ask in.
        size: Entities of a batch at most.
        ask: Sends one batch and keeps the answers; returns why there is no usable one, and the
            reason by entity that the answer leaves out. Raises what ends the run.
        previously_failed: Entities that failed last time; no response for them says nothing about
            the source.
    """
    asked = BatchResult(answered=set(entities) <= set(previously_failed))
    unanswered: deque[tuple[Sequence[str], CdpError]] = deque()
    for first in range(0, len(entities), size):
        batch = entities[first : first + size]
        asked.batches += 1
        failure, reasons = ask(batch)
        asked.failed |= reasons
        if failure is None:
            asked.answered = True
            continue
        asked.first_failure = asked.first_failure or failure
        unanswered.append((batch, failure))
    asked.unanswered = len(unanswered)
    while unanswered:
        batch, failure = unanswered.popleft()
        if len(batch) == 1 or not asked.answered or isinstance(failure, CircuitOpen):
            asked.failed |= dict.fromkeys(batch, failure.message)
            continue
        size = max(1, len(batch) // _PARTS)
        for first in range(0, len(batch), size):
            part = batch[first : first + size]
            failure, reasons = ask(part)
            asked.failed |= reasons
            if failure is not None:
                unanswered.append((part, failure))
    return asked


def raise_if_all_failed(*attempts: BatchResult) -> None:
    """Raise the first failure when not one batch of any attempt was answered."""
    failures = [one.first_failure for one in attempts if one.first_failure is not None]
    if failures and not any(one.answered for one in attempts):
        raise failures[0]
