"""Derived weeks over a real Postgres: averages, classes by average, histograms (§6.5 to §6.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdp_assets.filplus.compliance.statistics_variables import (
    AVERAGES,
    HISTOGRAMS,
    SPS_COMPLIANCE,
)
from tests.integration.filplus.report_world import NOW, TIB, ReportWorld
from tests.integration.filplus.weekly_world import (
    WEEK,
    build_statistics,
    entity,
    four_providers,
    grant_week,
    make_week,
    pair_week,
    provider_week,
)

pytestmark = pytest.mark.integration
NAIVE = WEEK.replace(tzinfo=None)


def derive(world: ReportWorld, week: datetime = WEEK, now: datetime = NOW) -> None:
    """Build the week's averages, classes and histograms."""
    build_statistics(world, (AVERAGES, SPS_COMPLIANCE, HISTOGRAMS), week, now)


def archived(world: ReportWorld, allocator: str) -> None:
    """Move an allocator from the registry into the archive."""
    world.connection.execute(
        "insert into filplus.allocator_registry_archive select * from filplus.allocator_registry "
        "where allocator_id = %s",
        [allocator],
    )
    world.connection.execute(
        "delete from filplus.allocator_registry where allocator_id = %s", [allocator]
    )


def allocator_week(
    world: ReportWorld, allocator: str, clients: int, biggest: int, total: int, rate: float
) -> None:
    world.insert(
        "filplus.allocators_weekly_acc",
        week=NAIVE,
        allocator=allocator,
        num_of_clients=clients,
        biggest_client_sum_of_allocations=biggest,
        total_sum_of_allocations=total,
        avg_weighted_retrievability_success_rate_url_finder=rate,
    )


def buckets(
    world: ReportWorld, subject: str, measure: str, population: str = "all"
) -> list[tuple[int, int, int]]:
    return world.rows(
        "select value_from_exclusive, value_to_inclusive, num_of_values "
        "from filplus.compliance_histogram_weekly "
        "where subject = %s and measure = %s and population = %s order by value_to_inclusive",
        subject,
        measure,
        population,
    )


def averages(world: ReportWorld) -> dict[str, tuple[int, Any]]:
    found = world.rows(
        "select average_of, num_of_providers, average_retrievability::float8 "
        "from filplus.retrievability_average_weekly"
    )
    return {row[0]: row[1:] for row in found}


