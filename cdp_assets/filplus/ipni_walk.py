"""The walk back through the chains of IPNI advertisements: resumable, within a budget (R-15).

Every advertisement and every counted block is stored at once, so a run that ends early, by budget
or by a kill, is continued by the next one. The budget goes round in slices: a huge chain starves
nobody. Belongs here: the order of questions and what a failure means. Does not: SQL
(``ipni_store``) or the protocol (``resources.ipni``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from cdp_assets.errors import BadSourceAnswer, CdpError
from cdp_assets.filplus import ipni_store as store
from cdp_assets.filplus.source_answers import keep_answer
from resources.http_client import HttpClient, Outcome
from resources.ipni import (
    ListedProvider,
    Publisher,
    may_be_asked,
    read_advertisement,
    read_entry_block,
)
from resources.raw_answer import RawAnswer

SCHEMA = "raw_ipni"
SLICE = 200  # blocks of one publisher before the next has its turn


class PublisherFailed(Exception):
    """The publisher cannot be walked further in this run; the text says why."""


class _Gone(Exception):
    """The publisher answers, but no longer has this block."""


@dataclass
class Budget:
    """Blocks that this run may still fetch."""

    left: int

    def spend(self) -> None:
        """Take one."""
        self.left -= 1


@dataclass
class WalkReport:
    """What a walk did.

    Attributes:
        fetched: Blocks fetched, advertisements and entries.
        failed: Reason by provider whose publisher could not be walked.
        unfinished: Providers with work left when the budget was used up.
    """

    fetched: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)


class Walk:
    """One run of the walk.

    Args:
        connection: Autocommit; every step is stored at once.
        open_client: Opens the client of a publisher.
        indexer_url: Decides whether publishers inside our network may be asked.
        as_of: The run's clock.
        blocks: Budget.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        open_client: Callable[[str], AbstractContextManager[HttpClient]],
        *,
        indexer_url: str,
        as_of: datetime,
        blocks: int,
    ) -> None:
        self._connection = connection
        self._open_client = open_client
        self._indexer_url = indexer_url
        self._as_of = as_of
        self._blocks = blocks

    def run(self, listed: list[ListedProvider]) -> WalkReport:
        """Walk all chains in turns until nothing is left or the budget is used up."""
        report = WalkReport()
        waiting = [one for one in listed if one.head_cid is not None]
        with ExitStack() as stack:
            publishers: dict[str, Publisher] = {}
            while waiting and report.fetched < self._blocks:
                remaining = []
                for number, one in enumerate(waiting):
                    if report.fetched >= self._blocks:
                        remaining += waiting[number:]
                        break
                    budget = Budget(min(SLICE, self._blocks - report.fetched))
                    before = budget.left
                    try:
                        if one.provider_id not in publishers:
                            client = stack.enter_context(self._open_client(self._base_url(one)))
                            publishers[one.provider_id] = Publisher(client)
                        if not self._slice(one.provider_id, publishers[one.provider_id], budget):
                            remaining.append(one)
                    except PublisherFailed as failure:
                        report.failed[one.provider_id] = str(failure)
                    report.fetched += before - budget.left
                waiting = remaining
        report.unfinished = [one.provider_id for one in waiting]
        return report

    def _base_url(self, one: ListedProvider) -> str:
        if one.base_url is None:
            raise PublisherFailed("no address of its publisher speaks HTTP")
        if not may_be_asked(one.base_url, self._indexer_url):
            raise PublisherFailed("its publisher's address is not public")
        return one.base_url

    def _slice(self, provider_id: str, publisher: Publisher, budget: Budget) -> bool:
        """Walk and count one chain for a while; tell whether nothing is left to do."""
        return self._walk_ads(provider_id, publisher, budget) and self._count_entries(
            provider_id, publisher, budget
        )

    def _walk_ads(self, provider_id: str, publisher: Publisher, budget: Budget) -> bool:
        ends = store.open_ends(self._connection, provider_id, self._as_of)
        while ends:
            if budget.left <= 0:
                return False
            cid = ends.pop()
            if store.is_stored(self._connection, cid):
                continue
            budget.spend()
            try:
                answer, answer_id = self._fetch(publisher.advertisement, publisher, cid)
                ad = read_advertisement(answer.body)
            except _Gone:
                reason = "gone: the publisher answers 404 for the advertisement"
                store.store_broken(self._connection, cid, provider_id, reason, self._as_of)
                continue
            except BadSourceAnswer as error:
                store.store_broken(self._connection, cid, provider_id, error.message, self._as_of)
                continue
            store.store_advertisement(
                self._connection, cid, ad, provider_id, answer_id, answer.fetched_at
            )
            if ad.previous_cid is not None and not self._is_known(ad.previous_cid):
                ends.append(ad.previous_cid)
        return True

    def _is_known(self, cid: str) -> bool:
        row = self._connection.execute(
            "select exists (select from raw_ipni.broken_link "
            "where cid = %s and last_failed_at > %s)",
            [cid, self._as_of - store.RETRY_BROKEN],
        ).fetchone()
        return row == (True,) or store.is_stored(self._connection, cid)

    def _count_entries(self, provider_id: str, publisher: Publisher, budget: Budget) -> bool:
        while True:
            store.count_without_asking(self._connection, provider_id)
            counting = store.next_uncounted(self._connection, provider_id, self._as_of)
            if counting is None:
                return True
            if budget.left <= 0:
                return False
            reason = self._count(counting, publisher, budget)
            if reason is not None:
                store.restart_counting(self._connection, counting.ad_cid)
                store.store_broken(
                    self._connection, counting.ad_cid, provider_id, reason, self._as_of
                )

    def _count(self, counting: store.Counting, publisher: Publisher, budget: Budget) -> str | None:
        """Count the entries of one advertisement until its end or the budget's; say why not."""
        while budget.left > 0:
            budget.spend()
            try:
                answer, _ = self._fetch(
                    publisher.entry_block, publisher, counting.cid, with_body=False
                )
                block = read_entry_block(answer.body)
            except _Gone:
                return f"gone: the publisher answers 404 for block {counting.blocks + 1} of entries"
            except BadSourceAnswer as error:
                return f"block {counting.blocks + 1} of entries: {error.message}"
            counting.add(block.entries)
            if block.next_cid is not None and block.next_cid == counting.mark:
                return f"its entries loop: block {counting.blocks} names an earlier one as next"
            is_done = block.next_cid is None
            counting.cid = block.next_cid or counting.cid
            store.save_counting(self._connection, counting, is_done=is_done)
            if is_done:
                return None
        return None

    def _fetch(
        self,
        ask: Callable[[str], Outcome],
        publisher: Publisher,
        cid: str,
        *,
        with_body: bool = True,
    ) -> tuple[RawAnswer, int]:
        """Ask for a block and keep every answer.

        Raises:
            BadSourceAnswer: The block cannot be read, also after another try.
            PublisherFailed: The publisher does not answer, refuses us or has no such endpoint.
        """
        outcome = ask(cid)
        answer_id = 0
        for answer in outcome.answers:
            # A block is named by its content, so the CID fetches a large one again.
            answer_id = keep_answer(
                self._connection, SCHEMA, self._as_of.date(), [cid], answer,
                with_body=with_body or not answer.is_complete,
            )  # fmt: skip
        if isinstance(outcome.failure, BadSourceAnswer):
            raise outcome.failure
        if outcome.failure is not None:
            raise PublisherFailed(outcome.failure.message)
        answer = outcome.answers[-1]
        if answer.http_status == 404:
            try:
                serves = publisher.serves()
            except CdpError as failure:
                raise PublisherFailed(failure.message) from None
            if not serves:
                raise PublisherFailed("no endpoint: the address answers 404 for its head, too")
            raise _Gone
        return answer, answer_id
