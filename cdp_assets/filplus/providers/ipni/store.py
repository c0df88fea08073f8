"""What is stored of the IPNI crawl: publishers, advertisements, how far entries are counted.

The stored advertisements are the crawl's state: its frontier is the previous ids that are not
stored. Scope: the SQL of ``raw_ipni``; not here: requests (``crawl``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from resources.sources.ipni import NO_ENTRIES, Advertisement, ListedProvider

RETRY_GONE = timedelta(days=7)  # what a publisher no longer serves rarely comes back
RETRY_FAILING = timedelta(hours=20)  # the next day's run; doubled each time, up to that of gone


@dataclass(slots=True)
class Counting:
    """How far the entries of one advertisement are counted.

    Attributes:
        ad_cid: The advertisement.
        cid: The block to fetch next.
        entries: Multihashes counted so far.
        blocks: Blocks counted so far.
        mark: A block passed before; meeting it again means that the chain loops.
    """

    ad_cid: str
    cid: str
    entries: int
    blocks: int
    mark: str | None

    def add(self, entries: int) -> None:
        """Count the block at ``cid``; every power of two it becomes the mark (Brent)."""
        self.entries += entries
        self.blocks += 1
        if self.blocks & (self.blocks - 1) == 0:
            self.mark = self.cid


def store_publishers(
    connection: psycopg.Connection, listed: Sequence[ListedProvider], as_of: datetime
) -> None:
    """Make ``raw_ipni.publisher`` equal to the indexer's list; advertisements stay.

    Those of a provider that can no longer be walked go to another one of the same chain.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from raw_ipni.publisher")
        with cursor.copy(
            "copy raw_ipni.publisher "
            "(provider_id, publisher_id, addresses, base_url, head_cid, seen_at) from stdin"
        ) as sink:
            for one in listed:
                sink.write_row(
                    (
                        one.provider_id,
                        one.publisher_id,
                        list(one.addresses),
                        next(iter(one.base_urls), None),
                        one.head_cid,
                        as_of,
                    )
                )
        _hand_over(cursor)


def _hand_over(cursor: psycopg.Cursor) -> None:
    """Give advertisements of unlisted providers to listed ones whose chain leads to them."""
    while True:
        cursor.execute(
            """
            with walked as materialized (
                select provider_id, head_cid
                from raw_ipni.publisher
                where head_cid is not null and base_url is not null
            ),

            left_behind as materialized (
                select a.ad_cid, a.walked_for
                from raw_ipni.advertisement a
                left join walked w on w.provider_id = a.walked_for
                where w.provider_id is null
            ),

            heirs as (
                select l.walked_for, w.provider_id
                from left_behind l
                join walked w on w.head_cid = l.ad_cid
                union all
                select l.walked_for, w.provider_id
                from left_behind l
                join raw_ipni.advertisement later on later.previous_cid = l.ad_cid
                join walked w on w.provider_id = later.walked_for
            )

            update raw_ipni.advertisement a
            set walked_for = h.provider_id
            from (
                select walked_for, min(provider_id) as provider_id from heirs group by walked_for
            ) h
            where a.walked_for = h.walked_for
            """
        )
        if cursor.rowcount == 0:  # a provider that inherited a chain may itself have an heir
            return


def frontier(connection: psycopg.Connection, provider_id: str, as_of: datetime) -> list[str]:
    """Return the advertisements of a chain that are named but not stored, the newest last."""
    rows = connection.execute(
        """
        select cid
        from (
            select head_cid, true from raw_ipni.publisher where provider_id = %(provider)s
            union all
            select previous_cid, false from raw_ipni.advertisement where walked_for = %(provider)s
        ) named (cid, is_head)
        where cid is not null
            and not exists (select from raw_ipni.advertisement a where a.ad_cid = named.cid)
            and not exists (
                select from raw_ipni.broken_link b
                where b.cid = named.cid and b.retry_at > %(as_of)s
            )
        group by cid
        order by bool_or(is_head), cid
        """,
        {"provider": provider_id, "as_of": as_of},
    )
    return [row[0] for row in rows]


def is_stored(connection: psycopg.Connection, cid: str) -> bool:
    """Return whether an advertisement is stored."""
    row = connection.execute(
        "select exists (select from raw_ipni.advertisement where ad_cid = %s)", [cid]
    ).fetchone()
    return row == (True,)


def is_quarantined(connection: psycopg.Connection, cid: str, as_of: datetime) -> bool:
    """Return whether a block is known to be broken and not to be retried yet."""
    row = connection.execute(
        "select exists (select from raw_ipni.broken_link where cid = %s and retry_at > %s)",
        [cid, as_of],
    ).fetchone()
    return row == (True,)


