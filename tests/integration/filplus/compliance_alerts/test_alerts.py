"""Alerts (G-06): the limit of each rule, whose report counts, and by which rules they are made."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from cdp_assets.filplus.checks.check_limits import allocator_limits, client_limits
from cdp_assets.filplus.compliance_alerts.alerts import rewrite_alerts
from cdp_assets.filplus.reports.report_assets import build_report_assets
from cdp_assets.filplus.scoring.rules import RuleBook, load_rules
from tests.integration.filplus.report_world import NOW, TODAY, ReportWorld, two_versions
from tests.integration.filplus.weekly_world import (
    RULES,
    WEEK,
    make_week,
    provider_week,
    rules_were_other,
)

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


def _alerts(world: ReportWorld, now: datetime = NOW, rules: RuleBook | None = None) -> None:
    with world.connection.cursor() as cursor:
        rewrite_alerts(cursor, now, rules or load_rules())


def test_every_alert_of_a_check_holds_the_limit_of_its_rule(night_world: ReportWorld) -> None:
    _alerts(night_world)
    limits = {"client": client_limits(RULES.checks), "allocator": allocator_limits(RULES.checks)}
    found = night_world.rows('select entity_type, rule, "limit" from filplus.compliance_alerts')
    assert {kind for kind, _, _ in found} == set(limits)
    assert len({rule for _, rule, _ in found}) > 5
    assert [(kind, rule, limit) for kind, rule, limit in found if limits[kind][rule] != limit] == []


def test_a_limit_is_of_the_rules_that_the_report_was_made_with(
    world: ReportWorld, tmp_path: Path
) -> None:
    setting = "client_report_max_provider_deal_percentage: "
    book = two_versions(tmp_path, f"{setting}25", f"{setting}10", "2026-03-16")
    query = """select distinct "limit" from filplus.compliance_alerts
        where entity_type = 'client' and rule like '%%EXCEED_PROVIDER_DEAL'"""
    world.standard()
    world.night(book)
    tomorrow = NOW + timedelta(days=1)
    _alerts(world, tomorrow, book)
    assert world.rows(query) == [("no provider with more than 25% of the data",)]
    world.night(book, tomorrow)
    _alerts(world, tomorrow, book)
    assert world.rows(query) == [("no provider with more than 10% of the data",)]


def test_the_limit_of_a_week_is_of_the_rules_that_it_was_classed_with(
    world: ReportWorld, tmp_path: Path
) -> None:
    book = two_versions(
        tmp_path, "more_than_clients: 3", "more_than_clients: 5", f"{TODAY - timedelta(days=1)}"
    )
    provider_week(world, "f0201", 1, 900, 0.0)
    make_week(world)
    _alerts(world, rules=book)
    ((limit,),) = world.rows('select "limit" from filplus.compliance_alerts')
    assert limit.startswith("more than 3 clients, biggest at most 30 of 100, ")


def test_a_long_history_is_read_once_though_its_table_was_never_analyzed(
    world: ReportWorld,
) -> None:
    """A subquery per provider and week took minutes for 28 months of 2,400 providers."""
    for number in range(300):
        provider_week(world, f"f0{1000 + number}", 1, 900, 0.0)
    make_week(world)
    columns = ", ".join(
        name
        for (name,) in world.rows(
            "select column_name from information_schema.columns where table_schema = 'filplus' "
            "and table_name = 'storage_provider_compliance_weekly' and column_name <> 'week' "
            "order by ordinal_position"
        )
    )
    world.connection.execute(
        f"insert into filplus.storage_provider_compliance_weekly (week, {columns}) "
        f"select week - n * interval '7 days', {columns} "
        "from filplus.storage_provider_compliance_weekly, generate_series(1, 99) n".encode()
    )
    world.connection.execute("set statement_timeout = '5s'")
    _alerts(world)
    first = WEEK.replace(tzinfo=None) - timedelta(weeks=99)
    assert world.rows(
        "select rule, since, count(*) from filplus.compliance_alerts group by 1, 2"
    ) == [("NON_COMPLIANT_WEEK", first, 300)]


@pytest.mark.parametrize(
    ("kind", "entity", "gone"),
    [
        ("client", "f0101", "delete from filplus.allocator_client_bookkeeping where client_id = "),
        ("allocator", "f0301", "delete from filplus.allocator_registry where allocator_id = "),
    ],
)
def test_who_is_not_reported_on_any_more_has_no_alerts(
    night_world: ReportWorld, kind: str, entity: str, gone: str
) -> None:
    query = """select entity_id from filplus.compliance_alerts
        where entity_type = %s group by 1 order by 1"""
    _alerts(night_world)
    before = [name for (name,) in night_world.rows(query, kind)]
    assert entity in before
    night_world.connection.execute(f"{gone}'{entity}'")
    night_world.night(now=NOW + timedelta(days=1))
    _alerts(night_world, NOW + timedelta(days=1))
    assert [name for (name,) in night_world.rows(query, kind)] == [
        name for name in before if name != entity
    ]
