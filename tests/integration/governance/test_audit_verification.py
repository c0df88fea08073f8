"""The verification of the audit log finds what was edited and what was removed, the newest too."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from cdp_assets.cli.app import main
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.governance.audit_anchor import anchor_file, database_id, read_anchor
from cdp_assets.governance.audit_log import AuditEntry, append, change_hash, newest
from cdp_assets.governance.audit_verification import (
    Verification,
    record_verification,
    verification_result,
    verify,
)
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.warehouse import Warehouse
from tests.conftest import fresh_database

pytestmark = pytest.mark.integration
NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)


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
        ip_address="192.0.2.1",
        schema_version=1 if number == 1 else 2,
    )


def _add(connection: psycopg.Connection, *numbers: int) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        for number in numbers:
            append(cursor, _entry(number))


@pytest.fixture
def log(warehouse_dsn: str, tmp_path: Path) -> Iterator[psycopg.Connection]:
    """A warehouse whose audit log has an entry of version 1 and two of version 2."""
    publish_environment(
        {"DATABASE_URL": warehouse_dsn, "CDP_STATE_DIR": str(tmp_path), "CDP_AS_OF": str(NOON)}
    )
    with psycopg.connect(warehouse_dsn, autocommit=True) as connection:
        _add(connection, 1, 2, 3)
        connection.execute("set session_replication_role = replica")  # guards are triggers
        yield connection


@pytest.fixture
def other_dsn(server: EmbeddedServer, migrated_template: str) -> Iterator[str]:
    """Another warehouse on the same server."""
    yield from fresh_database(server, migrated_template)


def _verify(log: psycopg.Connection, hours: int = 0) -> Verification:
    publish_environment({"CDP_AS_OF": str(NOON + timedelta(hours=hours))})
    dsn = f"postgresql://{log.info.user}:{log.info.password}@{log.info.host}:{log.info.port}"
    _, found = record_verification(DirectRun(), Warehouse(url=f"{dsn}/{log.info.dbname}"))
    return found


@pytest.mark.parametrize("table", ["log", "access_log"])
@pytest.mark.parametrize(
    "change", ["update {} set actor_id = 'x'", "delete from {}", "truncate {}"]
)
def test_nobody_changes_what_was_recorded(
    log: psycopg.Connection, warehouse_dsn: str, table: str, change: str
) -> None:
    log.execute(
        "insert into audit.access_log (at, actor_id, action, resource) "
        "values (now(), 'a', 'b', 'c')"
    )
    with psycopg.connect(warehouse_dsn, autocommit=True) as owner:
        with pytest.raises(psycopg.errors.RaiseException, match="are only added") as refused:
            owner.execute(change.format(f"audit.{table}").encode())
        assert "write a new entry" in str(refused.value.diag.message_hint)
        assert owner.execute(f"select count(*) > 0 from audit.{table}".encode()).fetchone() == (
            True,
        )


def test_an_unchanged_log_passes_while_it_grows(log: psycopg.Connection) -> None:
    assert [_verify(log).is_good, _verify(log, 1).is_good] == [True, True]
    _add(log, 4)
    assert _verify(log, 2).entries == 4
    anchor = read_anchor()
    assert anchor is not None
    assert anchor.head == newest(log)
    assert anchor_file().stat().st_mode & 0o777 == 0o600
    recorded = "select entries, newest_seq, is_unbroken from ops.audit_verifications order by 1, 2"
    assert log.execute(recorded).fetchall() == [(3, 3, True), (3, 3, True), (4, 4, True)]


def test_an_empty_log_passes_and_one_that_was_emptied_does_not(log: psycopg.Connection) -> None:
    log.execute("create table kept as select * from audit.log; delete from audit.log")
    assert _verify(log).is_good
    assert read_anchor() is None
    log.execute("insert into audit.log select * from kept")
    assert _verify(log, 1).is_good
    log.execute("delete from audit.log")
    assert _verify(log, 2).broken == 1


FORGERIES = {
    "delete from audit.log where seq = 3": 3,
    "delete from audit.log where seq > 1": 2,
    "update audit.log set reason = 'x' where seq = 2": 2,
    "update audit.log set ip_address = '198.51.100.1' where seq = 2": 2,
    "update audit.log set identity_proof = 'proxy' where seq = 3": 3,
    "update audit.log set schema_version = 1 where seq = 2": 2,
    "update audit.log set before = '{}' where seq = 1": 1,
    "delete from audit.log where seq = 1": 2,
}


def test_i16_a_log_that_is_not_what_was_written_stays_broken_until_it_is_put_right(
    log: psycopg.Connection,
) -> None:
    log.execute("create table kept as select * from audit.log")
    assert _verify(log).is_good
    for hours, (forgery, first) in enumerate(FORGERIES.items(), 1):
        log.execute(forgery)
        red = [_verify(log, hours), _verify(log, hours)]
        assert [one.broken for one in red] == [first, first], forgery
        log.execute("delete from audit.log")
        log.execute("insert into audit.log select * from kept")
    assert f"Entry {first} of the audit log does" in str(verification_result(red[0]).description)
    assert _verify(log, 24).is_good


def test_a_log_that_was_hashed_again_from_its_newest_entry_on_is_found(
    log: psycopg.Connection,
) -> None:
    assert _verify(log).is_good
    ((second,),) = log.execute("select change_hash from audit.log where seq = 2").fetchall()
    log.execute("delete from audit.log where seq = 3")
    _add(log, 9)
    assert newest(log) == (3, change_hash(_entry(9), 3, second))
    assert _verify(log, 1).broken == 3
    # Without the file the entry of the last good verification is looked for.
    anchor_file().unlink()
    assert _verify(log, 2).broken == 3


def test_a_database_in_the_place_of_the_anchored_one_is_named_as_such(
    log: psycopg.Connection, other_dsn: str
) -> None:
    assert _verify(log).is_good
    stored = anchor_file().read_text()
    with psycopg.connect(other_dsn, autocommit=True) as other:
        _add(other, 7)
        found = _verify(other, 1)
        assert (found.is_good, found.broken) == (False, None)
        assert (
            f"does not have entry 3 of {NOON.isoformat()}: {anchor_file()} was written for another "
            "database, so this one is new or took its place. If it is meant to be new, move the "
            "file away; else connect to the former database or restore it."
        ) in found.sentence
        assert not _verify(other, 2).is_good, "it does not become the anchored one by itself"
        assert anchor_file().read_text() == stored
        other.execute("set session_replication_role = replica")
        other.execute("update audit.log set reason = 'x' where seq = 1")
        assert _verify(other, 3).broken == 1
        written = database_id(other)
        other.execute("set role cdp_writer")
        assert database_id(other) == written, "runs may read it"
    assert _verify(log, 4).is_good


def test_a_database_that_was_restored_from_a_dump_goes_on_and_becomes_the_anchored_one(
    log: psycopg.Connection, other_dsn: str
) -> None:
    assert _verify(log).is_good
    entries = log.execute("select * from audit.log order by seq").fetchall()
    with psycopg.connect(other_dsn, autocommit=True) as restored:
        for entry in entries:
            values = ", ".join(["%s"] * len(entry))
            row = [Jsonb(value) if isinstance(value, dict) else value for value in entry]
            restored.execute(f"insert into audit.log values ({values})", row)
        _add(restored, 4)
        assert _verify(restored, 1).is_good
        anchor = read_anchor()
        assert anchor is not None
        assert (anchor.seq, anchor.database) == (4, database_id(restored))
    assert "was written for another database" in _verify(log, 2).sentence


def test_an_anchor_of_an_earlier_release_names_no_database_and_stays_valid(
    log: psycopg.Connection,
) -> None:
    assert _verify(log).is_good
    stored = json.loads(anchor_file().read_text())
    key = anchor_file().with_suffix(".key").read_bytes()
    text = f"{stored['seq']}\n{stored['change_hash']}\n{stored['verified_at']}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    del stored["database"]
    anchor_file().write_text(json.dumps({**stored, "signature": signature}))
    log.execute("delete from audit.log where seq = 3")
    assert _verify(log, 1).broken == 3
    _add(log, 3)
    assert _verify(log, 2).is_good
    anchor = read_anchor()
    assert anchor is not None
    assert anchor.database == database_id(log)
    anchor_file().write_text(json.dumps({**stored, "signature": anchor.signature}))
    assert "the signature of the audit log's anchor is wrong" in _verify(log, 3).sentence


def test_an_anchor_that_was_changed_or_signed_by_another_key_is_found(
    log: psycopg.Connection,
) -> None:
    assert _verify(log).is_good
    stored = anchor_file().read_text()
    anchor_file().write_text(json.dumps({**json.loads(stored), "seq": 2}))
    found = _verify(log, 1)
    assert not found.is_good
    assert "the signature of the audit log's anchor is wrong" in found.sentence
    anchor_file().write_text(stored)
    publish_environment({"CDP_AUDIT_ANCHOR_KEY": "another key of the tests"})
    assert not _verify(log, 2).is_good


def test_a_rolled_back_change_leaves_no_gap(log: psycopg.Connection) -> None:
    with log.transaction(force_rollback=True), log.cursor() as cursor:
        assert append(cursor, _entry(4)) == 4
    _add(log, 5)
    assert verify(log).broken is None
    head = newest(log)
    assert head is not None
    assert head.seq == 4


def test_the_command_names_the_first_broken_entry(
    log: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cdp", "verify-audit"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "3 entries verified, newest 3 " in capsys.readouterr().out
    log.execute("update audit.log set actor_id = 'eve' where seq = 2")
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == 1
    assert "CREATE_INPUT_OVERRIDE of input_override 2 by eve" in shown.out
    assert "Entry 2 of the audit log does not follow from the entries before" in shown.err
    assert "which does not show that they are the original ones" in shown.err


def test_a_log_that_was_begun_anew_is_not_called_original(log: psycopg.Connection) -> None:
    assert _verify(log).is_good
    gone = "Entry 3 of the audit log, the newest of the last verification, is gone"
    another = "Entry 3 of the audit log is another one than at the last verification"
    unproven = "which does not show that they are the original ones"
    log.execute("truncate audit.log")
    assert gone in _verify(log, 1).sentence
    _add(log, 7, 8)
    sentence = _verify(log, 2).sentence
    assert gone in sentence
    assert f"The entries before 3 fit each other, {unproven}" in sentence
    assert "does not follow" not in sentence
    _add(log, *range(9, 15))
    sentence = _verify(log, 3).sentence
    assert another in sentence
    assert unproven in sentence
    log.execute("update audit.log set reason = 'x' where seq = 2")
    sentence = _verify(log, 4).sentence
    assert another in sentence, "although the first broken entry is before it"
    assert "Entry 2 of the audit log does not follow from the entries before" in sentence
