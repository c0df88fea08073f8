"""Replicas, sharing, clients by provider: moved by what was touched, equal to a rebuild."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bench.deal_tables import HOURLY
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.core.tables.contracts import tables
from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.deals import piece_tables, piece_tables_asset
from cdp_assets.filplus.deals.piece_tables_asset import PieceTablesReport
from cdp_assets.filplus.deals.piece_tables_inputs import INPUTS, SHARING
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from simulator.dmob.worked_example import NOW, load_worked_example
from tests.conftest import fresh_database, leave_database
from tests.integration.filplus.pipeline import BY_PIECE_MARTS, WEEKS_OF_DEALS, Pipeline, rows_of

pytestmark = pytest.mark.integration

FIRST = datetime(2024, 2, 19, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
MONDAY = datetime(2024, 3, 11, tzinfo=UTC)
DEAL = (
    'insert into unified_verified_deal ("clientId", "providerId", "pieceCid", "pieceSize", '
    '"termStart") values '
)


def _weeks(pipeline: Pipeline, now: datetime) -> None:
    """Land what changed and make all hours and weeks up to a clock."""
    pipeline.at(now).sync()
    end = now.replace(minute=0) + HOUR
    results = pipeline.build(HOURLY, FIRST, end)
    running = now - timedelta(days=now.weekday(), hours=now.hour, minutes=now.minute)
    results += pipeline.build(WEEKS_OF_DEALS, FIRST, running + WEEK)
    assert all(result.is_good for result in results)


def _tick(pipeline: Pipeline, *statements: str, now: datetime = NOW) -> PieceTablesReport:
    """Change the source, make the weeks anew, then the tables by piece."""
    with psycopg.connect(pipeline.dmob, autocommit=True) as source:
        for statement in statements:
            source.execute(statement.encode())
    _weeks(pipeline, now)
    return pipeline.move_pieces()


def _content(pipeline: Pipeline) -> dict[str, list[Any]]:
    with pipeline.warehouse.connect() as connection:
        tables = ("intermediate.client_piece", *(f"filplus.{name}" for name in BY_PIECE_MARTS))
        return {table: rows_of(connection, table) for table in tables}


def _assert_a_rebuild_changes_nothing(pipeline: Pipeline) -> None:
    moved = _content(pipeline)
    _forget(pipeline)
    made = pipeline.move_pieces()
    assert made.outcome.is_rebuilt
    assert {m.is_changed for t, m in made.outcome.tables.items() if t.startswith("filplus")} == {
        False
    }
    assert _content(pipeline) == moved


def _forget(pipeline: Pipeline) -> None:
    with pipeline.warehouse.connect() as connection:
        connection.execute(
            "delete from ops.asset_partition_status where asset_key = any(%s)", [list(INPUTS)]
        )


def _versions(report: PieceTablesReport) -> dict[str, int]:
    return {key: one.version for key, one in report.published.items()}


def _noted(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    with pipeline.warehouse.connect() as connection:
        return connection.execute(
            "select client_id, piece_cid from raw_dmob.changed_pieces "
            "left join raw_dmob.piece using (piece_id) order by 1, 2"
        ).fetchall()


@pytest.fixture(scope="module")
def templates(server: EmbeddedServer, ready_template: str) -> tuple[str, str]:
    """Names of the worked example as a source, and of a warehouse with its tables by piece."""
    names = ("pieces_dmob", "pieces_warehouse")
    create_database(server.dsn("postgres"), names[0])
    create_database(server.dsn("postgres"), names[1], template=ready_template)
    with psycopg.connect(server.dsn(names[0])) as connection:
        load_worked_example(connection)
    pipeline = Pipeline.over(server.dsn(names[0]), server.dsn(names[1]))
    assert _tick(pipeline).outcome.is_rebuilt
    leave_database(pipeline.warehouse.url)
    return names


@pytest.fixture
def made(server: EmbeddedServer, templates: tuple[str, str]) -> Iterator[Pipeline]:
    """The worked example with its weeks and tables by piece."""
    for source in fresh_database(server, templates[0]):
        for warehouse in fresh_database(server, templates[1]):
            yield Pipeline.over(source, warehouse).at(NOW)


def test_a_sync_notes_pieces_as_they_were_and_as_they_are(made: Pipeline) -> None:
    assert _noted(made) == []
    with psycopg.connect(made.dmob) as source:
        source.execute("update unified_verified_deal set \"pieceCid\" = 'B' where id = 1")
        source.execute("delete from unified_verified_deal where id = 6")
        source.execute(DEAL + "('102', '200', null, 4, 3727270), (null, '200', 'N', 4, 3727270)")
    made.sync()
    assert _noted(made) == [(100, "A"), (100, "B"), (101, "C"), (102, None)]
    made.sync()
    assert len(_noted(made)) == 4


def test_only_touched_pieces_are_counted_anew_and_versions_move_with_rows(made: Pipeline) -> None:
    again = _tick(made)
    assert (again.outcome.is_rebuilt, again.outcome.changed) == (False, 0)
    assert not any(moved.is_changed for moved in again.outcome.tables.values())
    assert _versions(again) == dict.fromkeys(INPUTS, 1)

    third = _tick(made, DEAL + "('102', '203', 'B', 64, 3727260)")  # B is f0100's, at f0201
    assert third.outcome.changed == 1
    assert third.outcome.tables["intermediate.client_piece"].written == 1
    assert made.rows("cid_sharing") == [
        ("f0100", "f0101", 32, 1),
        ("f0100", "f0102", 64, 1),
        ("f0101", "f0100", 96, 1),
        ("f0102", "f0100", 64, 1),
    ]
    assert {key: one.row_count for key, one in third.published.items()} == {
        "intermediate/client_piece": 5,
        "filplus/client_provider_distribution": 5,
        "filplus/client_replica_distribution": 4,
        SHARING: 4,
    }
    assert _versions(third) == dict.fromkeys(INPUTS, 2)
    _assert_a_rebuild_changes_nothing(made)


def test_rows_vanish_with_the_last_deal_and_sizes_of_zero_stay(made: Pipeline) -> None:
    _tick(made, DEAL + "('103', '200', 'Z0', 0, 3727260), ('103', '200', null, 0, 3727260)")
    assert ("f0103", 1, 0, 0) in made.rows("client_replica_distribution")
    _tick(made, "delete from unified_verified_deal where \"pieceCid\" = 'Z0'")
    assert ("f0103", 1, 0, 0) in made.rows("client_replica_distribution")  # of the deal without
    _assert_a_rebuild_changes_nothing(made)
    done = _tick(made, "delete from unified_verified_deal where \"clientId\" in ('103', '101')")
    assert not done.outcome.is_rebuilt
    assert made.rows("cid_sharing") == []
    assert {row[0] for row in made.rows("client_replica_distribution")} == {"f0100"}
    _assert_a_rebuild_changes_nothing(made)


def test_deals_without_a_piece_are_one_group_and_never_shared(made: Pipeline) -> None:
    sharing = made.rows("cid_sharing")
    _tick(
        made,
        DEAL + "('100', '200', null, 8, 3727260), ('100', '201', null, 4, 3727261), "
        "('101', '200', null, 2, 3727260)",
    )
    assert ("f0100", 2, 96 + 12, 32 + 8) in made.rows("client_replica_distribution")
    assert made.rows("cid_sharing") == sharing
    _assert_a_rebuild_changes_nothing(made)


def test_clients_of_one_piece_that_come_and_go_together_are_counted_once(made: Pipeline) -> None:
    _tick(
        made,
        DEAL + "('102', '203', 'A', 1, 3727260), ('103', '203', 'A', 2, 3727260), "
        "('103', '204', 'A', 2, 3727260)",
    )
    sharing = {row[:2]: row[2:] for row in made.rows("cid_sharing")}
    assert len(sharing) == 12
    assert sharing["f0102", "f0103"] == (4, 1)
    assert sharing["f0103", "f0102"] == (1, 1)
    _tick(
        made,
        "delete from unified_verified_deal where \"clientId\" in ('102', '101')",
        DEAL + "('104', '203', 'A', 8, 3727260), ('103', '204', 'B', 2, 3727260)",
    )
    assert made.rows("cid_sharing") == [
        ("f0100", "f0103", 6, 2),
        ("f0100", "f0104", 8, 1),
        ("f0103", "f0100", 160, 2),
        ("f0103", "f0104", 8, 1),
        ("f0104", "f0100", 96, 1),
        ("f0104", "f0103", 4, 1),
    ]
    _assert_a_rebuild_changes_nothing(made)


def test_a_deal_counts_once_the_clock_has_passed_its_start(made: Pipeline) -> None:
    start = NOW + timedelta(minutes=50)
    height = int(start.timestamp() - 1598306400) // 30
    _tick(made, DEAL + f"('105', '205', 'A', 1, {height})")
    assert "f0105" not in {row[0] for row in made.rows("client_provider_distribution")}
    assert _noted(made) == []
    later = _tick(made, now=NOW + HOUR)
    assert (later.outcome.is_rebuilt, later.outcome.changed) == (False, 1)
    assert ("f0105", "f0205", 1, 1, 1) in made.rows("client_provider_distribution")
    assert ("f0100", "f0105", 1, 1) in made.rows("cid_sharing")
    _assert_a_rebuild_changes_nothing(made)


@pytest.mark.parametrize("why", ["code", "clock", "landing"])
def test_without_a_state_to_move_everything_is_made_from_scratch(made: Pipeline, why: str) -> None:
    before = _content(made)
    with made.warehouse.connect() as connection:
        if why == "code":
            connection.execute(
                "update ops.asset_partition_status set code_version = 'of another release' "
                "where asset_key = %s",
                [INPUTS[SHARING][0]],
            )
        elif why == "clock":
            connection.execute(
                "update ops.asset_partition_status set as_of = as_of + interval '1 hour' "
                "where asset_key = any(%s)",
                [list(INPUTS)],
            )
        else:
            connection.execute("truncate raw_dmob.unified_verified_deal")
    assert _tick(made).outcome.is_rebuilt
    assert _content(made) == before
    assert not made.move_pieces().outcome.is_rebuilt


def test_a_broken_rule_is_told_and_the_next_run_starts_from_scratch(made: Pipeline) -> None:
    good = _content(made)
    with made.warehouse.connect() as connection:
        connection.execute("delete from filplus.client_replica_distribution where client = 'f0101'")
    broken = made.move_pieces()
    (failed,) = (check for check in broken.checks if not check.passed)
    assert failed.check_name == "replica_sizes_equal_those_of_providers"
    assert failed.metadata["failing_rows"].value == 1
    with made.warehouse.connect() as connection:
        states = connection.execute(
            "select distinct state from ops.asset_partition_status where asset_key = any(%s)",
            [list(INPUTS)],
        ).fetchall()
    assert states == [("CHECK_FAILED",)]
    assert made.move_pieces().outcome.is_rebuilt
    assert _content(made) == good


def test_a_sync_after_the_weeks_is_refused_until_they_are_made(made: Pipeline) -> None:
    with psycopg.connect(made.dmob) as source:
        source.execute(DEAL + "('104', '204', 'A', 2, 3706920)")  # in the week before
    made.sync()
    with pytest.raises(MissingUpstream, match="1 earlier week of the piece table"):
        made.move_pieces()
    assert _noted(made) == [(104, "A")]
    assert not _tick(made).outcome.is_rebuilt
    assert ("f0104", "f0204", 2, 2, 1) in made.rows("client_provider_distribution")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("intermediate/client_provider_piece_weekly", "are missing or old"),
        ("filplus/client_provider_distribution_weekly_acc", "older than its pieces"),
        ("intermediate/client_provider_claims_weekly_acc", "older than its pieces"),
    ],
    ids=lambda text: text.rsplit("/", 1)[-1],
)
def test_a_running_week_that_is_not_there_is_refused(
    made: Pipeline, table: str, words: str
) -> None:
    with made.warehouse.connect() as connection:
        connection.execute(
            "delete from ops.asset_partition_status where asset_key = %s and window_start = %s",
            [table, MONDAY],
        )
    with pytest.raises(MissingUpstream, match=words) as refused:
        made.move_pieces()
    assert "`cdp refresh` does both in order" in str(refused.value)


def test_killed_between_its_statements_a_run_leaves_nothing_half_written(made: Pipeline) -> None:
    before = _content(made)
    with psycopg.connect(made.dmob) as source:
        source.execute(DEAL + "('102', '203', 'B', 64, 3727260)")
    _weeks(made, NOW)
    caught: list[BaseException] = []

    def run() -> None:
        try:
            piece_tables_asset.refresh_piece_tables(DirectRun("killed"), made.warehouse)
        except psycopg.OperationalError as error:
            caught.append(error)

    with psycopg.connect(made.warehouse.url) as blocker:
        blocker.execute("lock table filplus.cid_sharing in share mode")
        thread = threading.Thread(target=run)
        thread.start()
        killed = 0
        while thread.is_alive() and not killed:
            killed = blocker.execute(
                "select count(pg_terminate_backend(pid)) from pg_locks "
                "where not granted and relation = 'filplus.cid_sharing'::regclass"
            ).fetchone()[0]  # type: ignore[index]
        thread.join()
    assert (killed, len(caught)) == (1, 1)
    assert _content(made) == before
    assert _noted(made) == [(102, "B")]
    assert not made.move_pieces().outcome.is_rebuilt
    assert ("f0102", "f0100", 64, 1) in made.rows("cid_sharing")
    _assert_a_rebuild_changes_nothing(made)


def test_the_statements_key_tables_by_their_declared_keys() -> None:
    for table, key in piece_tables._KEYS.items():
        assert tables()[table.replace(".", "/")].primary_key == key, table
