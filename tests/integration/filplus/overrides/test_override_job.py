"""The job that overrides inputs: one person requests, another approves, what is refused (G-07)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from cdp_assets.core.dagster_compat import create_execution_plan
from cdp_assets.filplus.overrides.override_job import override_input_job
from cdp_assets.filplus.reports.entity_job import entity_report_job
from cdp_assets.settings import publish_environment
from tests.integration.filplus.report_world import NOW, ReportWorld
from tests.integration.governance.people_world import add_user, refusal

pytestmark = pytest.mark.integration
END = "2026-04-01T00:00:00Z"
ANN, BOB = "ann@example.org", "bob@example.org"
WHY = "the file says 2, the application 3"
ADD: dict[str, Any] = {"entity_id": "f0300", "input": {"required_copies": 3}, "expires_at": END}


@pytest.fixture
def run_world(run_world: ReportWorld) -> ReportWorld:
    """The standard world with two people who may override inputs, and one who may not."""
    run_world.standard()
    for email, role in ((ANN, "finance"), (BOB, "admin"), ("ops@example.org", "ops")):
        add_user(run_world.connection, email, role)
    return run_world


def launch(
    world: ReportWorld,
    action: str,
    config: dict[str, Any],
    user: str | None = ANN,
    reason: str = WHY,
    instance: dg.DagsterInstance | None = None,
) -> dg.ExecuteInProcessResult:
    return override_input_job.execute_in_process(
        run_config={"change": {action: config}, "reason": reason},
        resources={"warehouse": world.warehouse()},
        tags={"user": user} if user else {},
        instance=instance,
        raise_on_error=False,
    )


def approve(world: ReportWorld, number: int, user: str | None = BOB) -> dg.ExecuteInProcessResult:
    return launch(world, "approve", {"request_id": number}, user, "checked in the file")


def overrides(world: ReportWorld) -> int:
    ((count,),) = world.rows("select count(*) from governance.input_overrides")
    return int(count)


def test_an_override_reaches_the_report_with_reason_approver_and_expiry(
    run_world: ReportWorld,
) -> None:
    assert launch(run_world, "add", ADD).success
    assert overrides(run_world) == 0
    assert approve(run_world, 1).success
    report = {"kind": "allocator", "entity": "f0300", "reason": "the override holds"}
    assert entity_report_job.execute_in_process(
        run_config={"ops": {"build_entity_report": {"config": report}}},
        resources={"warehouse": run_world.warehouse()},
    ).success
    ((shown, copies, watermark),) = run_world.rows(
        "select input_overrides, required_copies, input_watermarks -> 'governance/input_overrides' "
        "from filplus.allocator_report",
    )
    assert (copies, watermark) == ("3", 1)
    (override,) = shown
    assert override.pop("override_id") == 1
    assert override == {
        "entity_kind": "allocator",
        "entity_id": "f0300",
        "input_name": "required_copies",
        "original_value": "2",
        "value_used": "3",
        "reason": WHY,
        "requested_by": ANN,
        "approver": BOB,
        "expires_at": "2026-04-01T00:00:00+00:00",
    }


def test_an_override_is_withdrawn_by_two_people_once(run_world: ReportWorld) -> None:
    launch(run_world, "add", ADD)
    approve(run_world, 1)
    withdraw = {"override_id": 1}
    assert launch(run_world, "withdraw", withdraw, reason="the file was corrected").success
    assert launch(run_world, "withdraw", withdraw, reason="corrected by us, too").success
    assert approve(run_world, 2).success
    assert run_world.rows("select reason from governance.input_override_withdrawals") == [
        ("the file was corrected",)
    ]
    assert run_world.rows(
        "select l.action, u.email, l.identity_proof, l.correlation_id is null "
        "from audit.log l join governance.users u on u.user_id::text = l.actor_id order by l.seq"
    ) == [
        ("REQUEST_INPUT_OVERRIDE", ANN, "unproven", False),
        ("APPROVE_INPUT_OVERRIDE_REQUEST", BOB, "unproven", False),
        ("CREATE_INPUT_OVERRIDE", BOB, "unproven", False),
        ("REQUEST_INPUT_OVERRIDE", ANN, "unproven", False),
        ("REQUEST_INPUT_OVERRIDE", ANN, "unproven", False),
        ("APPROVE_INPUT_OVERRIDE_REQUEST", BOB, "unproven", False),
        ("WITHDRAW_INPUT_OVERRIDE", BOB, "unproven", False),
    ]
    why = "1: the override cannot be withdrawn: it was withdrawn"
    assert refusal(approve(run_world, 3)).startswith(why)
    assert refusal(launch(run_world, "withdraw", withdraw)).startswith(why)


def test_the_run_carries_user_and_reason(run_world: ReportWorld) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = launch(run_world, "add", ADD, instance=instance)
        run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert (run.tags["user"], run.tags["reason"]) == (ANN, WHY)


def test_one_person_alone_changes_nothing(run_world: ReportWorld) -> None:
    launch(run_world, "add", ADD)
    assert "may not approve input_override_request 1, as its author" in refusal(
        approve(run_world, 1, " ANN@example.org")
    )
    assert "is not a known user" in refusal(approve(run_world, 1, "zed@example.org"))
    assert "has no right to" in refusal(approve(run_world, 1, "ops@example.org"))
    assert "no user is named for the change" in refusal(approve(run_world, 1, None))
    assert "request 2 does not exist" in refusal(approve(run_world, 2))
    assert overrides(run_world) == 0
    assert run_world.rows("select count(*) from governance.approvals") == [(0,)]
    approve(run_world, 1)
    assert "request 1 is approved already" in refusal(approve(run_world, 1))
    assert overrides(run_world) == 1


def test_in_production_an_unproven_person_requests_but_approves_nothing(
    run_world: ReportWorld,
) -> None:
    publish_environment({"CDP_ENVIRONMENT": "production"})
    assert launch(run_world, "add", ADD).success
    assert "the identity is unproven" in refusal(approve(run_world, 1))
    assert overrides(run_world) == 0


NOT_POSSIBLE: list[tuple[str, dict[str, Any], str]] = [
    ("no such entity", {"entity_id": "f0999"}, "f0999: no report reads such an input"),
    ("over", {"expires_at": NOW.isoformat()}, "must expire later than now"),
]
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("an address", {"entity_id": "f2abc"}, "entity_id: 'f2abc' is not allowed"),
    ("a value out of range", {"input": {"required_copies": 1001}}, "an integer up to 1000"),
    ("no zone", {"expires_at": "2026-04-01T00:00:00"}, "names its zone"),
    ("no instant", {"expires_at": "in a month"}, "expires_at: 'in a month' is not allowed"),
]


def test_a_value_that_is_not_allowed_is_refused_before_there_is_a_run(
    run_world: ReportWorld,
) -> None:
    for name, change, words in WRONG:
        with pytest.raises(dg.DagsterInvalidConfigError) as refused:
            launch(run_world, "add", {**ADD, **change})
        assert words in str(refused.value), name
    with pytest.raises(dg.DagsterInvalidConfigError, match="reason: 'why not' is not allowed"):
        launch(run_world, "add", ADD, reason="why not")


def test_what_is_not_possible_fails_the_run_and_writes_nothing(run_world: ReportWorld) -> None:
    for name, change, words in NOT_POSSIBLE:
        assert words in refusal(launch(run_world, "add", {**ADD, **change})), name
    assert run_world.rows("select count(*) from governance.input_override_requests") == [(0,)]
    assert run_world.rows("select count(*) from audit.log") == [(0,)]
    assert run_world.rows(
        "select count(*) from ops.asset_version where asset_key = 'governance/input_overrides'"
    ) == [(0,)]


def test_both_actions_or_none_are_refused() -> None:
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    for change in ({}, {"add": ADD, "withdraw": {"override_id": 1}}, {"edit": ADD}):
        with pytest.raises(dg.DagsterInvalidConfigError):
            create_execution_plan(override_input_job, {"change": change, "reason": WHY})


def test_the_end_may_be_given_in_any_zone(run_world: ReportWorld) -> None:
    assert launch(run_world, "add", {**ADD, "expires_at": "2026-04-01T05:00:00+05:00"}).success
    assert approve(run_world, 1).success
    ((end,),) = run_world.rows("select expires_at from governance.input_overrides")
    assert end == datetime.fromisoformat(END)
    assert end - NOW > timedelta(0)
