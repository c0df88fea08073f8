"""Client of one MEV-Boost relay's data API: delivered payloads (validator §3.2).

A relay reports at most 200 payloads at once, newest first, none above the slot ``cursor``; a walk
is complete when a page is short or reaches below the first slot wanted. Scope: the walk over slots
and the fields that are used; not here: which relays exist (settings), or which payload counts
(``cdp_assets.validators.rules``).
"""

from __future__ import annotations

from collections.abc import Iterator
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
            cursor = min(payload.slot for payload in payloads) - 1

    def page(self, cursor: int) -> Reply[list[DeliveredPayload]]:
        """Fetch the newest payloads up to a slot, inclusive."""
        values: list[list[DeliveredPayload]] = []
        call = Request(
            name=f"delivered:{cursor}",
            path=_DELIVERED,
            query={"cursor": str(cursor), "limit": str(self.page_size)},
        )

        def read(body: bytes) -> None:
            found = read_delivered(body)
            if len(found) > self.page_size:
                raise InvalidSourceResponse(f"{len(found)} payloads, {self.page_size} requested")
            above = [payload.slot for payload in found if payload.slot > cursor]
            if above:
                raise InvalidSourceResponse(f"slot {above[0]} is above the cursor {cursor}")
            values.append(found)

        return Reply(call.name, self.http.send(call, validate_by(read)), values)


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