def filled(found: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return [bucket for bucket in found if bucket[2]]


def test_every_set_of_providers_has_its_mean(world: ReportWorld) -> None:
    four_providers(world)  # f0201 (0.9) and f0202 (0.5) are open data through f0300, edition 6
    world.allocator("f0309")
    world.client("f0109", "f0309")
    world.deals("f0109", "f0203", TIB, TIB)
    archived(world, "f0309")
    derive(world)
    assert averages(world) == {
        "all": (4, 0.35),
        "open_data": (3, pytest.approx(1.4 / 3)),
        "open_data_edition_5": (1, 0.0),
        "open_data_edition_6": (2, 0.7),
    }
    world.connection.execute("update filplus.allocator_registry set rejected = true")
    derive(world)
    assert averages(world)["open_data_edition_6"] == (0, None)


def test_the_mean_of_any_edition_is_the_one_that_classes_are_made_with(world: ReportWorld) -> None:
    four_providers(world)
    make_week(world)
    derive(world)
    assert world.rows(
        "select distinct open_data_average, overall_average "
        "from filplus.storage_provider_compliance_weekly"
    ) == [(averages(world)["open_data"][1], averages(world)["all"][1])]


def test_providers_are_classed_by_every_mean_and_switch(world: ReportWorld) -> None:
    four_providers(world)
    make_week(world)
    derive(world)
    classes = world.rows(
        "select average_of, provider, compliance_score from api_v1.provider_compliance_by_average "
        "where check_retrievability and check_number_of_clients and check_total_deal_size "
        "and average_of in ('all', 'open_data') order by 1, 2"
    )
    stored = world.rows(
        "select 'all', provider, overall_compliance_score "
        "from filplus.storage_provider_compliance_weekly union all "
        "select 'open_data', provider, compliance_score "
        "from filplus.storage_provider_compliance_weekly order by 1, 2"
    )
    assert classes == stored
    off = world.rows(
        "select count(*), count(*) filter (where compliance_score = 'nonCompliant') "
        "from api_v1.provider_compliance_by_average where not (check_retrievability "
        "and check_number_of_clients and check_total_deal_size)"
    )
    assert off == [(4 * 4 * 7, 0)]


def test_without_a_mean_nobody_is_above_it(world: ReportWorld) -> None:
    provider_week(world, "f0201", 4, 300, 0.9)
    make_week(world)
    derive(world)
    assert world.rows(
        "select average_of, is_above_average from api_v1.provider_compliance_by_average "
        "where check_retrievability and check_number_of_clients and check_total_deal_size "
        "order by 1"
    ) == [
        ("all", False),
        ("open_data", False),
        ("open_data_edition_5", False),
        ("open_data_edition_6", False),
    ]


def test_allocators_count_their_providers_by_class_for_every_mean_and_switch(
    world: ReportWorld,
) -> None:
    four_providers(world)
    for provider in ("f0201", "f0202", "f0203", "f0299"):
        pair_week(world, "f0100", provider)
    grant_week(world, "f0100", "f0300")
    grant_week(world, "f0101", "f0301")
    make_week(world)
    derive(world)
    table = "filplus.allocator_sps_compliance_weekly"
    assert world.rows(f"select count(*) from {table}") == [(2 * 4 * 8,)]
    # f0201 compliant, f0202 partially, f0203 not, f0299 without a row: in the denominator only.
    assert world.rows(
        f"select average_of, total_datacap, total_sps, compliant_sps, partially_compliant_sps, "
        f"non_compliant_sps from {table} where allocator = 'f0300' and check_retrievability "
        f"and check_number_of_clients and check_total_deal_size order by 1"
    ) == [
        ("all", 7, 4, 1, 1, 1),
        ("open_data", 7, 4, 1, 1, 1),
        ("open_data_edition_5", 7, 4, 0, 2, 1),
        ("open_data_edition_6", 7, 4, 1, 1, 1),
    ]
    stored = world.rows(
        "select allocator, check_retrievability, check_number_of_clients, check_total_deal_size, "
        "total_datacap, total_sps, compliant_sps_percentage, partially_compliant_sps_percentage, "
        "non_compliant_sps_percentage from filplus.allocator_compliance_weekly order by 1, 2, 3, 4"
    )
    assert stored == world.rows(
        "select allocator, check_retrievability, check_number_of_clients, check_total_deal_size, "
        "total_datacap, total_sps, max(compliant_sps_percentage)::float8, "
        "max(partially_compliant_sps_percentage)::float8, "
        "max(non_compliant_sps_percentage)::float8 "
        "from api_v1.allocator_compliance_by_threshold where average_of = 'open_data' "
        "group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4"
    )


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        ("0", "compliant"),
        ("33", "compliant"),
        ("33.3333", "compliant"),
        ("33.34", "partiallyCompliant"),
        ("66.6666", "partiallyCompliant"),
        ("66.67", "nonCompliant"),
        ("100", "nonCompliant"),
    ],
)
def test_the_class_of_any_threshold_stands_in_one_row(
    world: ReportWorld, threshold: str, expected: str
) -> None:
    four_providers(world)
    for provider in ("f0201", "f0202", "f0203"):
        pair_week(world, "f0100", provider)
    grant_week(world, "f0100", "f0300")
    make_week(world)
    derive(world)
    assert world.rows(
        "select compliance_score, is_in_edition_5, is_in_edition_6 "
        "from api_v1.allocator_compliance_by_threshold where average_of = 'open_data' "
        "and check_retrievability and check_number_of_clients and check_total_deal_size "
        "and threshold_above < %s::numeric and %s::numeric <= threshold_to",
        threshold,
        threshold,
    ) == [(expected, False, True)]


