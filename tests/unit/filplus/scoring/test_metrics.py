"""Score vectors: each metric at every threshold, one below, one above (compliance §5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cdp_assets.filplus.scoring.metrics import (
    METRICS,
    ScoredClient,
    ScoredProvider,
    ScoreInputs,
)
from cdp_assets.filplus.scoring.rules import Metric, load_rules
from cdp_assets.filplus.scoring.score import Score, score_report

NOW = datetime(2026, 3, 15, 6, tzinfo=UTC)
RULES = load_rules().versions[0]
NOTHING = ScoreInputs(NOW, [], [], None, [], 0, None)


def client(name: str = "f01", **values: object) -> ScoredClient:
    """A client that spent today."""
    base = ScoredClient(name, 1000, 1, None, None, NOW, ())
    return base._replace(**values)  # type: ignore[arg-type]


def providers(*rows: tuple[int, int, str]) -> list[ScoredProvider]:
    return [ScoredProvider(*row, None) for row in rows]


def scored(code: str, inputs: ScoreInputs, data_type: str = "openData") -> Score:
    scores = score_report(inputs, data_type, RULES, {})  # type: ignore[arg-type]
    return next(score for score in scores if score.metric.code == code)


def rule(code: str) -> Metric:
    return next(metric for metric in RULES.metrics if metric.code == code)


@pytest.mark.parametrize(
    ("good", "value", "points"),
    [
        (0, "0", 0),
        (4_999, "49.99", 0),
        (5_000, "50", 1),
        (5_001, "50.01", 1),
        (5_499, "54.99", 1),
        (5_500, "55", 1),
        (5_501, "55.01", 3),
        (10_000, "100", 3),
    ],
)
def test_ipni_reporting(good: int, value: str, points: int) -> None:
    rows = providers((good, 0, "OK"), (10_000 - good, 0, "MISREPORTING"))
    score = scored("IPNI_REPORTING", replace(NOTHING, providers=rows))
    assert (score.measured.value, score.base_points, score.points) == (
        Decimal(value),
        points,
        points * 3,
    )


def test_ipni_share_is_truncated_before_it_is_compared() -> None:
    rows = providers((550_099, 0, "OK"), (449_901, 0, "NOT_REPORTING"))
    score = scored("IPNI_REPORTING", replace(NOTHING, providers=rows))
    assert (score.measured.value, score.base_points) == (Decimal("55.00"), 1)


@pytest.mark.parametrize(
    ("own", "points"),
    [
        ("0.1", 0),
        ("0.29", 0),
        ("0.3", 0),
        ("0.31", 1),
        ("0.5", 1),
        ("0.5000001", 3),
        ("1", 3),
    ],
)
def test_retrievability_against_the_percentiles_of_all(own: str, points: int) -> None:
    # Five values: the percentiles 25 and 50 are the second and the third of them.
    everyone = [Decimal(v) for v in ("0", "0.3", "0.5", "0.7", "0.9")]
    inputs = replace(NOTHING, average_retrievability=Decimal(own), all_retrievabilities=everyone)
    score = scored("URL_FINDER_RETRIEVABILITY", inputs)
    assert score.measured.named == {"p25": 30, "p50": 50}
    assert (score.base_points, score.points) == (points, points * 5)
    assert score.ranges[1].value_min == 30
    assert score.average == 48


@pytest.mark.parametrize(
    ("shared", "value", "points"),
    [
        (0, "0", 2),
        (1, "0.01", 1),
        (199, "1.99", 1),
        (200, "2", 1),
        (201, "2.01", 0),
        (30_000, "300", 0),
    ],
)
def test_cid_sharing(shared: int, value: str, points: int) -> None:
    rows = [client(total_allocations=10_000, shared_sizes=(shared,) if shared else ())]
    score = scored("CID_SHARING", replace(NOTHING, clients=rows), "enterprise")
    assert (score.measured.value, score.base_points) == (Decimal(value), points)


def test_sharing_beyond_the_whole_hits_the_last_range() -> None:
    rows = [client(total_allocations=10, shared_sizes=(100,))]
    score = scored("CID_SHARING", replace(NOTHING, clients=rows))
    assert score.range_hit.value_max == 100


def test_a_long_inactive_client_weighs_less_in_sharing() -> None:
    old = NOW - timedelta(days=180)
    rows = [
        client("f01", total_allocations=1_000_000, shared_sizes=(100_000,), last_datacap_spent=old),
        client("f02", total_allocations=1_000_000),
    ]
    # 36,787 of 1,367,879 with the weight 0.367879.
    assert scored("CID_SHARING", replace(NOTHING, clients=rows)).measured.value == Decimal("2.68")


@pytest.mark.parametrize(
    ("repeated", "value", "points"),
    [
        (0, "0", 2),
        (24, "0.24", 2),
        (25, "0.25", 2),
        (26, "0.26", 1),
        (499, "4.99", 1),
        (500, "5", 1),
        (501, "5.01", 0),
    ],
)
def test_duplicated_data(repeated: int, value: str, points: int) -> None:
    rows = providers((10_000, 10_000 - repeated, "OK"))
    score = scored("DUPLICATED_DATA", replace(NOTHING, providers=rows))
    assert (score.measured.value, score.base_points) == (Decimal(value), points)


@pytest.mark.parametrize(
    ("unique", "value", "points"),
    [
        (0, "0", 1),
        (9_999, "99.99", 1),
        (10_000, "100", 2),
        (10_001, "100.01", 2),
        (11_999, "119.99", 2),
        (12_000, "120", 2),
        (12_001, "120.01", 0),
    ],
)
def test_unique_data_set_size(unique: int, value: str, points: int) -> None:
    rows = [client(total_uniq_data_set_size=unique, expected_size_of_single_dataset=10_000)]
    score = scored("UNIQUE_DATA_SET_SIZE", replace(NOTHING, clients=rows))
    assert (score.measured.value, score.base_points) == (Decimal(value), points)
    assert score.value_max == Decimal(value)


@pytest.mark.parametrize(
    ("value", "points"),
    [
        ("0.49", 0), ("0.5", 1), ("0.51", 1), ("0.69", 1), ("0.7", 2), ("0.71", 2), ("0.89", 2),
        ("0.9", 3), ("0.91", 3), ("1.09", 3), ("1.1", 3), ("1.11", 2), ("1.29", 2), ("1.3", 2),
        ("1.31", 1), ("1.49", 1), ("1.5", 1), ("1.51", 0), ("0", 0),
    ],
)  # fmt: skip
def test_points_of_equality(value: str, points: int) -> None:
    assert rule("EQUALITY_OF_DATACAP_DISTRIBUTION").base_points(Decimal(value), {}) == points


@pytest.mark.parametrize(
    ("allocations", "value", "points"),
    [
        pytest.param((100, 100), "0", 0, id="equal clients deviate by nothing"),
        pytest.param((0, 100), "1", 3, id="one of two has everything"),
        pytest.param((25, 75), "0.5", 1, id="a quarter and three quarters"),
        pytest.param((), "0", 0, id="no client"),
        pytest.param((0, 0), "0", 0, id="clients without datacap"),
    ],
)
def test_equality_of_distribution(allocations: Sequence[int], value: str, points: int) -> None:
    rows = [client(f"f0{n}", total_allocations=a) for n, a in enumerate(allocations)]
    score = scored("EQUALITY_OF_DATACAP_DISTRIBUTION", replace(NOTHING, clients=rows))
    assert (score.measured.value, score.base_points) == (Decimal(value), points)


@pytest.mark.parametrize(
    ("clients", "value", "points"),
    [
        (3, "0.3", 0),
        (4, "0.4", 1),
        (5, "0.5", 1),
        (6, "0.6", 1),
        (7, "0.7", 2),
        (0, "0", 0),
    ],
)
def test_client_diversity(clients: int, value: str, points: int) -> None:
    ended = datetime(2025, 5, 15, 6, tzinfo=UTC)  # ten months before now
    inputs = replace(NOTHING, clients_number=clients, first_audit_ended=ended)
    score = scored("CLIENT_DIVERSITY", inputs)
    assert (score.measured.value, score.base_points) == (Decimal(value), points)


@pytest.mark.parametrize(
    "ended", [None, NOW, NOW + timedelta(days=40)], ids=["no audit", "ended now", "ends later"]
)
def test_diversity_without_a_past_audit_is_zero(ended: datetime | None) -> None:
    score = scored("CLIENT_DIVERSITY", replace(NOTHING, clients_number=9, first_audit_ended=ended))
    assert (score.measured.value, score.base_points, score.state) == (0, 0, "not measured")


@pytest.mark.parametrize(
    ("returning", "of", "points"),
    [
        (59, 100, 0),
        (60, 100, 1),
        (61, 100, 1),
        (74, 100, 1),
        (75, 100, 1),
        (76, 100, 2),
        (3, 5, 1),
        (751, 1000, 2),
        (599_999, 1_000_000, 0),
    ],
)
def test_previous_applications_are_not_truncated(returning: int, of: int, points: int) -> None:
    row, twice = client(), client(allocations_number=2)
    rows = [twice] * returning + [row] * (of - returning)
    score = scored("CLIENT_PREVIOUS_APPLICATIONS", replace(NOTHING, clients=rows))
    assert (score.base_points, score.measured.sample_size) == (points, of)


def test_nothing_to_measure_earns_what_the_live_platform_gives_and_says_so() -> None:
    scores = score_report(NOTHING, "openData", RULES, {})
    points = {score.metric.code: score.base_points for score in scores}
    assert points == {
        "IPNI_REPORTING": 0,
        "URL_FINDER_RETRIEVABILITY": 0,
        "CID_SHARING": 2,
        "DUPLICATED_DATA": 2,
        "UNIQUE_DATA_SET_SIZE": 1,
        "EQUALITY_OF_DATACAP_DISTRIBUTION": 0,
        "CLIENT_DIVERSITY": 0,
        "CLIENT_PREVIOUS_APPLICATIONS": 0,
    }
    assert {score.state for score in scores} == {"not measured"}


def test_an_allocator_without_a_registry_row_has_no_score() -> None:
    assert score_report(NOTHING, None, RULES, {}) == []


def test_enterprise_excludes_two_components_and_never_passes_24() -> None:
    scores = score_report(NOTHING, "enterprise", RULES, {})
    excluded = {s.metric.code for s in scores if s.state == "excluded"}
    assert excluded == {"IPNI_REPORTING", "URL_FINDER_RETRIEVABILITY"}
    assert sum(max(r.score for r in s.ranges) for s in scores) == 24


def test_the_average_is_that_of_the_peers_and_the_scale_reaches_the_largest() -> None:
    inputs = replace(
        NOTHING, clients=[client(total_uniq_data_set_size=5, expected_size_of_single_dataset=10)]
    )
    peers = {"UNIQUE_DATA_SET_SIZE": [Decimal(40), Decimal(160)]}
    scores = score_report(inputs, "openData", RULES, peers)  # type: ignore[arg-type]
    (score,) = (s for s in scores if s.metric.code == "UNIQUE_DATA_SET_SIZE")
    assert (score.measured.value, score.average, score.value_max) == (50, 100, 160)


@pytest.mark.parametrize(
    ("rates", "average", "is_measured", "samples"),
    [
        ([None, None], "0", False, 0),
        ([], None, False, 0),
        ([None, "0"], "0", True, 1),
        ([None, "0.8", "0.4"], "0.4", True, 2),
    ],
)
def test_retrievability_is_measured_where_a_row_has_a_rate_and_only_those_are_samples(
    rates: list[str | None], average: str | None, is_measured: bool, samples: int
) -> None:
    inputs = replace(
        NOTHING,
        providers=[ScoredProvider(1, 1, "OK", None if r is None else Decimal(r)) for r in rates],
        average_retrievability=None if average is None else Decimal(average),
    )
    score = scored("URL_FINDER_RETRIEVABILITY", inputs)
    assert (score.state == "measured", score.measured.sample_size) == (is_measured, samples)
    assert score.measured.value == 100 * Decimal(average or 0)


def test_every_score_is_one_of_its_ranges_and_lies_in_the_range_that_it_names() -> None:
    for tenth in range(0, 2000, 7):
        value = Decimal(tenth) / 10
        for metric in RULES.metrics:
            points = metric.base_points(value, {"p25": Decimal(30), "p50": Decimal(50)})
            assert points in {item.points for item in metric.ranges}


def test_metadata_names_inputs_rules_weights_and_type() -> None:
    rows = providers((600, 600, "OK"), (400, 400, "NOT_REPORTING"))
    lines = scored("IPNI_REPORTING", replace(NOTHING, providers=rows)).metadata
    assert lines == (
        "Data with providers that report correctly: 600.00 B",
        "Data of all providers: 1000.00 B",
        "IPNI reporting: 60.00%",
        "Points if > 55.00%: 3",
        "Points if >= 50.00%: 1",
        "Points if otherwise: 0",
        "Weight for open data: 3",
        "Weight for enterprise: 0",
        "Type of allocator: Open data",
    )


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [client(f"f0{n}", total_allocations=n * 7 + 1, shared_sizes=(n,)) for n in range(40)]
    inputs = replace(NOTHING, clients=rows)
    turned = replace(NOTHING, clients=rows[::-1])
    for metric in METRICS.values():
        assert metric(inputs) == metric(turned)
