"""Issuing reports over a real Postgres: written once, ids, rule versions, what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS, CLIENT_CHECKS
from cdp_assets.filplus.reports import generation
from cdp_assets.filplus.reports.client_facts import ClientBatch, CommonFacts, load_clients
from cdp_assets.filplus.scoring.rules import FILE, load_rules
from tests.integration.filplus.report_world import TIB, ReportWorld, two_versions

pytestmark = pytest.mark.integration


def test_a_night_gives_every_client_seventeen_checks_and_every_allocator_twenty(
    stored_night: ReportWorld,
) -> None:
    per_client = stored_night.rows("""select r.client, count(*), count(distinct k.check)
        from filplus.client_report r join filplus.client_report_check_result k
        on k.client_report_id = r.id group by 1 order by 1""")
    assert per_client == [(f"f010{n}", len(CLIENT_CHECKS), 17) for n in range(4)]
    per_allocator = stored_night.rows("""select r.allocator, count(*), count(distinct k.check)
        from filplus.allocator_report r join filplus.allocator_report_check_result k
        on k.allocator_report_id = r.id group by 1 order by 1""")
    assert per_allocator == [(f"f030{n}", len(ALLOCATOR_CHECKS), 20) for n in range(3)]


def test_the_same_night_again_changes_nothing(night_world: ReportWorld) -> None:
    before = night_world.contents()
    again, more = night_world.night()
    assert (again.entities, sum(again.rows.values())) == (4, 0)
    assert (more.entities, sum(more.rows.values())) == (3, 0)
    assert night_world.contents() == before


def test_the_same_inputs_in_another_warehouse_give_the_same_ids(
    world: ReportWorld, stored_night: ReportWorld
) -> None:
    world.standard()
    world.night()
    ids = "select allocator, id from filplus.allocator_report order by 1"
    assert len(world.rows(ids)) == 3
    assert world.rows(ids) == stored_night.rows(ids)


def test_one_allocator_alone_after_the_night_gives_the_same_report(
    night_world: ReportWorld,
) -> None:
    done = night_world.allocator_reports(allocators=["f2f0301"])
    assert (done.entities, sum(done.rows.values()), done.skipped) == (1, 0, {})


def test_a_changed_input_makes_a_second_report_and_leaves_the_first(
    night_world: ReportWorld,
) -> None:
    first = night_world.rows("select * from filplus.client_report where client = 'f0100'")
    night_world.connection.execute(
        "update filplus.client_provider_distribution set total_deal_size = total_deal_size + 1 "
        "where client = 'f0100' and provider = 'f0201'"
    )
    night_world.night()
    now = night_world.rows("select * from filplus.client_report where client = 'f0100' order by id")
    assert len(now) == 2
    assert now[0] == first[0]
    counts = night_world.rows(
        "select client, count(*) from filplus.client_report group by 1 order by 1"
    )
    assert counts == [("f0100", 2), ("f0101", 1), ("f0102", 1), ("f0103", 1)]


def test_a_new_rule_version_makes_new_reports_and_old_ones_stay(
    night_world: ReportWorld, tmp_path: Path
) -> None:
    before = night_world.contents()
    copies = "percentage_for_required_copies: "
    night_world.night(two_versions(tmp_path, f"{copies}34", f"{copies}20", since="2026-01-01"))
    after = night_world.contents()
    assert all(set(map(str, before[t])) <= set(map(str, after[t])) for t in before)
    versions = night_world.rows(
        "select rule_version, count(*) from filplus.allocator_report group by 1 order by 1"
    )
    assert versions == [(1, 3), (2, 3)]
    assert night_world.rows("select count(*) from filplus.rule_version") == [(2,)]


def test_rules_changed_under_a_known_version_are_refused(
    night_world: ReportWorld, tmp_path: Path
) -> None:
    path = tmp_path / "scoring_rules.yaml"
    text = FILE.read_text(encoding="utf-8")
    path.write_text(text.replace("min_retrievability: 0.75", "min_retrievability: 0.7"))
    with pytest.raises(BadConfiguration, match="write the change as a new one"):
        night_world.night(load_rules(path))


@pytest.mark.parametrize(
    "statement",
    [
        "update filplus.allocator_report set name = 'x'",
        "delete from filplus.client_report_check_result",
        "truncate filplus.allocator_score_explained",
        "update filplus.allocator_report_scoring_result set score = 0",
    ],
)
def test_a_stored_report_cannot_be_changed(night_world: ReportWorld, statement: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="never change"):
        night_world.connection.execute(statement)


def test_a_missing_input_table_is_named(world: ReportWorld) -> None:
    world.connection.execute("drop table filplus.cid_sharing cascade")
    with pytest.raises(MissingUpstream, match="filplus.cid_sharing"):
        world.night()


@pytest.mark.parametrize("reports", ["client_reports", "allocator_reports"])
def test_inputs_that_were_never_built_are_named_instead_of_reported_as_silence(
    world: ReportWorld, reports: str
) -> None:
    world.standard()
    never = ["filplus/cid_sharing", "filplus/provider_ipni_reporting"]
    world.connection.execute("delete from ops.asset_version where asset_key = any(%s)", [never])
    with pytest.raises(MissingUpstream, match=f"never built: {', '.join(never)}"):
        getattr(world, reports)()


@pytest.mark.parametrize("state", ["CHECK_FAILED", "FAILED"])
@pytest.mark.parametrize("reports", ["client_reports", "allocator_reports"])
def test_inputs_that_did_not_pass_are_named_and_no_report_is_stored(
    world: ReportWorld, reports: str, state: str
) -> None:
    world.standard()
    world.connection.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, "
        "row_count, version, code_version) values ('filplus/cid_sharing', '', %s, true, 0, 1, '1')",
        [state],
    )
    with pytest.raises(MissingUpstream, match=f"checks pass: filplus/cid_sharing .{state.lower()}"):
        getattr(world, reports)()


def test_observations_that_were_never_made_are_unknown_and_refuse_nothing(
    world: ReportWorld,
) -> None:
    world.standard()
    world.connection.execute(
        "delete from ops.asset_version where asset_key in ('filplus/provider_ip_info', "
        "'raw_lotus/client_status', 'raw_url_finder/client_working_url')"
    )
    assert [done.entities for done in world.night()] == [4, 3]


def test_an_allocator_nobody_knows_is_left_out_by_name_and_the_rest_is_stored(
    world: ReportWorld,
) -> None:
    world.standard()
    world.registry("f0399")
    done = world.allocator_reports()
    assert done.entities == 3
    assert list(done.skipped) == ["f0399"]


def test_no_statement_depends_on_the_number_of_clients(
    world: ReportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[object] = []
    execute = psycopg.Cursor.execute

    def counting(self: psycopg.Cursor, query: Any, *args: Any, **more: Any) -> Any:
        counted.append(query)
        return execute(self, query, *args, **more)

    def statements() -> int:
        counted.clear()
        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", counting)
            world.night()
        return len(counted)

    world.standard()
    few = statements()
    for n in range(40):
        world.allocator(f"f04{n:02}")
        world.client(f"f05{n:02}", f"f04{n:02}")
        world.deals(f"f05{n:02}", "f0201", TIB, TIB)
    assert statements() == few
    assert few < 80


@pytest.mark.parametrize("bound", [1, 2, 3])
def test_reports_in_batches_are_those_of_one_and_hold_no_more_clients_than_the_bound(
    world: ReportWorld, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    sizes: list[int] = []

    def counting(connection: Any, clients: Sequence[str], common: CommonFacts) -> ClientBatch:
        sizes.append(len(clients))
        return load_clients(connection, clients, common)

    def rows_of_a_night() -> dict[str, list[tuple[Any, ...]]]:
        sizes.clear()
        with world.connection.transaction(force_rollback=True):
            world.connection.execute(
                "alter table filplus.allocator_report alter column report_number restart with 1"
            )
            world.night()
            return world.contents()

    monkeypatch.setattr(generation, "load_clients", counting)
    world.standard()
    whole = rows_of_a_night()
    assert sizes == [4, 4]
    monkeypatch.setattr(generation, "CLIENTS_PER_BATCH", bound)
    assert rows_of_a_night() == whole
    # Clients one after another; allocators with two, one and one client, none is cut in two.
    of_clients = [bound] * (4 // bound) + ([4 % bound] if 4 % bound else [])
    of_allocators = {1: [2, 1, 1], 2: [2, 2], 3: [3, 1]}[bound]
    assert sizes == of_clients + of_allocators