def store_advertisement(
    connection: psycopg.Connection,
    cid: str,
    ad: Advertisement,
    walked_for: str,
    response_id: int,
    fetched_at: datetime,
) -> None:
    """Store an advertisement, its entries not counted yet, and forget that it was broken."""
    with connection.transaction():
        connection.execute(
            "insert into raw_ipni.advertisement (ad_cid, previous_cid, provider_id, context_id, "
            "entries_cid, is_rm, walked_for, fetched_at, response_id) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                cid,
                ad.previous_cid,
                ad.provider_id,
                ad.context_id,
                ad.entries_cid,
                ad.is_rm,
                walked_for,
                fetched_at,
                response_id,
            ],
        )
        connection.execute("delete from raw_ipni.broken_link where cid = %s", [cid])


def store_broken(
    connection: psycopg.Connection,
    cid: str,
    walked_for: str,
    reason: str,
    as_of: datetime,
    *,
    may_pass: bool,
) -> None:
    """List an advertisement that cannot be read or counted, with its reason.

    Args:
        connection: Of the warehouse.
        cid: The advertisement.
        walked_for: Provider of its chain.
        reason: For people.
        as_of: The run's clock.
        may_pass: It failed, but is not known to be gone or wrong: tried again sooner.
    """
    connection.execute(
        """
        insert into raw_ipni.broken_link as b (
            cid, walked_for, reason, first_failed_at, last_failed_at, retry_at
        )
        values (
            %(cid)s, %(walked_for)s, %(reason)s, %(at)s, %(at)s,
            %(at)s::timestamptz + case when %(may_pass)s then %(failing)s else %(gone)s end
        )
        on conflict (cid) do update set
            reason = excluded.reason, failures = b.failures + 1,
            last_failed_at = excluded.last_failed_at,
            retry_at = excluded.last_failed_at + case
                when %(may_pass)s then least(%(gone)s, %(failing)s * 2 ^ least(b.failures, 9))
                else %(gone)s
            end
        """,
        {
            "cid": cid,
            "walked_for": walked_for,
            "reason": reason,
            "at": as_of,
            "may_pass": may_pass,
            "failing": RETRY_FAILING,
            "gone": RETRY_GONE,
        },
    )


def count_without_asking(connection: psycopg.Connection, walked_for: str) -> None:
    """Finish the advertisements whose number is known: no entries, or entries counted before."""
    connection.execute(
        "update raw_ipni.advertisement set entries_number = 0 "
        "where walked_for = %s and entries_number is null and entries_cid = %s",
        [walked_for, NO_ENTRIES],
    )
    connection.execute(
        """
        update raw_ipni.advertisement a
        set entries_number = (
            select max(b.entries_number) from raw_ipni.advertisement b
            where b.entries_cid = a.entries_cid
        )
        where a.walked_for = %s and a.entries_number is null and exists (
            select from raw_ipni.advertisement b
            where b.entries_cid = a.entries_cid and b.entries_number is not null
        )
        """,
        [walked_for],
    )


def next_uncounted(
    connection: psycopg.Connection, walked_for: str, as_of: datetime
) -> Counting | None:
    """Return the advertisement to count next: the one walked first, unless it is broken."""
    row = connection.execute(
        """
        select a.ad_cid, coalesce(a.next_block_cid, a.entries_cid), a.counted_entries,
            a.counted_blocks, a.mark_cid
        from raw_ipni.advertisement a
        where a.walked_for = %s and a.entries_number is null
            and not exists (
                select from raw_ipni.broken_link b
                where b.cid = a.ad_cid and b.retry_at > %s
            )
        order by a.fetched_at, a.ad_cid
        limit 1
        """,
        [walked_for, as_of],
    ).fetchone()
    return None if row is None else Counting(*row)


def save_counting(connection: psycopg.Connection, counting: Counting, *, is_done: bool) -> None:
    """Save how far an advertisement is counted; the next run goes on from there."""
    with connection.transaction():
        connection.execute(
            "update raw_ipni.advertisement set counted_entries = %s, counted_blocks = %s, "
            "next_block_cid = %s, mark_cid = %s, entries_number = %s where ad_cid = %s",
            [
                counting.entries,
                counting.blocks,
                None if is_done else counting.cid,
                counting.mark,
                counting.entries if is_done else None,
                counting.ad_cid,
            ],
        )
        if is_done:
            connection.execute("delete from raw_ipni.broken_link where cid = %s", [counting.ad_cid])


def restart_counting(connection: psycopg.Connection, ad_cid: str) -> None:
    """Forget how far an advertisement was counted: a later try starts over."""
    connection.execute(
        "update raw_ipni.advertisement set counted_entries = 0, counted_blocks = 0, "
        "next_block_cid = null, mark_cid = null where ad_cid = %s",
        [ad_cid],
    )


def publish_counted(cursor: psycopg.Cursor) -> int:
    """Add every counted advertisement that is not there yet; return how many were added."""
    cursor.execute(
        """
        insert into filplus.ipni_publisher_advertisement (
            id, previous_id, publisher_id, context_id, entries_number, is_rm
        )
        select a.ad_cid, a.previous_cid, a.provider_id, a.context_id, a.entries_number, a.is_rm
        from raw_ipni.advertisement a
        where a.entries_number is not null
            and not exists (
                select from filplus.ipni_publisher_advertisement p where p.id = a.ad_cid
            )
        """
    )
    return cursor.rowcount