def test_providers_all_of_which_pass_reach_a_hundred(world: ReportWorld) -> None:
    """Shares of 1 and 5 in 6 must add up to 100, not to 99.99…"""
    grant_week(world, "f0100", "f0300")
    for number in range(6):
        provider_week(world, f"f021{number}", 4, 300 if number else 301, 0.5)
        pair_week(world, "f0100", f"f021{number}")
    make_week(world)
    derive(world)
    assert world.rows(
        "select threshold_above, threshold_to, compliance_score "
        "from api_v1.allocator_compliance_by_threshold where average_of = 'all' "
        "and not check_retrievability and check_number_of_clients and check_total_deal_size "
        "and 100 > threshold_above and 100 <= threshold_to and compliance_score <> 'compliant'"
    )[0][1:] == (100, "partiallyCompliant")


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0, (-5, 0)),
        (0.0001, (0, 5)),
        (0.05, (0, 5)),
        (0.0501, (5, 10)),
        (0.15, (10, 15)),
        (1, (95, 100)),
        (0.951, (95, 100)),
    ],
)
def test_buckets_close_on_their_right_edge(
    world: ReportWorld, ratio: float, expected: tuple[int, int]
) -> None:
    provider_week(world, "f0201", 1, 1, ratio)
    allocator_week(world, "f0300", 1, round(ratio * 10_000), 10_000, ratio)
    derive(world)
    for subject, measure in (
        ("providers", "retrievability"),
        ("allocators", "retrievability"),
        ("allocators", "biggest_client_share"),
    ):
        assert filled(buckets(world, subject, measure)) == [(*expected, 1)]


def test_a_share_just_above_an_edge_lies_in_the_next_bucket(world: ReportWorld) -> None:
    whole = 20 * 2**50
    allocator_week(world, "f0300", 1, 3 * 2**50, whole, 0)
    allocator_week(world, "f0301", 1, 3 * 2**50 + 1, whole, 0)
    derive(world)
    assert filled(buckets(world, "allocators", "biggest_client_share")) == [
        (10, 15, 1),
        (15, 20, 1),
    ]


def test_missing_buckets_are_filled_down_from_a_hundred(world: ReportWorld) -> None:
    for provider, rate in (("f0201", 0.5), ("f0202", 0.5), ("f0203", None)):
        provider_week(world, provider, 1, 1, rate)
    derive(world)
    found = buckets(world, "providers", "retrievability")
    assert filled(found) == [(-5, 0, 1), (45, 50, 2)]
    assert [to for _, to, _ in found] == list(range(0, 101, 5))
    assert world.rows("select distinct week_total from filplus.compliance_histogram_weekly") == [
        (3,)
    ]
    assert world.rows(
        "select total_bytes from filplus.compliance_histogram_weekly "
        "where subject = 'providers' and measure = 'retrievability' and population = 'all' "
        "and value_to_inclusive in (50, 95) order by 1"
    ) == [(0,), (2000,)]


def test_buckets_of_client_counts_start_at_the_largest(world: ReportWorld) -> None:
    provider_week(world, "f0201", 1, 1, 0)
    provider_week(world, "f0202", 3, 1, 0)
    derive(world)
    expected = [(0, 1, 1), (1, 2, 0), (2, 3, 1)]
    assert buckets(world, "providers", "num_of_clients") == expected


def test_the_running_week_is_marked(world: ReportWorld) -> None:
    running = WEEK + timedelta(days=7)
    for week in (WEEK, running):
        provider_week(world, "f0201", 1, 1, 1, week=week)
        derive(world, week)
    assert world.rows(
        "select distinct week, is_running from api_v1.compliance_histogram_weekly order by 1"
    ) == [(WEEK.date(), False), (running.date(), True)]
    derive(world, running, now=datetime(2026, 3, 16, tzinfo=UTC))
    assert world.rows("select distinct is_running from api_v1.compliance_histogram_weekly") == [
        (False,)
    ]


def test_a_week_without_values_has_no_bucket(world: ReportWorld) -> None:
    derive(world)
    assert world.rows("select count(*) from filplus.compliance_histogram_weekly") == [(0,)]


def test_populations_are_those_of_registry_archive_and_open_data(world: ReportWorld) -> None:
    four_providers(world)  # f0300 is of edition 6, open data
    world.allocator("f0301", data_type="enterprise")
    world.allocator("f0302")
    archived(world, "f0302")
    world.allocator("f0303", rejected=True)
    for number in range(4):
        allocator_week(world, f"f030{number}", number + 1, 1, 2, 0.5)
    world.application("f0108", "f0399")  # of nobody's allocator: open data for histograms alone
    world.deals("f0108", "f0204", TIB, TIB)
    derive(world)

    assert clients_by_population(world) == {
        "all": [1, 2, 3, 4],
        "registered": [1, 2, 3],
        "edition_5": [3],
        "edition_6": [1, 2],
        "open_data": [1],
        "open_data_edition_6": [1],
    }
    assert filled(buckets(world, "providers", "num_of_clients", "open_data")) == [
        (3, 4, 2),
        (8, 9, 1),
    ]


