"""The daily verification of the audit log: an asset with a row per verification, and its check.

No entry may be edited or removed, not even the newest ones. Scope: verifying and recording; not
here: the hashes (``audit_log``), the file with the newest verified entry (``audit_anchor``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.planning.asset_facts import PLANNED_BY
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.audit_anchor import (
    Anchor,
    anchor_file,
    database_id,
    read_anchor,
    write_anchor,
)
from cdp_assets.governance.audit_log import Head, first_broken, hash_of, newest
from resources.postgres.warehouse import Warehouse

VERIFICATIONS: Final = "ops/audit_verifications"
AUDIT_JOB: Final = "audit_verification_job"
CHECK: Final = "audit_log_is_unbroken"
_MEANING: Final = (
    "Every entry of the audit log has the hash of its content and of the entry before, and the "
    "newest entry of the last verification is still there."
)
_CODE_VERSION: Final = "1"
_SQL: Final = "select * from audit.log where seq >= {} - 1 order by seq"
_SPEC: Final = dg.AssetCheckSpec(CHECK, asset=VERIFICATIONS.split("/"), description=_MEANING)


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes:
        entries: Entries of the log.
        head: Its newest entry; null: the log is empty.
        broken: Number of the first entry that was edited or follows a removed one; null: none.
        problem: Why the anchor cannot be used, or that it is of another database; empty: neither.
        known: Entry that the log had when it was last verified; null: none is known.
        known_now: Hash that the entry of this number has now; null: it is gone, or none is known.
    """

    entries: int
    head: Head | None
    broken: int | None
    problem: str = ""
    known: Head | None = None
    known_now: str | None = None

    @property
    def is_good(self) -> bool:
        """Return whether the log is as it was written."""
        return self.broken is None and not self.problem

    @property
    def sentence(self) -> str:
        """Return what is wrong, and what to do; empty: nothing."""
        if self.broken is None:
            return self.problem
        found = [*self._known_entry(), *self._broken_entry()]
        if self.broken > 1:
            found.append(
                f"The entries before {self.broken} fit each other, which does not show that they "
                "are the original ones."
            )
        return " ".join([*found, "Compare the whole log with a backup."])

    def _known_entry(self) -> Iterator[str]:
        if self.known is None or self.known.change_hash == self.known_now:
            return
        seq = self.known.seq
        if self.known_now is None:
            yield (
                f"Entry {seq} of the audit log, the newest of the last verification, is gone: "
                "entries were removed, or the log was begun anew."
            )
        else:
            yield (
                f"Entry {seq} of the audit log is another one than at the last verification: it "
                "or an entry before it was replaced, and what follows hashed again."
            )

    def _broken_entry(self) -> Iterator[str]:
        """Yield what is wrong with the broken entry itself; nothing where only the known one is."""
        assert self.broken is not None
        is_there = self.head is not None and self.broken <= self.head.seq
        is_replaced = (
            self.known is not None
            and self.broken == self.known.seq
            and self.known.change_hash != self.known_now
        )
        if is_there and not is_replaced:
            yield (
                f"Entry {self.broken} of the audit log does not follow from the entries before: "
                "it was edited, or one before it was removed."
            )


def verify(connection: psycopg.Connection) -> Verification:
    """Verify the full log, in order, and that it has the entry of the anchor.

    Where the file is gone, the newest entry of the last good verification is looked for instead. A
    database that was restored from a dump has the entry, so it passes; a new one does not.

    Args:
        connection: Whose statements see one state of the database.
    """
    row = connection.execute("select count(*) from audit.log").fetchone()
    assert row is not None
    anchor, problem = None, ""
    try:
        anchor = read_anchor()
        known = _recorded_head(connection) if anchor is None else anchor.head
    except PermanentFailure as forged:
        known, problem = _recorded_head(connection), str(forged)
    broken = first_broken(connection, known)
    if broken is not None and anchor is not None and _is_of_another(anchor, connection):
        broken, problem, known = first_broken(connection), _another_database(anchor), None
    now = None if known is None else hash_of(connection, known.seq)
    return Verification(int(row[0]), newest(connection), broken, problem, known, now)


def _is_of_another(anchor: Anchor, connection: psycopg.Connection) -> bool:
    return anchor.database is not None and anchor.database != database_id(connection)


def _another_database(anchor: Anchor) -> str:
    return (
        f"The audit log does not have entry {anchor.seq} of {anchor.verified_at}: {anchor_file()} "
        "was written for another database, so this one is new or took its place. If it is meant "
        "to be new, move the file away; else connect to the former database or restore it."
    )


def _recorded_head(connection: psycopg.Connection) -> Head | None:
    row = connection.execute(
        "select newest_seq, newest_hash from ops.audit_verifications "
        "where is_unbroken and newest_seq is not null order by verified_at desc limit 1"
    ).fetchone()
    return None if row is None else Head(int(row[0]), str(row[1]))


def record_verification(
    context: RunContext, warehouse: Warehouse
) -> tuple[PartitionRun, Verification]:
    """Verify the log and record that; of a good log the newest entry becomes the anchor.

    Of a broken log the anchor stays, so each verification fails until the entries are back.
    """
    with (
        partition_run(context, warehouse, [VERIFICATIONS], code_version=_CODE_VERSION) as run,
        run.connection("cdp audit") as connection,
    ):
        with run.transaction(connection, one_snapshot=True) as cursor:
            found = verify(connection)
            count = _record(cursor, found, run.as_of, run.run_id)
            run.publish(cursor, VERIFICATIONS, count, adds_rows=True)
        if found.is_good and found.head is not None:
            write_anchor(found.head, run.as_of, database_id(connection))
    return run, found


def _record(cursor: psycopg.Cursor, found: Verification, now: datetime, run_id: str) -> int:
    head = found.head
    cursor.execute(
        """
        insert into ops.audit_verifications (verified_at, entries, newest_seq, newest_hash,
            is_unbroken, first_broken_seq, run_id)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (verified_at) do update set entries = excluded.entries,
            newest_seq = excluded.newest_seq, newest_hash = excluded.newest_hash,
            is_unbroken = excluded.is_unbroken, first_broken_seq = excluded.first_broken_seq,
            run_id = excluded.run_id
        """,
        [
            now,
            found.entries,
            head and head.seq,
            head and head.change_hash,
            found.is_good,
            found.broken,
            run_id,
        ],
    )
    row = cursor.execute("select count(*) from ops.audit_verifications").fetchone()
    assert row is not None
    return int(row[0])


@dg.asset(
    key=VERIFICATIONS.split("/"),
    group_name="ops",
    kinds={"python", "postgres"},
    tags={"domain": "ops", "layer": "ops", "cadence": "daily", "pii": "none", "tier": "1"},
    freshness_policy=FRESHNESS_BY_CADENCE["daily"],
    code_version=_CODE_VERSION,
    metadata={PLANNED_BY: AUDIT_JOB},
    check_specs=[_SPEC],
)
def audit_verifications(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """One row per verification of the audit log."""
    run, found = record_verification(context, warehouse)
    yield run.result(VERIFICATIONS, metadata={"entries": found.entries})
    yield verification_result(found)


def verification_result(found: Verification) -> dg.AssetCheckResult:
    """Return the check of a verification."""
    return check_result(
        VERIFICATIONS,
        CHECK,
        _MEANING,
        failing_rows=int(not found.is_good),
        sql=_SQL.format(found.broken or 1),
        samples=[] if found.broken is None else [f"entry {found.broken}"],
        found=found.sentence,
    )
