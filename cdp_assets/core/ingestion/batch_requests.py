"""Requests for many entities: in batches, where one bad entity costs only itself.

Scope: invalid ids, batches and their parts, which refusal ends a run; not here: one request
(``resources.http.http_client``), or the list of failed entities (``failed_entities``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import psycopg

from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure
from resources.batches import batches
from resources.codecs.addresses import BadAddress, actor_number
from resources.http.circuit_breaker import CircuitOpen
from resources.http.http_client import RequestResult

# Of a batch: a hundred entities need two rounds. Halves would fail in half of all calls, as the
# calls of a failing source do.
_PARTS = 8
_ABOUT_THE_REQUEST = frozenset({400, 413, 414, 422})

RequestBatch = Callable[[Sequence[str]], tuple[CdpError | None, Mapping[str, str]]]


@dataclass
class BatchResult:
    """Outcome of the requests for many entities.

    Attributes:
        failed: Reason by entity without a usable response.
        has_response: Whether any batch got a response, or all entities failed last time.
        first_failure: Of the batches as first sent; null when all got a response.
        failed_batches: How many batches got none when first sent.
        batches: How many were sent first.
    """

    failed: dict[str, str] = field(default_factory=dict)
    has_response: bool = False
    first_failure: CdpError | None = None
    failed_batches: int = 0
    batches: int = 0


def is_access_denied(outcome: RequestResult) -> bool:
    """Return whether the source denies access, not just this request: the run should stop."""
    if not isinstance(outcome.failure, PermanentFailure):
        return False
    if isinstance(outcome.failure, InvalidSourceResponse):
        return False
    return not outcome.responses or outcome.responses[-1].http_status not in _ABOUT_THE_REQUEST


def invalid_ids(entities: Sequence[str]) -> dict[str, str]:
    """Return the reason by entity that is no ``f0…`` id and cannot be requested."""
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
    entities: Sequence[str],
    outcome: RequestResult,
) -> None:
    """Store every response of a call.

    Raises:
        PermanentFailure: The source denies access.
    """
    for response in outcome.responses:
        store_response(connection, schema, day, entities, response)
    if outcome.failure is not None and is_access_denied(outcome):
        raise outcome.failure


def request_in_batches(
    entities: Sequence[str],
    size: int,
    request: RequestBatch,
    previously_failed: Collection[str] = (),
) -> BatchResult:
    """Request entities in batches; a failed one is split until its cause is isolated.

    Batches are split after every batch was tried, and only if one got a response or all entities
    failed last time: a source that is down gets no further requests.

    Args:
        entities: In the order to request.
        size: Entities of a batch at most.
        request: Sends one batch and stores the responses; returns why none is usable (null: one
            is), and the reason by entity that the response skips. Raises what ends the run.
        previously_failed: Entities that failed last time; no response for them says nothing about
            the source.
    """
    result = BatchResult(has_response=set(entities) <= set(previously_failed))
    failed: deque[tuple[Sequence[str], CdpError]] = deque()
    for batch in batches(entities, size):
        result.batches += 1
        failure, reasons = request(batch)
        result.failed |= reasons
        if failure is None:
            result.has_response = True
            continue
        result.first_failure = result.first_failure or failure
        failed.append((batch, failure))
    result.failed_batches = len(failed)
    while failed:
        batch, failure = failed.popleft()
        if len(batch) == 1 or not result.has_response or isinstance(failure, CircuitOpen):
            result.failed |= dict.fromkeys(batch, failure.message)
            continue
        for part in batches(batch, max(1, len(batch) // _PARTS)):
            failure, reasons = request(part)
            result.failed |= reasons
            if failure is not None:
                failed.append((part, failure))
    return result


def raise_if_all_failed(*attempts: BatchResult) -> None:
    """Raise the first failure when not one batch of any attempt got a response."""
    failures = [one.first_failure for one in attempts if one.first_failure is not None]
    if failures and not any(one.has_response for one in attempts):
        raise failures[0]
