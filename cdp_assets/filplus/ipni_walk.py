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
from resources.ipni import GONE, ListedProvider, Publisher, read_advertisement, read_entry_block
from resources.public_network import NOT_PUBLIC, looks_public
from resources.raw_answer import RawAnswer

SCHEMA = "raw_ipni"
SLICE = 200  # blocks of one publisher before the next has its turn


class PublisherFailed(Exception):
    """The publisher cannot be walked further in this run; the text says why."""


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
        open_client: Opens the client of a publisher, which asks public addresses only when told so.
        only_public: Publishers are strangers: an address of our own network in their list must not
            make us probe it. An indexer that is itself inside may list publishers that are.
        as_of: The run's clock.
        blocks: Budget.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        open_client: Callable[[str, bool], AbstractContextManager[HttpClient]],
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
                            publishers[one.provider_id] = self._open(one, stack)
                        if not self._slice(one.provider_id, publishers[one.provider_id], budget):
                            remaining.append(one)
                    except PublisherFailed as failure:
                        report.failed[one.provider_id] = str(failure)
                    report.fetched += before - budget.left
                waiting = remaining
        report.unfinished = [one.provider_id for one in waiting]
        return report

    def _open(self, one: ListedProvider, stack: ExitStack) -> Publisher:
        if one.base_url is None:
            raise PublisherFailed("no address of its publisher speaks HTTP")
        if self._only_public and not looks_public(one.base_url):
            raise PublisherFailed(NOT_PUBLIC)
        try:
            client = stack.enter_context(self._open_client(one.base_url, self._only_public))
        except (CdpError, ValueError):
            raise PublisherFailed("the address of its publisher cannot be asked") from None
        return Publisher(client)

    def _slice(self, provider_id: str, publisher: Publisher, budget: Budget) -> bool:
        """Walk and count one chain for a while; tell whether nothing is left to do."""
        try:
            is_walked = self._walk_ads(provider_id, publisher, budget)
        except PublisherFailed:
            self._count_entries(provider_id, publisher, budget)  # what was read before
            raise
        return is_walked and self._count_entries(provider_id, publisher, budget)

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
            except _Broken as broken:
                self._set_aside(cid, provider_id, broken.reason, may_pass=broken.may_pass)
                continue
            store.store_advertisement(
                self._connection, cid, ad, provider_id, answer_id, answer.fetched_at
            )
            if ad.previous_cid is not None and not self._is_known(ad.previous_cid):
                ends.append(ad.previous_cid)
        return True

    def _is_known(self, cid: str) -> bool:
        return store.is_set_aside(self._connection, cid, self._as_of) or store.is_stored(
            self._connection, cid
        )

    def _set_aside(self, cid: str, provider_id: str, reason: str, *, may_pass: bool) -> None:
        store.store_broken(
            self._connection, cid, provider_id, reason, self._as_of, may_pass=may_pass
        )

    def _count_entries(self, provider_id: str, publisher: Publisher, budget: Budget) -> bool:
        while True:
            store.count_without_asking(self._connection, provider_id)
            counting = store.next_uncounted(self._connection, provider_id, self._as_of)
            if counting is None:
                return True
            if budget.left <= 0:
                return False
            try:
                self._count(counting, publisher, budget)
            except _Broken as broken:
                if not broken.may_pass:
                    store.restart_counting(self._connection, counting.ad_cid)
                self._set_aside(
                    counting.ad_cid, provider_id, broken.reason, may_pass=broken.may_pass
                )

    def _count(self, counting: store.Counting, publisher: Publisher, budget: Budget) -> None:
        """Count the entries of one advertisement until its end or the budget's.

        Raises:
            _Broken: A block cannot be had or read, or the blocks loop.
        """
        while budget.left > 0:
            budget.spend()
            try:
                answer, _ = self._fetch(
                    publisher.entry_block, publisher, counting.cid, with_body=False
                )
            except _Broken as broken:
                where = f"block {counting.blocks + 1} of entries: {broken.reason}"
                raise _Broken(where, may_pass=broken.may_pass) from None
            block = read_entry_block(answer.body)
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
        ask: Callable[[str], Outcome],
        publisher: Publisher,
        cid: str,
        *,
        with_body: bool = True,
    ) -> tuple[RawAnswer, int]:
        """Ask for a block, keep every answer and return the readable one.

        Raises:
            _Broken: The block is gone, cannot be read, or fails while the head is there.
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
        status = outcome.answers[-1].http_status if outcome.answers else None
        if isinstance(outcome.failure, BadSourceAnswer):
            raise _Broken(outcome.failure.message, may_pass=False)
        if outcome.failure is not None:
            if status == 429:  # says nothing of the block
                raise PublisherFailed(outcome.failure.message)
            self._require_head(publisher, outcome.failure.message)
            raise _Broken(outcome.failure.message, may_pass=True)
        if status in GONE:
            self._require_head(publisher, None)
            raise _Broken(f"gone: the publisher answers {status}", may_pass=False)
        return outcome.answers[-1], answer_id

    def _require_head(self, publisher: Publisher, reason: str | None) -> None:
        """Raise ``PublisherFailed``, for the reason if one is given, unless its head is there."""
        try:
            serves = publisher.serves()
        except CdpError as failure:
            raise PublisherFailed(reason or failure.message) from None
        if not serves:
            raise PublisherFailed("no endpoint: the address answers 404 for its head, too")
