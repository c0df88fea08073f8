"""Scores of a report over a real Postgres: components, points, peers, what explains them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cdp_assets.filplus.reports.client_report import CODE_VERSION
from tests.integration.filplus.report_world import NOW, ReportWorld

pytestmark = pytest.mark.integration


def test_a_night_scores_eight_components_or_six(stored_night: ReportWorld) -> None:
    found = stored_night.rows("""select r.allocator, count(*), sum(e.largest_points)
        from filplus.allocator_report r
        join filplus.allocator_report_scoring_result s on s.allocator_report_id = r.id
        join filplus.allocator_score_explained e
            on e.allocator_report_id = r.id and e.component = s.metric
        group by 1 order by 1""")
    assert found == [("f0300", 8, 48), ("f0301", 8, 48), ("f0302", 6, 24)]
    strays = stored_night.rows("""select count(*) from filplus.allocator_report_scoring_result s
        where not exists (select from filplus.allocator_report_scoring_result_range g
            where g.scoring_result_id = s.id and g.score = s.score)""")
    assert strays == [(0,)]


def test_scores_of_the_standard_world_are_those_computed_by_hand(stored_night: ReportWorld) -> None:
    found = {
        metric: (value, score)
        for metric, value, score in stored_night.rows(
            """select s.metric, s.metric_value, s.score
            from filplus.allocator_report_scoring_result s
            join filplus.allocator_report r on r.id = s.allocator_report_id
            where r.allocator = 'f0300'""",
        )
    }
    # Clients f0100 (1 TiB, shares 1 TiB) and f0101 (2 TiB, shares half a TiB), each with 6 of 10
    # TiB at f0201, which misreports; 7 and 8 TiB unique per provider, 7 TiB over replicas.
    assert found["IPNI_REPORTING"] == (40.0, 0)
    assert found["CID_SHARING"] == (50.0, 0)
    assert found["DUPLICATED_DATA"] == (25.0, 0)
    assert found["UNIQUE_DATA_SET_SIZE"] == (70.0, 1)
    assert found["CLIENT_PREVIOUS_APPLICATIONS"] == (50.0, 0)
    # Shares 0.66 and 1.33 of the mean: (1.33 - 0.66) / 2.
    assert found["EQUALITY_OF_DATACAP_DISTRIBUTION"] == (0.335, 0)
    # Two clients in six months.
    assert found["CLIENT_DIVERSITY"] == (pytest.approx(1 / 3), 0)
    # Rates 0.25 and 0.5 for f0100, 0.25 and 0.75 for f0101: the mean 0.4375 is the median of the
    # three allocators (0.375, 0.4375, 0.625), and the 25th percentile lies below.
    assert found["URL_FINDER_RETRIEVABILITY"] == (43.75, 5)


def test_peers_are_the_reports_of_the_day_before(world: ReportWorld) -> None:
    world.standard()
    world.night(now=NOW - timedelta(days=1))
    world.night()
    found = world.rows(
        """select e.report_day, e.peers_average is null,
        cardinality(e.peer_values) from filplus.allocator_score_explained e
        where e.component = 'DUPLICATED_DATA' and e.allocator = 'f0300' order by 1""",
    )
    assert [row[1:] for row in found] == [(True, 0), (False, 3)]
    average = world.rows(
        """select all_allocators_score_avg, (
            select avg(total) from (
                select sum(s.score) as total from filplus.allocator_report r2
                join filplus.allocator_report_scoring_result s on s.allocator_report_id = r2.id
                where r2.report_day < r.report_day and r2.data_type = 'openData' group by r2.id
            ) totals)::double precision
        from filplus.allocator_report r where allocator = 'f0300' and report_day = '2026-03-15'""",
    )
    assert average[0][0] == average[0][1]


def test_explained_rows_carry_watermarks_and_versions(world: ReportWorld) -> None:
    world.standard()
    world.connection.execute(
        "update ops.asset_version set version = 7 where asset_key = 'filplus/cid_sharing'"
    )
    world.night()
    found = world.rows("""select distinct (input_watermarks->>'filplus/cid_sharing')::int,
        rule_version, code_version from filplus.allocator_score_explained""")
    assert found == [(7, 1, CODE_VERSION)]
