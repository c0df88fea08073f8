"""The job that adds and withdraws overrides: what it refuses and when, what it leaves (G-07)."""

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

pytestmark = pytest.mark.integration
END = "2026-04-01T00:00:00Z"
ADD: dict[str, Any] = {
    "entity_id": "f0300",
    "input": {"required_copies": 3},
    "reason": "the file says 2, the application 3",
    "approver": "bob",
    "expires_at": END,
}


def launch(
    world: ReportWorld,
    action: str,
    config: dict[str, Any],
    user: str | None = "ann",
    instance: dg.DagsterInstance | None = None,
) -> dg.ExecuteInProcessResult:
    return override_input_job.execute_in_process(
        run_config={"change": {action: config}},
        resources={"warehouse": world.warehouse()},
        tags={"user": user} if user else {},
        instance=instance,
        raise_on_error=False,
    )


def sentence(result: dg.ExecuteInProcessResult) -> str:
    assert not result.success
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    return str(failure.step_failure_data.user_failure_data.description)


def test_an_override_reaches_the_report_with_reason_approver_and_expiry(
    run_world: ReportWorld,
) -> None:
    run_world.standard()
    assert launch(run_world, "add", ADD).success
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
        "reason": ADD["reason"],
        "requested_by": "ann",
        "approver": "bob",
        "expires_at": "2026-04-01T00:00:00+00:00",
    }


def test_a_withdrawn_override_leaves_the_next_report(run_world: ReportWorld) -> None:
    run_world.standard()
    launch(run_world, "add", ADD)
    done = launch(
        run_world,
        "withdraw",
        {"override_id": 1, "reason": "the file was corrected", "approver": "bob"},
    )
    assert done.success
    assert run_world.rows("select reason from governance.input_override_withdrawals") == [
        ("the file was corrected",)
    ]
    actions = run_world.rows(
        "select action, actor_id, correlation_id is null from audit.log order by seq"
    )
    assert actions == [
        ("CREATE_INPUT_OVERRIDE", "ann", False),
        ("WITHDRAW_INPUT_OVERRIDE", "ann", False),
    ]
    again = {"override_id": 1, "reason": "once more, please", "approver": "bob"}
    text = sentence(launch(run_world, "withdraw", again))
    assert text.startswith("1: the override cannot be withdrawn: it was withdrawn")


def test_the_run_carries_user_reason_and_approver(run_world: ReportWorld) -> None:
    run_world.standard()
    with dg.DagsterInstance.ephemeral() as instance:
        result = launch(run_world, "add", ADD, instance=instance)
        run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert (run.tags["user"], run.tags["reason"], run.tags["approver"]) == (
        "ann",
        ADD["reason"],
        "bob",
    )


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("bob", "the approver is the person who launched the run; a change needs two people"),
        ("Bob ", "the approver is the person who launched the run; a change needs two people"),
        (None, "no user is named for the change"),
    ],
)
def test_one_person_alone_changes_nothing(
    run_world: ReportWorld, user: str | None, words: str
) -> None:
    run_world.standard()
    assert words in sentence(launch(run_world, "add", ADD, user))
    assert run_world.rows("select count(*) from governance.input_overrides") == [(0,)]
    assert run_world.rows("select count(*) from audit.log") == [(0,)]


def test_an_unknown_entity_fails_with_a_sentence_and_leaves_no_trace(
    run_world: ReportWorld,
) -> None:
    run_world.standard()
    text = sentence(launch(run_world, "add", {**ADD, "entity_id": "f0999"}))
    assert text.startswith("f0999: no report reads such an input")
    assert run_world.rows("select count(*) from audit.log") == [(0,)]
    assert run_world.rows(
        "select count(*) from ops.asset_version where asset_key = 'governance/input_overrides'"
    ) == [(0,)]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("an address", {"entity_id": "f2abc"}, "entity_id: 'f2abc' is not allowed"),
    ("a value out of range", {"input": {"required_copies": 1001}}, "an integer up to 1000"),
    ("reason", {"reason": "why not"}, "reason: 'why not' is not allowed: String should have at"),
    ("approver", {"approver": ""}, "approver: '' is not allowed"),
    ("no zone", {"expires_at": "2026-04-01T00:00:00"}, "names its zone"),
    ("no instant", {"expires_at": "in a month"}, "expires_at: 'in a month' is not allowed"),
    ("over", {"expires_at": NOW.isoformat()}, "must expire later than now"),
]


@pytest.mark.parametrize(("change", "words"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_value_that_is_not_allowed_fails_the_run_and_writes_nothing(
    run_world: ReportWorld, change: dict[str, Any], words: str
) -> None:
    """What the launchpad refuses is in tests/graph/test_launch_forms.py."""
    run_world.standard()
    assert words in sentence(launch(run_world, "add", {**ADD, **change}))
    assert run_world.rows("select count(*) from governance.input_overrides") == [(0,)]


def test_both_actions_or_none_are_refused() -> None:
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    withdraw = {"override_id": 1, "reason": "the file was corrected", "approver": "bob"}
    for change in ({}, {"add": ADD, "withdraw": withdraw}, {"edit": ADD}):
        with pytest.raises(dg.DagsterInvalidConfigError):
            create_execution_plan(override_input_job, {"change": change})


def test_the_end_may_be_given_in_any_zone(run_world: ReportWorld) -> None:
    run_world.standard()
    assert launch(run_world, "add", {**ADD, "expires_at": "2026-04-01T05:00:00+05:00"}).success
    ((end,),) = run_world.rows("select expires_at from governance.input_overrides")
    assert end == datetime.fromisoformat(END)
    assert end - NOW > timedelta(0)
