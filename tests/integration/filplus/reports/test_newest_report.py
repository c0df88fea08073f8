"""Of several reports of one clock value the newest is the one that was written last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cdp_assets.filplus.compliance_alerts.alerts import rewrite_alerts
from cdp_assets.filplus.report_inputs import peers
from cdp_assets.filplus.reports.score_recomputation import score_diff
from cdp_assets.filplus.scoring.rules import load_rules
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.integration.filplus.conftest import copied_world
from tests.integration.filplus.report_world import NOW, TIB, TODAY, ReportWorld, two_versions
from tests.integration.filplus.weekly_world import entity

pytestmark = pytest.mark.integration
REPORTS = 8
TOMORROW = TODAY + timedelta(days=1)
LAST = REPORTS / 10
LAST_WRITTEN = f"""(
    select distinct on (allocator) id from filplus.allocator_report
    where avg_retrievability_success_rate_url_finder = {LAST}
)"""


@pytest.fixture(scope="module")
def one_instant(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of a warehouse with eight reports of one instant for each of three allocators.

    Every one has another retrievability; only the last has good copies and reports to IPNI.
    """
    for dsn in fresh_database(server, ready_template):
        with ReportWorld.empty(dsn) as made:
            made.standard()
            for number in range(1, REPORTS + 1):
                _change_inputs(made, number / 10, is_last=number == REPORTS)
                assert made.allocator_reports().rows["filplus/allocator_report"] == 3
        yield dsn


@pytest.fixture
def instant(server: EmbeddedServer, one_instant: str) -> Iterator[ReportWorld]:
    """A copy of that warehouse."""
    yield from copied_world(server, one_instant)


def _change_inputs(world: ReportWorld, rate: float, *, is_last: bool) -> None:
    world.connection.execute(
        "update filplus.storage_provider_url_finder_metric_value set value = %s", [rate]
    )
    world.connection.execute(
        "update filplus.provider_ipni_reporting set ipni_reported_claims_count = %s",
        [1000 if is_last else None],
    )
    world.connection.execute(
        "update filplus.client_replica_distribution set total_deal_size = %s "
        "where num_of_replicas = 1",
        [TIB if is_last else 99 * TIB],
    )


def test_the_last_is_not_the_one_with_the_largest_id(instant: ReportWorld) -> None:
    by_id = instant.rows(
        "select distinct on (allocator) avg_retrievability_success_rate_url_finder "
        "from filplus.allocator_report order by allocator, create_date desc, id desc"
    )
    assert by_id != [(LAST,)] * 3  # or the other tests could not fail


def test_peers_are_compared_by_the_last_report(instant: ReportWorld) -> None:
    found = peers.retrievabilities(instant.connection, NOW, {})
    assert found == [Decimal(str(LAST))] * 3
    values = peers.metric_values(instant.connection, TOMORROW)
    for metric, value in instant.rows(
        f"select metric, min(metric_value) from filplus.allocator_report_scoring_result "
        f"where allocator_report_id in {LAST_WRITTEN} group by metric"
    ):
        assert float(values[metric][0]) == value, metric
    assert float(values["IPNI_REPORTING"][0]) == 100


def test_the_average_of_scores_is_that_of_the_last_reports(instant: ReportWorld) -> None:
    ((total,),) = instant.rows(
        "select sum(score) / 3.0 from filplus.allocator_report_scoring_result "
        f"where allocator_report_id in {LAST_WRITTEN}"
    )
    assert peers.score_averages(instant.connection, TOMORROW)[None] == pytest.approx(total)


def test_a_metaallocator_is_nobodys_peer(instant: ReportWorld) -> None:
    """Compliance §6.6: not in values, retrievabilities, averages and comparisons of versions."""
    instant.connection.execute("set session_replication_role = replica")
    instant.connection.execute(  # its figures differ from everybody's
        "update filplus.allocator_report_scoring_result s set score = s.score + 100, "
        "metric_value = 1000000 from filplus.allocator_report r "
        "where r.id = s.allocator_report_id and r.allocator = 'f0301'"
    )
    with_all = peers.metric_values(instant.connection, TOMORROW)
    instant.connection.execute(
        "update raw_dmob.verifier set is_meta_allocator = true where address_id = 'f0301'"
    )
    values = peers.metric_values(instant.connection, TOMORROW)
    expected = instant.rows(
        "select s.metric, count(distinct r.allocator)::int from filplus.allocator_report r "
        "join filplus.allocator_report_scoring_result s on s.allocator_report_id = r.id "
        f"where r.id in {LAST_WRITTEN} and r.allocator <> 'f0301' "
        "and s.metric_value is not null group by 1"
    )
    assert {(metric, len(found)) for metric, found in values.items()} == set(expected)
    assert all(max(values[metric]) < max(with_all[metric]) for metric in values)
    assert peers.retrievabilities(instant.connection, NOW, {}) == [Decimal(str(LAST))] * 2
    ((total,),) = instant.rows(
        "select sum(s.score) / 2.0 from filplus.allocator_report_scoring_result s "
        "join filplus.allocator_report r on r.id = s.allocator_report_id "
        f"where r.id in {LAST_WRITTEN} and r.allocator <> 'f0301'"
    )
    assert peers.score_averages(instant.connection, TOMORROW)[None] == pytest.approx(total)


def test_versions_are_compared_over_the_last_reports(instant: ReportWorld, tmp_path: Path) -> None:
    rules = two_versions(tmp_path, "above: 55", "above: 100", since="2026-01-01")
    moved = score_diff(instant.connection, rules, 1, 2)
    assert moved[["allocator", "component"]].values.tolist() == [
        ["f0300", "IPNI_REPORTING"],
        ["f0301", "IPNI_REPORTING"],
    ]
    entity(instant, "f0300", is_meta=False)
    entity(instant, "f0301", is_meta=True)
    moved = score_diff(instant.connection, rules, 1, 2)
    assert moved["allocator"].tolist() == ["f0300"], "as in the latest scores"


def test_alerts_are_those_of_the_last_report(instant: ReportWorld) -> None:
    with instant.connection.cursor() as cursor:
        rewrite_alerts(cursor, NOW, load_rules())
    few_copies = "rule = 'CLIENT_NOT_ENOUGH_COPIES'"
    assert instant.rows(f"select entity_id from filplus.compliance_alerts where {few_copies}") == []
    assert instant.rows(
        """select count(*) from filplus.allocator_report_check_result
        where "check" = 'CLIENT_NOT_ENOUGH_COPIES' and not result"""
    ) == [(2 * (REPORTS - 1),)]
