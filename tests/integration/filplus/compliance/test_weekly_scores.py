"""Derived scores: latest scores, shares of the dashboard, groups by component (compliance §5.4)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from psycopg.types.json import Jsonb

from cdp_assets.filplus.compliance.statistics_variables import SCORES
from cdp_assets.filplus.scoring.rules import RuleSet
from tests.integration.filplus.report_world import NOW, ReportWorld
from tests.integration.filplus.weekly_world import RULES, build_statistics, entity

pytestmark = pytest.mark.integration
DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


def report(
    world: ReportWorld,
    allocator: str,
    at: datetime,
    *scores: tuple[int, int],
    data_type: str = "openData",
    rule_version: int = 1,
) -> uuid.UUID:
    """Store a report with components of (points, most points); without any it has no score."""
    key = uuid.uuid5(uuid.NAMESPACE_OID, f"{allocator} {at} {scores}")
    world.connection.execute(
        "insert into filplus.allocator_report (id, create_date, allocator, multisig, "
        "clients_number, data_types, audit, is_metaallocator, report_day, rule_version, "
        "code_version, inputs_hash, input_watermarks, input_overrides, data_type) values "
        "(%s, %s, %s, true, 0, '{}', '{}', false, %s, %s, '1', '', '{}', '[]', %s)",
        [key, at.replace(tzinfo=None), allocator, at.date(), rule_version, data_type],
    )
    for number, (points, most) in enumerate(scores):
        world.insert(
            "filplus.allocator_score_explained",
            allocator_report_id=key,
            allocator=allocator,
            report_day=at.date(),
            data_type=data_type,
            component=f"METRIC_{number}",
            state="measured",
            raw_value=0,
            sample_size=1,
            base_points=points,
            weight=1,
            points=points,
            largest_points=most,
            peer_values=[],
            input_watermarks="{}",
            rule_version=rule_version,
            code_version="1",
        )
    return key


def remember(world: ReportWorld, rules: RuleSet = RULES) -> None:
    world.insert(
        "filplus.rule_version",
        version=rules.version,
        content_hash=rules.content_hash,
        effective_from=rules.effective_from,
        rules=Jsonb(rules.content()),
        first_used_at=NOW.replace(tzinfo=None),
    )


def granted(world: ReportWorld, allocator: str, week: datetime, total: int) -> None:
    world.insert(
        "filplus.allocators_weekly_acc",
        week=week.replace(tzinfo=None),
        allocator=allocator,
        num_of_clients=1,
        biggest_client_sum_of_allocations=total,
        total_sum_of_allocations=total,
        avg_weighted_retrievability_success_rate_url_finder=0,
    )


def latest(world: ReportWorld) -> list[tuple]:
    return world.rows(
        "select position, allocator, total_score, max_possible_score, score_percentage, "
        "week_ago_score_percentage, month_ago_score_percentage, total_datacap "
        "from api_v1.latest_scores order by position"
    )


def test_latest_scores_stand_beside_those_of_a_week_and_a_month_ago(world: ReportWorld) -> None:
    for allocator in ("f0300", "f0301", "f0302"):
        world.registry(allocator)
    report(world, "f0300", NOW, (1, 2), (0, 1))
    report(world, "f0300", NOW - 7 * DAY, (2, 2), (1, 1))
    report(world, "f0300", NOW - 30 * DAY, (0, 2), (0, 1))
    report(world, "f0301", NOW, (2, 3))
    report(world, "f0301", NOW - 7 * DAY + timedelta(milliseconds=1), (3, 3))
    report(world, "f0302", NOW, (2, 3))
    granted(world, "f0300", MONDAY - 7 * DAY, 5)
    granted(world, "f0300", MONDAY, 9)
    assert latest(world) == [
        (1, "f0301", 2, 3, "66.67", None, None, 0),
        (2, "f0302", 2, 3, "66.67", None, None, 0),
        (3, "f0300", 1, 3, "33.33", "100.00", ".00", 9),
    ]


@pytest.mark.parametrize(
    ("points", "most", "shown"),
    [(0, 1, ".00"), (1, 200, ".50"), (1, 1, "100.00"), (0, 0, "100.00"), (1, 20, "5.00")],
)
def test_percentages_are_text_without_a_zero_before_the_point(
    world: ReportWorld, points: int, most: int, shown: str
) -> None:
    world.registry("f0300")
    report(world, "f0300", NOW, (points, most))
    assert [row[4] for row in latest(world)] == [shown]


def test_only_registered_allocators_with_a_score_that_are_not_meta_are_shown(
    world: ReportWorld,
) -> None:
    world.registry("f0300", rejected=True)  # rejected ones are included
    world.registry("f0301")
    entity(world, "f0301", is_meta=True)
    world.registry("f0302")
    entity(world, "f0302")
    for allocator in ("f0300", "f0301", "f0302", "f0303"):
        report(world, allocator, NOW - DAY, (1, 1))
    report(world, "f0302", NOW)  # without scores: the one before counts
    report(world, "f0300", NOW - 2 * DAY, (0, 1))
    assert [row[1] for row in latest(world)] == ["f0300", "f0302"]
    assert world.rows("select allocator_name from api_v1.latest_scores order by position") == [
        (None,),
        ("Name f0302",),
    ]


def dashboard(world: ReportWorld, day: date) -> list[tuple]:
    return world.rows(
        "select num_of_allocators, num_of_compliant, num_of_non_compliant, compliant_share, "
        "non_compliant_share from api_v1.dashboard_shares where cutoff_day = %s",
        day,
    )


@pytest.mark.parametrize(
    ("points", "standing"),
    [
        (70, "compliant"),
        (69, "between"),
        (46, "between"),
        (45, "nonCompliant"),
        (100, "compliant"),
        (0, "nonCompliant"),
    ],
)
def test_standings_at_the_lines(world: ReportWorld, points: int, standing: str) -> None:
    remember(world)
    report(world, "f0300", NOW, (points, 100))
    assert world.rows("select score_share, standing from api_v1.allocator_score_shares") == [
        (Decimal(points) / 100, standing)
    ]


def test_a_report_of_the_cutoff_day_counts_from_the_next_day(world: ReportWorld) -> None:
    remember(world)
    report(world, "f0300", NOW - 2 * DAY, (1, 1))
    report(world, "f0301", NOW - 2 * DAY, (0, 1))
    report(world, "f0302", NOW - 2 * DAY)  # not scored: no share, in no denominator
    report(world, "f0301", NOW, (1, 1))
    today = NOW.date()
    assert dashboard(world, today - 2 * DAY) == [(0, 0, 0, None, None)]
    assert dashboard(world, today - DAY) == [(2, 1, 1, Decimal("0.5"), Decimal("0.5"))]
    assert dashboard(world, today) == [(2, 1, 1, Decimal("0.5"), Decimal("0.5"))]
    assert dashboard(world, today + DAY) == [(2, 2, 0, 1, 0)]
    report(world, "f0300", NOW + timedelta(hours=1))  # the newest has no score any more
    assert dashboard(world, today + DAY) == [(1, 1, 0, 1, 0)]


def test_a_report_at_midnight_counts_for_that_day(world: ReportWorld) -> None:
    remember(world)
    report(world, "f0300", datetime(2026, 3, 14, tzinfo=UTC), (1, 1))
    report(world, "f0300", datetime(2026, 3, 14, 0, 0, 0, 1000, tzinfo=UTC), (0, 1))
    assert dashboard(world, date(2026, 3, 14))[0][1:3] == (1, 0)
    assert dashboard(world, date(2026, 3, 15))[0][1:3] == (0, 1)


def make_scores(world: ReportWorld, *weeks: datetime) -> None:
    for week in weeks:
        build_statistics(world, (SCORES,), week)


@pytest.mark.parametrize(
    ("points", "most", "group"),
    [
        (75, 100, "high"),
        (74, 100, "medium"),
        (30, 100, "medium"),
        (29, 100, "low"),
        (0, 0, "high"),
        (0, 1, "low"),
    ],
)
def test_groups_at_their_limits(world: ReportWorld, points: int, most: int, group: str) -> None:
    world.registry("f0300")
    report(world, "f0300", NOW, (points, most))
    make_scores(world, MONDAY)
    assert world.rows(
        "select distinct score_group, score_percentage from api_v1.allocator_score_groups"
    ) == [(group, Decimal(points * 100) / most if most else 100)]


def test_the_newest_report_of_each_week_and_month_counts(world: ReportWorld) -> None:
    """The week of 2026-03-30 lies in two months: each has its own newest report."""
    world.registry("f0300")
    week = datetime(2026, 3, 30, tzinfo=UTC)
    for at, points in (
        (week - timedelta(milliseconds=1), 9),
        (week, 0),
        (week + DAY, 1),
        (week + 2 * DAY, 2),
        (week + 3 * DAY, 3),
        (week + 7 * DAY, 8),
    ):
        report(world, "f0300", at, (points, 10))
    report(world, "f0300", week + 4 * DAY)  # without scores
    make_scores(world, week - 7 * DAY, week, week + 7 * DAY)
    assert world.rows(
        "select period_unit, period, score from api_v1.allocator_score_groups order by 1, 2"
    ) == [
        ("month", date(2026, 3, 1), 1),
        ("month", date(2026, 4, 1), 8),
        ("week", date(2026, 3, 23), 9),
        ("week", date(2026, 3, 30), 3),
        ("week", date(2026, 4, 6), 8),
    ]


def test_the_summary_adds_up_allocators_and_their_datacap(world: ReportWorld) -> None:
    for allocator in ("f0300", "f0301"):
        world.registry(allocator)
    world.registry("f0302")
    world.connection.execute(
        "insert into filplus.allocator_registry_archive select * from filplus.allocator_registry "
        "where allocator_id in ('f0301', 'f0302')"
    )
    world.connection.execute("delete from filplus.allocator_registry where allocator_id = 'f0302'")
    for number, points in ((0, 10), (1, 9), (2, 0), (3, 0)):  # f0303 is in neither
        report(world, f"f030{number}", NOW, (points, 10), (1, 2))
        granted(world, f"f030{number}", MONDAY - 7 * DAY, 1)
        granted(world, f"f030{number}", MONDAY, 10 + number)
        granted(world, f"f030{number}", MONDAY + 7 * DAY, 100 + number)
    make_scores(world, MONDAY)
    make_scores(world, MONDAY)
    assert world.rows(
        "select period_unit, metric, score_group, num_of_allocators, total_datacap "
        "from api_v1.scores_summary_by_metric order by 1, 2, 3"
    ) == [
        ("month", "METRIC_0", "high", 2, 201),
        ("month", "METRIC_0", "low", 1, 102),
        ("month", "METRIC_1", "medium", 3, 303),
        ("week", "METRIC_0", "high", 2, 21),
        ("week", "METRIC_0", "low", 1, 12),
        ("week", "METRIC_1", "medium", 3, 33),
    ]


def test_scores_of_a_metaallocator_are_in_no_count(world: ReportWorld) -> None:
    remember(world)
    for allocator, points, is_meta in (("f0300", 1, False), ("f0301", 0, True), ("f0302", 1, None)):
        world.registry(allocator)
        if is_meta is not None:  # f0302 has no row: nothing says that it is one
            entity(world, allocator, is_meta=is_meta)
        report(world, allocator, NOW - DAY, (points, 1))
    make_scores(world, MONDAY)
    standard = [("f0300",), ("f0302",)]
    for view in (
        "latest_scores",
        "allocator_score_shares",
        "allocator_score_groups",
        "allocator_score_weekly",
    ):
        assert world.rows(f"select distinct allocator from api_v1.{view} order by 1") == standard
    assert dashboard(world, NOW.date()) == [(2, 2, 0, 1, 0)]
    assert world.rows(
        "select distinct score_group, num_of_allocators from api_v1.scores_summary_by_metric"
    ) == [("high", 2)]


def test_a_nights_scores_are_those_of_its_reports(world: ReportWorld) -> None:
    world.standard()
    world.night()
    make_scores(world, MONDAY)
    assert world.rows(
        "select allocator, metric, metric_name, score, largest_score "
        "from api_v1.allocator_score_groups where period_unit = 'week' order by 1, 2"
    ) == world.rows(
        "select r.allocator, s.metric, s.metric_name, s.score, max(g.score) "
        "from filplus.allocator_report r "
        "join filplus.allocator_report_scoring_result s on s.allocator_report_id = r.id "
        "join filplus.allocator_report_scoring_result_range g on g.scoring_result_id = s.id "
        "group by 1, 2, 3, 4 order by 1, 2"
    )
    totals = world.rows(
        "select r.allocator, sum(s.score) from filplus.allocator_report r "
        "join filplus.allocator_report_scoring_result s on s.allocator_report_id = r.id "
        "group by 1 order by 1"
    )
    assert sorted(row[1:3] for row in latest(world)) == totals
    assert len(totals) == 3
