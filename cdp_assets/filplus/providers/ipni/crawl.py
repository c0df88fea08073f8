"""The crawl back through the chains of IPNI advertisements: resumable, within a budget (R-15).

Every advertisement and every counted block is stored at once, so a run that ends early, by budget
or by a kill, is continued by the next one. The budget goes round in slices: a huge chain does not
block the others. Scope: the order of requests, and what a failure means; not here: SQL
(``store``) or the protocol (``resources.sources.ipni``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.errors import CdpError, InvalidSourceResponse
from cdp_assets.filplus.providers.ipni import store as store
from cdp_assets.filplus.providers.ipni.publisher_addresses import (
    OpenClient,
    PublisherAddresses,
    PublisherFailed,
)
from resources.http.http_client import RequestResult
from resources.http.raw_response import RawResponse
from resources.sources.ipni import (
    GONE,
    ListedProvider,
    Publisher,
    read_advertisement,
    read_entry_block,
)

SCHEMA = "raw_ipni"
RequestBlock = Callable[[Publisher, str], RequestResult]
SLICE = 200  # blocks of one publisher before the next has its turn


class _Broken(Exception):
    """The publisher is there, but this one block cannot be had or read; the text says why."""

    def __init__(self, reason: str, *, may_pass: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_pass = may_pass


@dataclass
class Budget:
    """Blocks that this run may still fetch."""

    left: int

    def spend(self) -> None:
        """Take one."""
        self.left -= 1


@dataclass
class CrawlReport:
    """What a crawl did.

    Attributes:
        fetched: Blocks fetched, advertisements and entries.
        failed: Reason by provider whose publisher could not be crawled.
        unfinished: Providers with work left when the budget was used up.
    """

    fetched: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)


class Crawler:
    """One run of the crawl.

    Args:
        connection: Autocommit; every step is stored at once.
        open_client: Opens the client of a publisher, which requests public addresses only, if so
            set.
        only_public: Publishers are third parties: an address of our own network in their list must
            not make us probe it. An indexer that is itself inside may list publishers that are.
        as_of: The run's clock.
        blocks: Budget.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        open_client: OpenClient,
        *,
        only_public: bool,
        as_of: datetime,
        blocks: int,
    ) -> None:
        self._connection = connection
        self._open_client = open_client
        self._only_public = only_public
        self._as_of = as_of
        self._blocks = blocks

    def run(self, listed: list[ListedProvider]) -> CrawlReport:
        """Crawl all chains in turn until nothing is left or the budget is used up."""
        report = CrawlReport()
        waiting = [one for one in listed if one.head_cid is not None]
        with ExitStack() as stack:
            addresses = {
                one.provider_id: PublisherAddresses(
                    one, self._open_client, stack, only_public=self._only_public
                )
                for one in waiting
            }
            while waiting and report.fetched < self._blocks:
                remaining = []
                for number, one in enumerate(waiting):
                    if report.fetched >= self._blocks:
                        remaining += waiting[number:]
                        break
                    budget = Budget(min(SLICE, self._blocks - report.fetched))
                    before = budget.left
                    try:
                        if not self._slice(one, addresses[one.provider_id], budget):
                            remaining.append(one)
                    except PublisherFailed as failure:
                        report.failed[one.provider_id] = str(failure)
                    report.fetched += before - budget.left
                waiting = remaining
        report.unfinished = [one.provider_id for one in waiting]
        return report

    def _slice(self, listed: ListedProvider, addresses: PublisherAddresses, budget: Budget) -> bool:
        """Crawl and count one chain within the budget; return whether it is complete.

        Raises:
            PublisherFailed: No address is left, or the publisher limits how often we request.
        """
        try:
            is_walked = self._walk_ads(listed.provider_id, addresses, budget)
        except PublisherFailed:
            addresses.restore()
            with suppress(PublisherFailed):  # what was read before
                self._count_entries(listed.provider_id, addresses, budget)
            raise
        return is_walked and self._count_entries(listed.provider_id, addresses, budget)

    def _walk_ads(self, provider_id: str, addresses: PublisherAddresses, budget: Budget) -> bool:
        """Continue at every end of the frontier; return whether none is left.

        Raises:
            PublisherFailed: No address is left, or the publisher limits how often we request.
        """
        ends = store.frontier(self._connection, provider_id, self._as_of)
        while ends:
            cid = ends.pop()
            if store.is_stored(self._connection, cid):
                continue
            try:
                fetched = self._fetch(Publisher.advertisement, addresses, cid, budget)
            except _Broken as broken:
                self._set_aside(cid, provider_id, broken.reason, may_pass=broken.may_pass)
                continue
            if fetched is None:
                return False
            response, response_id = fetched
            ad = read_advertisement(response.body)
            store.store_advertisement(
                self._connection, cid, ad, provider_id, response_id, response.fetched_at
            )
            if ad.previous_cid is not None and not self._is_known(ad.previous_cid):
                ends.append(ad.previous_cid)
        return True

    def _is_known(self, cid: str) -> bool:
        return store.is_quarantined(self._connection, cid, self._as_of) or store.is_stored(
            self._connection, cid
        )

    def _set_aside(self, cid: str, provider_id: str, reason: str, *, may_pass: bool) -> None:
        store.store_broken(
            self._connection, cid, provider_id, reason, self._as_of, may_pass=may_pass
        )

    def _count_entries(
        self, provider_id: str, addresses: PublisherAddresses, budget: Budget
    ) -> bool:
        while True:
            store.count_without_asking(self._connection, provider_id)
            counting = store.next_uncounted(self._connection, provider_id, self._as_of)
            if counting is None:
                return True
            if budget.left <= 0:
                return False
            try:
                self._count(counting, addresses, budget)
            except _Broken as broken:
                if not broken.may_pass:
                    store.restart_counting(self._connection, counting.ad_cid)
                self._set_aside(
                    counting.ad_cid, provider_id, broken.reason, may_pass=broken.may_pass
                )

    def _count(
        self, counting: store.Counting, addresses: PublisherAddresses, budget: Budget
    ) -> None:
        """Count the entries of one advertisement until its end or the budget's.

        Raises:
            _Broken: A block cannot be had or read, or the blocks loop.
            PublisherFailed: No address is left, or the publisher limits how often we request.
        """
        while True:
            try:
                fetched = self._fetch(
                    Publisher.entry_block, addresses, counting.cid, budget, with_body=False
                )
            except _Broken as broken:
                where = f"block {counting.blocks + 1} of entries: {broken.reason}"
                raise _Broken(where, may_pass=broken.may_pass) from None
            if fetched is None:
                return
            response, _ = fetched
            block = read_entry_block(response.body)
            counting.add(block.entries)
            if block.next_cid is not None and block.next_cid == counting.mark:
                where = f"its entries loop: block {counting.blocks} names an earlier one as next"
                raise _Broken(where, may_pass=False)
            is_done = block.next_cid is None
            counting.cid = block.next_cid or counting.cid
            store.save_counting(self._connection, counting, is_done=is_done)
            if is_done:
                return

    def _fetch(
        self,
        request: RequestBlock,
        addresses: PublisherAddresses,
        cid: str,
        budget: Budget,
        *,
        with_body: bool = True,
    ) -> tuple[RawResponse, int] | None:
        """Request a block from each address in turn until one has it; null: no budget is left.

        Raises:
            _Broken: Every address that serves lacks it.
            PublisherFailed: No address serves, or the publisher limits how often we request.
        """
        lacking: list[_Broken] = []
        while budget.left > 0:
            publisher = addresses.current()
            budget.spend()
            try:
                return self._fetch_from(request, publisher, cid, with_body=with_body)
            except PublisherFailed as failure:
                if not failure.is_address:
                    raise
                addresses.skip(failure)
            except _Broken as broken:
                lacking.append(broken)
                addresses.pass_on()
            if lacking and len(lacking) >= addresses.number_left:
                raise _Broken(
                    "; ".join(dict.fromkeys(one.reason for one in lacking)),
                    # One that failed may have the block: sooner than what is gone everywhere.
                    may_pass=addresses.has_skipped or any(one.may_pass for one in lacking),
                )
        return None

    def _fetch_from(
        self, request: RequestBlock, publisher: Publisher, cid: str, *, with_body: bool
    ) -> tuple[RawResponse, int]:
        """Request a block from one address, store every response and return the readable one.

        Raises:
            _Broken: The block is gone, cannot be read, or fails while the head is there.
            PublisherFailed: The publisher does not respond, denies access or has no such endpoint.
        """
        outcome = request(publisher, cid)
        response_id = 0
        for response in outcome.responses:
            # A block is named by its content, so the CID fetches a large one again.
            response_id = store_response(
                self._connection,
                SCHEMA,
                self._as_of.date(),
                [cid],
                response,
                with_body=with_body or not response.is_complete,
            )
        status = outcome.responses[-1].http_status if outcome.responses else None
        if isinstance(outcome.failure, InvalidSourceResponse):
            raise _Broken(outcome.failure.message, may_pass=False)
        if outcome.failure is not None:
            if status == 429:  # says nothing of the block, and another address is the same one
                raise PublisherFailed(outcome.failure.message, is_address=False)
            self._require_head(publisher, outcome.failure.message)
            raise _Broken(outcome.failure.message, may_pass=True)
        if status in GONE:
            self._require_head(publisher, None)
            raise _Broken(f"gone: the publisher responds with {status}", may_pass=False)
        return outcome.responses[-1], response_id

    def _require_head(self, publisher: Publisher, reason: str | None) -> None:
        """Raise ``PublisherFailed``, for the reason if one is given, unless its head is there."""
        try:
            serves = publisher.serves()
        except CdpError as failure:
            raise PublisherFailed(reason or failure.message) from None
        if not serves:
            raise PublisherFailed("no endpoint: the address responds with 404 for its head, too")