POPULATIONS = (
    "all",
    "registered",
    "edition_5",
    "edition_6",
    "open_data",
    "open_data_edition_6",
)


def clients_by_population(world: ReportWorld) -> dict[str, list[int]]:
    """Return the filled buckets of clients of each population that has any."""
    found = {
        name: [to for _, to, _ in filled(buckets(world, "allocators", "num_of_clients", name))]
        for name in POPULATIONS
    }
    return {name: clients for name, clients in found.items() if clients}


def test_a_metaallocator_is_in_no_population(world: ReportWorld) -> None:
    """As f03358620 in the real data, which granted to a client directly."""
    for allocator, clients, is_meta in (("f0300", 1, False), ("f0301", 13, True)):
        world.registry(allocator)
        entity(world, allocator, is_meta=is_meta)
        allocator_week(world, allocator, clients, 1, 2, 0.5)
    derive(world)
    registered = ("all", "registered", "edition_6", "open_data", "open_data_edition_6")
    assert clients_by_population(world) == {name: [1] for name in registered}
    archived(world, "f0301")
    archived(world, "f0300")
    derive(world)
    assert clients_by_population(world) == {
        name: [1] for name in ("all", "registered", "edition_5")
    }
    assert {
        measure
        for (measure,) in world.rows(
            "select distinct measure from filplus.compliance_histogram_weekly where week_total <> 1"
        )
    } == set()


def test_classes_of_a_week_keep_a_metaallocator(world: ReportWorld) -> None:
    """They do on the live platform; a warning counts them (§6.6)."""
    grant_week(world, "f0100", "f0300")
    provider_week(world, "f0201", 4, 300, 0.5)
    pair_week(world, "f0100", "f0201")
    entity(world, "f0300", is_meta=True)
    make_week(world)
    derive(world)
    for table in ("allocator_compliance_weekly", "allocator_sps_compliance_weekly"):
        assert ("f0300",) in world.rows(f"select distinct allocator from filplus.{table}")


@pytest.mark.parametrize("data_type", ["enterprise", "openData"])
def test_what_an_archived_file_says_makes_nobody_open_data(
    world: ReportWorld, data_type: str
) -> None:
    """A file of edition 5 has no data type; where an id is in both, edition 6 says (§1.4)."""
    world.registry("f0300")
    world.registry("f0301", data_type="openData")
    archived(world, "f0301")
    world.registry("f0301", data_type=data_type)
    for number in range(2):
        allocator_week(world, f"f030{number}", number + 1, 1, 2, 0.5)
    derive(world)
    open_data = [1] if data_type == "enterprise" else [1, 2]
    assert clients_by_population(world) == {
        "all": [1, 2],
        "registered": [1, 2],
        "edition_5": [2],
        "edition_6": [1, 2],
        "open_data": open_data,
        "open_data_edition_6": open_data,
    }


def test_a_share_of_no_bytes_is_no_value(world: ReportWorld) -> None:
    allocator_week(world, "f0300", 1, 0, 0, 0)
    derive(world)
    assert buckets(world, "allocators", "biggest_client_share") == []
    assert filled(buckets(world, "allocators", "num_of_clients")) == [(0, 1, 1)]


def test_a_week_made_again_is_replaced_and_others_stay(world: ReportWorld) -> None:
    for week in (WEEK - timedelta(days=7), WEEK):
        provider_week(world, "f0201", 2, 1, 1, week=week)
        derive(world, week)
    before = world.rows("select * from filplus.compliance_histogram_weekly order by 1, 2, 3, 4, 6")
    derive(world)
    assert before == world.rows(
        "select * from filplus.compliance_histogram_weekly order by 1, 2, 3, 4, 6"
    )
    world.connection.execute("delete from filplus.providers_weekly_acc where week = %s", [NAIVE])
    derive(world)
    assert world.rows("select distinct week from filplus.compliance_histogram_weekly") == [
        (NAIVE - timedelta(days=7),)
    ]
