"""Client of one MEV-Boost relay's data API: delivered payloads (validator §3.2).

A relay reports at most 200 payloads at once, newest first, none above the slot ``cursor``; a walk
is complete when a page is short or reaches below the first slot wanted. A slot may have several
payloads, so a full page may end inside a slot: the next one begins with that slot again, not below
it as the page says. Scope: the walk over slots and the fields that are used; not here: which relays
exist (settings), or which payload counts (``cdp_assets.validators.rules``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cdp_assets.errors import InvalidSourceResponse
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import validate_by
from resources.sources.ethereum.ethereum_fields import (
    address,
    hash32,
    pubkey,
    records,
    whole,
)
from resources.sources.json_api import parsed

API_VERSION = "relay/v1"
LARGEST_PAGE = 200  # a relay refuses more with 400
_DELIVERED = "/relay/v1/data/bidtraces/proposer_payload_delivered"


@dataclass(frozen=True, slots=True)
class DeliveredPayload:
    """A block that a relay handed to the proposer of a slot, and what it says the block pays."""

    slot: int
    block_hash: str
    block_number: int
    builder_pubkey: str
    proposer_pubkey: str
    proposer_fee_recipient: str
    value: int


class MevRelay:
    """Client of one relay."""

    def __init__(self, http: HttpClient, *, page_size: int = LARGEST_PAGE) -> None:
        if not 1 <= page_size <= LARGEST_PAGE:
            raise ValueError(f"a page holds 1 to {LARGEST_PAGE} payloads")
        self.http = http
        self.page_size = page_size

    def walk(self, first_slot: int, last_slot: int) -> Iterator[Reply[list[DeliveredPayload]]]:
        """Yield the pages over ``[first_slot, last_slot]``; store each before going on.

        Raises:
            TransientFailure: A page failed; the walk is not complete.
            PermanentFailure: The relay refused.
        """
        cursor = last_slot
        while cursor >= first_slot:
            page = self.page(cursor)
            yield page
            payloads = page.value()
            if len(payloads) < self.page_size:
                return
            lowest = min(payload.slot for payload in payloads)
            if lowest == cursor:  # a page of one slot: the next one would be the same
                page = self.payloads_of(cursor)
                yield page
                page.value()
                lowest -= 1
            cursor = lowest

    def page(self, cursor: int) -> Reply[list[DeliveredPayload]]:
        """Fetch the newest payloads up to a slot, inclusive."""

        def validate(found: list[DeliveredPayload]) -> None:
            if len(found) > self.page_size:
                raise InvalidSourceResponse(f"{len(found)} payloads, {self.page_size} requested")
            above = [payload.slot for payload in found if payload.slot > cursor]
            if above:
                raise InvalidSourceResponse(f"slot {above[0]} is above the cursor {cursor}")

        query = {"cursor": str(cursor), "limit": str(self.page_size)}
        return self._fetch(f"delivered:{cursor}", query, validate)

    def payloads_of(self, slot: int) -> Reply[list[DeliveredPayload]]:
        """Fetch all payloads of one slot."""

        def validate(found: list[DeliveredPayload]) -> None:
            if any(payload.slot != slot for payload in found):
                raise InvalidSourceResponse(f"payloads of other slots than {slot}")
            if len(found) >= LARGEST_PAGE:
                raise InvalidSourceResponse(f"slot {slot} has more payloads than a relay returns")

        query = {"limit": str(LARGEST_PAGE), "slot": str(slot)}
        return self._fetch(f"delivered:slot {slot}", query, validate)

    def _fetch(
        self,
        name: str,
        query: dict[str, str],
        validate: Callable[[list[DeliveredPayload]], None],
    ) -> Reply[list[DeliveredPayload]]:
        values: list[list[DeliveredPayload]] = []

        def read(body: bytes) -> None:
            found = read_delivered(body)
            validate(found)
            values.append(found)

        call = Request(name=name, path=_DELIVERED, query=query)
        return Reply(name, self.http.send(call, validate_by(read)), values)


def read_delivered(body: bytes) -> list[DeliveredPayload]:
    """Read ``proposer_payload_delivered`` and, of ``builder_blocks_received``, the same fields.

    Raises:
        InvalidSourceResponse: Not a list of payloads.
    """
    return [
        DeliveredPayload(
            slot=whole(row, "slot"),
            block_hash=hash32(row, "block_hash"),
            block_number=whole(row, "block_number"),
            builder_pubkey=pubkey(row, "builder_pubkey"),
            proposer_pubkey=pubkey(row, "proposer_pubkey"),
            proposer_fee_recipient=address(row, "proposer_fee_recipient"),
            value=whole(row, "value"),
        )
        for row in records(parsed(body), "the response")
    ]
