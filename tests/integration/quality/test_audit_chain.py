"""The daily check of the audit log finds what was edited and what was removed, the newest too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import dagster as dg
import psycopg
import pytest

from cdp_assets.governance.audit_log import AuditEntry, Head, append, change_hash, newest
from cdp_assets.quality import audit_chain
from cdp_assets.quality.check_homes import CheckHomes

pytestmark = pytest.mark.integration
NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
Evaluate = Callable[..., dg.AssetCheckEvaluation]

HOMES = CheckHomes({audit_chain.ASSET: "filplus_reports"})


def _entry(number: int) -> AuditEntry:
    return AuditEntry(
        NOON,
        "ann",
        "CREATE_INPUT_OVERRIDE",
        "input_override",
        str(number),
        None,
        {"n": number},
        "measured by hand",
        "run-1",
    )


@pytest.fixture
def log(warehouse_dsn: str) -> Iterator[psycopg.Connection]:
    """A warehouse whose audit log has three rows."""
    with psycopg.connect(warehouse_dsn, autocommit=True) as connection:
        with connection.transaction(), connection.cursor() as cursor:
            for number in (1, 2, 3):
                append(cursor, _entry(number))
        yield connection


@pytest.fixture
def evaluate(log: psycopg.Connection) -> Iterator[Evaluate]:
    """Evaluate the check in a run of its own, as the daily job does."""
    with dg.DagsterInstance.ephemeral() as instance:

        @dg.multi_asset_check(specs=[HOMES.spec(audit_chain.spec())])
        def check(context):
            yield HOMES.result(audit_chain.evaluate(log, _head(context)))

        @dg.multi_asset_check(specs=[audit_chain.spec()])
        def of_an_earlier_release(context):
            yield audit_chain.evaluate(log, _head(context))

        def run(made=check) -> dg.AssetCheckEvaluation:
            job = dg.Definitions(asset_checks=[made]).resolve_implicit_global_asset_job_def()
            (found,) = job.execute_in_process(instance=instance).get_asset_check_evaluations()
            return found

        run.of_an_earlier_release = of_an_earlier_release  # type: ignore[attr-defined]
        yield run


def _head(context):
    key = HOMES.key(audit_chain.ASSET, audit_chain.CHECK)
    return audit_chain.stored_head(context.instance, key)


def test_the_row_kept_by_an_earlier_release_is_looked_for(
    log: psycopg.Connection, evaluate: Evaluate
) -> None:
    assert evaluate(evaluate.of_an_earlier_release).passed
    log.execute("delete from audit.log where seq = 3")
    assert not evaluate().passed


def test_an_untouched_log_passes_while_it_grows(
    log: psycopg.Connection, evaluate: Evaluate
) -> None:
    assert [evaluate().passed for _ in range(2)] == [True, True]
    with log.transaction(), log.cursor() as cursor:
        append(cursor, _entry(4))
    grown = evaluate()
    assert (grown.passed, grown.metadata["newest_seq"].value) == (True, 4)


def test_an_empty_log_passes_and_one_that_was_emptied_does_not(
    log: psycopg.Connection, evaluate: Evaluate
) -> None:
    log.execute("create table kept as select * from audit.log; delete from audit.log")
    assert evaluate().passed
    log.execute("insert into audit.log select * from kept")
    assert evaluate().passed
    log.execute("delete from audit.log")
    assert not evaluate().passed


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        pytest.param("delete from audit.log where seq = 3", 3, id="the newest is removed"),
        pytest.param("delete from audit.log where seq > 1", 2, id="the two newest are"),
        pytest.param("update audit.log set reason = 'x' where seq = 2", 2, id="one is edited"),
        pytest.param("delete from audit.log where seq = 1", 2, id="the first is removed"),
    ],
)
def test_a_log_that_is_not_what_was_written_stays_broken_until_it_is_put_right(
    log: psycopg.Connection, evaluate: Evaluate, forgery: str, found: int
) -> None:
    log.execute("create table kept as select * from audit.log")
    assert evaluate().passed
    log.execute(forgery)
    for _ in range(3):
        red = evaluate()
        assert (red.passed, red.severity) == (False, dg.AssetCheckSeverity.ERROR)
        assert f"From row {found} on" in str(red.description)
    log.execute("delete from audit.log")
    log.execute("insert into audit.log select * from kept")
    assert evaluate().passed


def test_a_log_that_was_hashed_anew_from_its_newest_row_on_is_found(
    log: psycopg.Connection, evaluate: Evaluate
) -> None:
    assert evaluate().passed
    (second,) = log.execute("select change_hash from audit.log where seq = 2").fetchall()[0]
    log.execute("delete from audit.log where seq = 3")
    with log.transaction(), log.cursor() as cursor:
        append(cursor, _entry(9))
    assert newest(log) == Head(3, change_hash(_entry(9), 3, second))
    assert "From row 3 on" in str(evaluate().description)
