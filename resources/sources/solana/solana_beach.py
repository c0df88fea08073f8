"""Block rewards by epoch as Solana Beach lists them (validator §3.1 "Solana Beach").

A history is newest first, paged by offset, and shifts when an epoch arrives in mid-walk; a walk
ends where the wanted epoch is passed or seen twice, or with the history. Scope: the two histories;
not here: what they mean for a validator (``cdp_assets.validators``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import InvalidSourceResponse
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import EndpointNotFound, validate_by
from resources.sources.json_api import parsed, rows_of

API_VERSION = "v2"
LARGEST_PAGE = 1_000  # of the block rewards history
_NOT_FOUND = frozenset({404})  # of an identity that the service does not know


@dataclass(frozen=True, slots=True)
class EpochRewards:
    """What blocks paid in one epoch, in lamports.

    Attributes:
        epoch: The epoch.
        blocks: Blocks produced.
        fees: Sum of what they paid.
    """

    epoch: int
    blocks: int
    fees: int

    def as_json(self) -> dict[str, int]:
        """Return the row as the service writes it."""
        return {"blocks": self.blocks, "epoch": self.epoch, "fees": self.fees}


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of a history, newest first.

    Attributes:
        rows: Its epochs.
        total: Epochs of the whole history, as announced.
    """

    rows: tuple[EpochRewards, ...]
    total: int


class SolanaBeach:
    """Client of one service; the address ends in ``/v2``.

    Args:
        http: Transport with retry, rate limit and breaker.
        page_size: Rows of one page at most.
    """

    def __init__(self, http: HttpClient, *, page_size: int = LARGEST_PAGE) -> None:
        if not 1 <= page_size <= LARGEST_PAGE:
            raise ValueError(f"a page holds 1 to {LARGEST_PAGE} epochs")
        self.http = http
        self.page_size = page_size

    def page(self, identity: str | None, offset: int, limit: int) -> Reply[HistoryPage]:
        """Fetch a page of an identity's history; of the cluster's without one."""
        owner = "cluster" if identity is None else identity
        path = (
            "/cluster-block-rewards-history"
            if identity is None
            else f"/validator/{identity}/block-rewards-history"
        )
        limit = min(limit, self.page_size)
        values: list[HistoryPage] = []

        def read(body: bytes) -> None:
            page = read_page(body)
            if len(page.rows) > limit:
                raise InvalidSourceResponse(f"{len(page.rows)} epochs, {limit} requested")
            values.append(page)

        call = Request(
            name=f"block_rewards:{owner}:{offset}",
            path=path,
            query={"limit": str(limit), "offset": str(offset)},
            accepted=frozenset() if identity is None else _NOT_FOUND,
        )
        return Reply(call.name, self.http.send(call, validate_by(read)), values)

    def walk(
        self, identity: str | None, wanted: int, expected: int
    ) -> Iterator[Reply[HistoryPage]]:
        """Yield the pages of a history down to an epoch; store each before going on.

        Args:
            identity: Of a validator; null: the cluster.
            wanted: The earliest epoch that is needed.
            expected: Rows that reach it, if none arrives meanwhile.

        Raises:
            TransientFailure: A page failed; the walk is not complete.
            PermanentFailure: The service refused.
        """
        offset, met = 0, 0
        limit = min(max(expected, 1), self.page_size)
        while True:
            reply = self.page(identity, offset, limit)
            yield reply
            page = reply.value()
            offset += len(page.rows)
            met += sum(row.epoch == wanted for row in page.rows)
            is_passed = any(row.epoch < wanted for row in page.rows)
            if is_passed or met > 1 or len(page.rows) < limit or offset >= page.total:
                return


def read_page(body: bytes) -> HistoryPage:
    """Read a page of a history; an identity that the service does not know has an empty one.

    Raises:
        InvalidSourceResponse: Another shape, epochs out of order, or fees that are no lamports.
        PermanentFailure: A refusal that is not of the service's form.
    """
    document = parsed(body)
    if isinstance(document, dict) and "history" not in document:
        if not isinstance(document.get("err"), str):
            raise EndpointNotFound
        return HistoryPage((), 0)
    if not isinstance(document, dict):
        raise InvalidSourceResponse("the response is no object")
    rows = tuple(
        EpochRewards(_whole(row, "epoch"), _whole(row, "blocks"), _whole(row, "fees"))
        for row in rows_of(document["history"], "epochs")
    )
    epochs = [row.epoch for row in rows]
    if epochs != sorted(set(epochs), reverse=True):
        raise InvalidSourceResponse("the history is not newest first, each epoch once")
    return HistoryPage(rows, _whole(document.get("pagination"), "total"))


def _whole(record: Any, name: str) -> int:
    value = record.get(name) if isinstance(record, dict) else None
    if type(value) is not int or value < 0:
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, not a whole number from 0")
    return value
