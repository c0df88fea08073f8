"""Reports with overridden inputs: applied in time and shown, old ones unchanged (G-07)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.overrides.override_store import (
    Request,
    add_override,
    overrides_in_force,
    withdraw_override,
)
from cdp_assets.filplus.overrides.override_values import INPUTS, EntityKind, InputName, Value
from cdp_assets.filplus.reports.score_recomputation import reproduce_scores
from cdp_assets.filplus.scoring.rules import load_rules
from cdp_assets.governance.audit_log import first_broken
from tests.integration.filplus.report_world import NOW, TIB, TODAY, ReportWorld

pytestmark = pytest.mark.integration
ADDED = NOW - timedelta(days=1)
END = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _standard(world: ReportWorld) -> None:
    world.standard()


def request(at: datetime = ADDED) -> Request:
    return Request("ann", "bob", "measured by hand in issue 901", at, "run-1")


def add(
    world: ReportWorld,
    kind: EntityKind,
    entity: str,
    name: InputName,
    value: Value,
    end: datetime = END,
    at: datetime = ADDED,
) -> int:
    with world.connection.cursor() as cursor:
        return add_override(cursor, kind, entity, name, value, end, request(at))


def withdraw(world: ReportWorld, number: int, at: datetime = ADDED) -> None:
    with world.connection.cursor() as cursor:
        withdraw_override(cursor, number, request(at))


def in_force(world: ReportWorld, at: datetime = NOW) -> list[tuple[int, Value]]:
    return [(one.override_id, one.value) for one in overrides_in_force(world.connection, at)]


def points(world: ReportWorld, allocator: str) -> dict[str, int]:
    found = world.rows(
        "select s.metric, s.score from filplus.allocator_report_scoring_result s "
        "join filplus.allocator_report r on r.id = s.allocator_report_id where r.allocator = %s",
        allocator,
    )
    return dict(found)


def test_reports_show_the_override_of_an_allocator_and_use_it(world: ReportWorld) -> None:
    number = add(world, "allocator", "f0300", "required_copies", "3")
    world.night()
    shown = {
        "override_id": number,
        "entity_kind": "allocator",
        "entity_id": "f0300",
        "input_name": "required_copies",
        "original_value": "2",
        "value_used": "3",
        "reason": "measured by hand in issue 901",
        "requested_by": "ann",
        "approver": "bob",
        "expires_at": END.isoformat(),
    }
    assert world.allocator_value("f0300", "input_overrides") == [shown]
    assert world.client_value("f0100", "input_overrides") == [shown]
    assert world.allocator_value("f0300", "required_copies") == "3"
    assert world.client_value("f0100", "allocator_required_copies") == "3"
    assert world.allocator_value("f0302", "input_overrides") == []
    assert world.client_value("f0103", "input_overrides") == []


def test_a_check_follows_from_the_overridden_input(world: ReportWorld) -> None:
    query = """
        select k.result from filplus.client_report_check_result k
        join filplus.client_report r on r.id = k.client_report_id
        where r.client = 'f0102' and k."check" = 'NOT_ENOUGH_COPIES'
    """
    add(world, "allocator", "f0301", "required_copies", "3")
    world.night()
    assert world.rows(query) == [(False,)]


def test_an_override_of_a_client_is_shown_by_both_kinds_of_report(world: ReportWorld) -> None:
    add(world, "client", "f0100", "expected_size_of_single_dataset", str(2**53 + 1))
    add(world, "client", "f0100", "total_requested_amount", None)
    add(world, "client", "f0100", "declared_providers", ["f0201"])
    world.night()
    for shown in (
        world.allocator_value("f0300", "input_overrides"),
        world.client_value("f0100", "input_overrides"),
    ):
        assert [(o["input_name"], o["original_value"], o["value_used"]) for o in shown] == [
            ("expected_size_of_single_dataset", str(10 * TIB), str(2**53 + 1)),
            ("total_requested_amount", str(100 * TIB), None),
            ("declared_providers", ["f0201", "f0202"], ["f0201"]),
        ]
    assert world.client_value("f0100", "expected_size_of_single_dataset") == 2**53 + 1
    assert world.client_value("f0100", "total_requested_amount") is None
    assert world.client_value("f0100", "storage_provider_ids_declared") == ["f0201"]
    assert world.client_value("f0101", "input_overrides") == []


def test_a_disputed_retrievability_changes_scores_through_the_average_only(
    world: ReportWorld,
) -> None:
    world.night(now=NOW - timedelta(days=1))
    before = points(world, "f0300")
    add(world, "provider", "f0201", "retrievability", "0.95", at=ADDED + timedelta(hours=1))
    world.night()
    # Clients of f0300: f0201 twice, 0.5 of f0202 and 0.75 of f0203.
    ((first,), (second,)) = world.rows(
        "select avg_retrievability_success_rate_url_finder from filplus.allocator_report "
        "where allocator = 'f0300' order by report_day",
    )
    assert (first, second) == (0.4375, 0.7875)
    shown = world.rows(
        "select allocator, input_overrides -> 0 ->> 'original_value' "
        "from filplus.allocator_report where input_overrides <> '[]' order by 1",
    )
    assert shown == [("f0300", "0.25"), ("f0301", "0.25"), ("f0302", "0.25")]
    assert set(points(world, "f0300")) == set(before)


def test_the_type_of_an_allocator_chooses_the_weights(world: ReportWorld) -> None:
    add(world, "allocator", "f0300", "data_type", "enterprise")
    add(world, "allocator", "f0300", "audit", ["Enterprise Data"])
    add(world, "allocator", "f0300", "first_audit_ended_at", None)
    world.night()
    assert world.allocator_value("f0300", "data_type") == "enterprise"
    assert world.allocator_value("f0300", "audit") == ["Enterprise Data"]
    assert len(points(world, "f0300")) == 6
    assert points(world, "f0300")["CLIENT_DIVERSITY"] == 0


def test_scores_of_reports_with_overrides_are_reproduced_exactly(world: ReportWorld) -> None:
    world.night(now=NOW - timedelta(days=1))
    later = ADDED + timedelta(hours=1)
    add(world, "allocator", "f0300", "first_audit_ended_at", "2026-01-31T00:00:00+00:00", at=later)
    add(world, "allocator", "f0302", "data_type", "openData", at=later)
    add(world, "client", "f0101", "expected_size_of_single_dataset", str(2**60 + 1), at=later)
    add(world, "provider", "f0201", "retrievability", "0.333333", at=later)
    add(world, "provider", "f0202", "retrievability", None, at=later)
    world.night()
    found = reproduce_scores(world.connection, load_rules())
    assert (found.reports, found.scores, found.differences) == (6, 46, [])
    shown = world.rows(
        "select input_overrides <> '[]' from filplus.allocator_report where report_day = %s", TODAY
    )
    assert shown == [(True,)] * 3


@pytest.mark.parametrize(
    ("end", "holds"),
    [(NOW + timedelta(milliseconds=1), True), (NOW, False), (NOW - timedelta(hours=1), False)],
)
def test_an_override_holds_until_just_before_it_expires(
    world: ReportWorld, end: datetime, holds: bool
) -> None:
    add(world, "allocator", "f0300", "required_copies", "3", end)
    world.night()
    assert world.allocator_value("f0300", "required_copies") == ("3" if holds else "2")
    assert bool(world.allocator_value("f0300", "input_overrides")) is holds


def test_an_override_of_later_is_not_applied_yet(world: ReportWorld) -> None:
    add(world, "allocator", "f0300", "required_copies", "3", at=NOW + timedelta(seconds=1))
    assert in_force(world) == []


def test_the_last_that_holds_wins_and_the_one_before_comes_back(world: ReportWorld) -> None:
    first = add(world, "allocator", "f0300", "required_copies", "3")
    second = add(world, "allocator", "f0300", "required_copies", "4")
    assert in_force(world) == [(second, "4")]
    withdraw(world, second)
    assert in_force(world) == [(first, "3")]
    withdraw(world, first)
    assert in_force(world) == []


def test_old_reports_never_change_and_a_new_one_of_the_day_is_made(world: ReportWorld) -> None:
    world.night()
    before = world.contents()
    add(world, "allocator", "f0300", "required_copies", "3", at=NOW)
    world.night(now=NOW + timedelta(hours=2))
    after = world.contents()
    for table, stored in before.items():
        assert [row for row in stored if row not in after[table]] == [], table
    assert world.rows(
        "select count(*) from filplus.allocator_report where allocator = 'f0300'"
    ) == [(2,)]


def test_an_override_with_the_value_that_is_there_makes_a_report_that_shows_it(
    world: ReportWorld,
) -> None:
    world.night()
    add(world, "client", "f0100", "total_requested_amount", str(100 * TIB))
    add(world, "allocator", "f0302", "required_sps", "5")
    world.night(now=NOW + timedelta(hours=2))
    shown = "select {0} from filplus.{0}_report where input_overrides <> '[]' order by 1"
    assert world.rows(shown.format("client")) == [("f0100",), ("f0103",)]
    assert world.rows(shown.format("allocator")) == [("f0300",), ("f0302",)]


def test_without_overrides_a_report_has_the_id_that_it_had(world: ReportWorld) -> None:
    world.night()
    ids = "select id from filplus.allocator_report order by 1"
    before = world.rows(ids)
    withdraw(world, add(world, "allocator", "f0300", "required_copies", "3"))
    world.night()
    assert world.rows(ids) == before


def test_an_entity_without_such_an_input_is_refused(world: ReportWorld) -> None:
    for kind, entity, name in (
        ("allocator", "f0999", "required_copies"),
        ("client", "f0300", "total_requested_amount"),
        ("provider", "f0100", "retrievability"),
    ):
        with pytest.raises(BadConfiguration, match="no report reads such an input"):
            add(world, kind, entity, name, None)  # type: ignore[arg-type]


def test_an_override_is_withdrawn_once_and_only_while_it_holds(world: ReportWorld) -> None:
    number = add(world, "allocator", "f0300", "required_copies", "3")
    with pytest.raises(BadConfiguration, match="it expired"):
        withdraw(world, number, at=END)
    withdraw(world, number)
    with pytest.raises(BadConfiguration, match="it was withdrawn"):
        withdraw(world, number)
    with pytest.raises(BadConfiguration, match="there is none"):
        withdraw(world, number + 1)


def test_nothing_of_an_override_can_be_edited(world: ReportWorld) -> None:
    withdraw(world, add(world, "allocator", "f0300", "required_copies", "3"))
    for change in (
        "update governance.input_overrides set expires_at = expires_at + interval '1 day'",
        "delete from governance.input_overrides",
        "truncate governance.input_overrides cascade",
        "update governance.input_override_withdrawals set reason = 'another one'",
        "delete from governance.input_override_withdrawals",
    ):
        refused = pytest.raises(psycopg.errors.RaiseException, match="never change")
        with refused, world.connection.transaction():
            world.connection.execute(change)


def test_the_database_takes_no_override_of_a_score_or_of_a_wrong_kind(world: ReportWorld) -> None:
    for kind, name in (
        ("allocator", "score"),
        ("allocator", "metric_value"),
        ("client", "data_type"),
        ("provider", "ipni_reporting_status"),
        ("allocator", "retrievability"),
    ):
        refused = pytest.raises(psycopg.errors.CheckViolation, match="only_inputs_of_reports")
        with refused, world.connection.transaction():
            _insert(world, entity_kind=kind, input_name=name)
    for name, known in INPUTS.items():
        _insert(world, entity_kind=known.kind, input_name=name)


def test_the_database_holds_the_rules_of_an_override(world: ReportWorld) -> None:
    wrongs: list[dict[str, Any]] = [
        {"approver": " ANN "},
        {"requested_by": " "},
        {"approver": ""},
        {"reason": "because   "},
        {"expires_at": ADDED},
        {"entity_id": "f2abc"},
        {"entity_kind": "miner"},
    ]
    for wrong in wrongs:
        refused = pytest.raises(psycopg.errors.CheckViolation)
        with refused, world.connection.transaction():
            _insert(world, **wrong)


def _insert(world: ReportWorld, **wrong: Any) -> None:
    values = {
        "entity_kind": "allocator",
        "entity_id": "f0300",
        "input_name": "required_copies",
        "value": '"3"',
        "reason": "measured by hand",
        "requested_by": "ann",
        "approver": "bob",
        "added_at": ADDED,
        "expires_at": END,
        "run_id": "run-1",
        **wrong,
    }
    marks = ", ".join(["%s"] * len(values))
    world.connection.execute(
        f"insert into governance.input_overrides ({', '.join(values)}) values ({marks})",
        [*values.values()],
    )


def test_every_change_leaves_a_chained_audit_row(world: ReportWorld) -> None:
    number = add(world, "client", "f0100", "declared_providers", ["f0201"])
    withdraw(world, number, at=NOW)
    found = world.rows(
        "select seq, ts, actor_id, action, resource_type, resource_id, before, "
        "after ->> 'approver', reason, correlation_id from audit.log order by seq",
    )
    before = {
        "entity_kind": "client",
        "entity_id": "f0100",
        "input_name": "declared_providers",
        "value": ["f0201"],
    }
    same = ("input_override", str(number))
    why = ("bob", "measured by hand in issue 901", "run-1")
    assert found == [
        (1, ADDED, "ann", "CREATE_INPUT_OVERRIDE", *same, None, *why),
        (2, NOW, "ann", "WITHDRAW_INPUT_OVERRIDE", *same, before, *why),
    ]
    assert first_broken(world.connection) is None


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        ("update audit.log set reason = 'another' where seq = 2", 2),
        ("update audit.log set after = null where seq = 1", 1),
        ("delete from audit.log where seq = 2", 3),
    ],
)
def test_an_edited_or_removed_audit_row_is_found(
    world: ReportWorld, forgery: str, found: int
) -> None:
    for value in ("3", "4", "5"):
        add(world, "allocator", "f0300", "required_copies", value)
    world.connection.execute("set session_replication_role = replica")  # guards are triggers
    world.connection.execute(forgery)
    assert first_broken(world.connection) == found
