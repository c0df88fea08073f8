"""Alerts (G-06): the limit of each rule, whose report counts, and by which rules they are made."""

from __future__ import annotations

import dagster as dg
import pytest

from cdp_assets.filplus.reports.report_assets import build_report_assets
from tests.integration.filplus.report_world import TODAY, ReportWorld
from tests.integration.filplus.weekly_world import RULES, rules_were_other

pytestmark = pytest.mark.integration
ALERTS = build_report_assets(frozenset())[-1]


def run(world: ReportWorld) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [ALERTS],
        partition_key=f"{TODAY}",
        resources={"warehouse": world.warehouse()},
        raise_on_error=False,
    )


def test_alerts_keep_the_rules_that_they_were_made_with(run_world: ReportWorld) -> None:
    assert run(run_world).success
    assert run_world.rows("select version, content_hash from filplus.rule_version") == [
        (RULES.version, RULES.content_hash)
    ]


def test_no_alert_is_made_by_rules_that_were_edited_under_their_version(
    run_world: ReportWorld,
) -> None:
    rules_were_other(run_world)
    result = run(run_world)
    failure, *_ = result.filter_events(lambda event: event.is_step_failure)
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert "changed under a version" in (told.description or "")
    assert run_world.rows(
        "select state from ops.asset_partition_status where asset_key = 'filplus/compliance_alerts'"
    ) == [("FAILED",)]
