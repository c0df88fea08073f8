"""Weekly compliance and alerts over a real Postgres (compliance §6.5, §6.6; G-06)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cdp_assets.filplus.compliance_alerts.alerts import rewrite_alerts
from cdp_assets.filplus.scoring.rules import load_rules
from tests.integration.filplus.report_world import NOW, TIB, ReportWorld
from tests.integration.filplus.weekly_world import (
    WEEK,
    four_providers,
    grant_week,
    make_week,
    pair_week,
    provider_week,
)

pytestmark = pytest.mark.integration


def test_providers_are_classed_against_the_average_of_open_data(world: ReportWorld) -> None:
    four_providers(world)
    make_week(world)
    found = world.rows("""select provider, is_open_data, open_data_average, overall_average,
        compliance_score, overall_compliance_score
        from filplus.storage_provider_compliance_weekly order by provider""")
    assert found == [
        ("f0201", True, 0.7, 0.35, "compliant", "compliant"),
        ("f0202", True, 0.7, 0.35, "partiallyCompliant", "partiallyCompliant"),
        ("f0203", False, 0.7, 0.35, "nonCompliant", "nonCompliant"),
        ("f0204", False, 0.7, 0.35, "partiallyCompliant", "partiallyCompliant"),
    ]


def test_a_rate_of_zero_differs_from_none_though_both_count_as_zero(world: ReportWorld) -> None:
    four_providers(world)
    make_week(world)
    assert world.rows("""select provider, retrievability, is_measured
        from filplus.storage_provider_compliance_weekly where retrievability = 0 order by 1
        """) == [("f0203", 0.0, True), ("f0204", 0.0, False)]


def test_an_alert_does_not_call_a_provider_that_nobody_measured_unretrievable(
    world: ReportWorld,
) -> None:
    provider_week(world, "f0201", 1, 900, 0.0)
    provider_week(world, "f0202", 1, 900, None)
    make_week(world)
    with world.connection.cursor() as cursor:
        rewrite_alerts(cursor, NOW, load_rules())
    values = dict(world.rows("select entity_id, value from filplus.compliance_alerts"))
    assert values["f0201"].endswith("retrievability 0")
    assert values["f0202"].endswith("retrievability not measured")


def test_a_rejected_allocators_application_makes_nobody_open_data(world: ReportWorld) -> None:
    four_providers(world)
    world.connection.execute("update filplus.allocator_registry set rejected = true")
    make_week(world)
    assert world.rows("""select distinct is_open_data, open_data_average,
        is_above_open_data_average
        from filplus.storage_provider_compliance_weekly""") == [(False, None, False)]


def test_allocators_have_a_row_for_every_combination_of_switches(world: ReportWorld) -> None:
    four_providers(world)
    for provider in ("f0201", "f0203", "f0299"):
        pair_week(world, "f0100", provider)
    grant_week(world, "f0100", "f0300")
    make_week(world)
    found = world.rows(
        """select check_retrievability, check_number_of_clients,
        check_total_deal_size, total_datacap, total_sps,
        round(compliant_sps_percentage::numeric, 2),
        round(non_compliant_sps_percentage::numeric, 2), compliance_score
        from filplus.allocator_compliance_weekly order by 1 desc, 2 desc, 3 desc""",
    )
    assert len(found) == 8
    # f0201 compliant, f0203 not, f0299 without a row: in the denominator only.
    assert [str(v) for v in found[0]] == [
        "True",
        "True",
        "True",
        "7",
        "3",
        "33.33",
        "33.33",
        "nonCompliant",
    ]
    # a test that is off gives its point, so nothing is non-compliant any more.
    assert all(row[6] == 0 for row in found[1:])
    assert [row[7] for row in found[1:]].count("nonCompliant") == 0
    assert found[7][7] == "compliant"


def test_a_week_made_again_is_replaced_and_others_stay(world: ReportWorld) -> None:
    four_providers(world)
    earlier = WEEK - timedelta(days=7)
    provider_week(world, "f0201", 4, 300, 0.9, week=earlier)
    make_week(world, earlier)
    make_week(world)
    before = world.rows("select * from filplus.storage_provider_compliance_weekly order by 1, 2")
    make_week(world)
    assert before == world.rows(
        "select * from filplus.storage_provider_compliance_weekly order by 1, 2"
    )
    world.connection.execute(
        "delete from filplus.providers_weekly_acc where week = %s", [WEEK.replace(tzinfo=None)]
    )
    make_week(world)
    assert world.rows("select count(*) from filplus.storage_provider_compliance_weekly") == [(1,)]


def test_alerts_name_value_limit_and_since_and_their_query_finds_the_rows(
    world: ReportWorld,
) -> None:
    world.standard()
    world.night(now=NOW - timedelta(days=2))
    world.night(now=NOW - timedelta(days=1))
    world.night()
    with world.connection.cursor() as cursor:
        count = rewrite_alerts(cursor, NOW, load_rules())
    failing = world.rows("""select count(*) from (
        select 1 from filplus.client_report r
        join filplus.client_report_check_result k on k.client_report_id = r.id
        where r.report_day = '2026-03-15' and not k.result
        union all
        select 1 from filplus.allocator_report r
        join filplus.allocator_report_check_result k on k.allocator_report_id = r.id
        where r.report_day = '2026-03-15' and not k.result) f""")
    assert count == failing[0][0] > 0
    found = world.rows("""select since, value, "limit", evidence_query
        from filplus.compliance_alerts
        where entity_id = 'f0100' and rule = 'DEAL_DATA_REPLICATION_CID_SHARING'""")
    ((since, value, limit, query),) = found
    assert since == (NOW - timedelta(days=2)).replace(hour=1, tzinfo=None)
    assert (value, limit) == (
        "Data is shared with 1 other client",
        "data shared with no other client",
    )
    ((result,),) = world.rows(query.replace("*", "result"))
    assert result is False


def test_a_check_that_passed_in_between_restarts_since(world: ReportWorld) -> None:
    world.standard()
    world.night(now=NOW - timedelta(days=2))
    world.connection.execute("delete from filplus.cid_sharing")
    world.night(now=NOW - timedelta(days=1))
    world.sharing("f0100", "f0101", TIB)
    world.night()
    with world.connection.cursor() as cursor:
        rewrite_alerts(cursor, NOW, load_rules())
    assert world.rows("""select since from filplus.compliance_alerts
        where entity_type = 'client' and entity_id = 'f0100'
        and rule = 'DEAL_DATA_REPLICATION_CID_SHARING'""") == [(NOW.replace(hour=1, tzinfo=None),)]
    world.connection.execute("delete from filplus.cid_sharing")
    world.night(now=NOW + timedelta(hours=1))
    with world.connection.cursor() as cursor:
        rewrite_alerts(cursor, NOW + timedelta(hours=1), load_rules())
    assert world.rows(
        """select count(*) from filplus.compliance_alerts
        where rule = 'DEAL_DATA_REPLICATION_CID_SHARING' and entity_type = 'client'""",
    ) == [(0,)]


def test_non_compliant_weeks_are_alerts_of_providers_and_allocators(world: ReportWorld) -> None:
    four_providers(world)
    for back in (2, 1):
        week = WEEK - timedelta(days=7 * back)
        provider_week(world, "f0203", 1, 900, 0.0, week=week)
        make_week(world, week)
    pair_week(world, "f0100", "f0203")
    grant_week(world, "f0100", "f0300")
    make_week(world)
    with world.connection.cursor() as cursor:
        assert rewrite_alerts(cursor, NOW, load_rules()) == 2
    found = world.rows(
        "select entity_type, entity_id, rule, since, evidence_query "
        "from filplus.compliance_alerts order by 1"
    )
    assert [row[:4] for row in found] == [
        ("allocator", "f0300", "NON_COMPLIANT_WEEK", WEEK.replace(tzinfo=None)),
        (
            "provider",
            "f0203",
            "NON_COMPLIANT_WEEK",
            (WEEK - timedelta(days=14)).replace(tzinfo=None),
        ),
    ]
    assert [len(world.rows(row[4])) for row in found] == [8, 1]
