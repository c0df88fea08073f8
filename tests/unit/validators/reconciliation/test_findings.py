"""Findings: real totals of epoch 842, and what is listed rather than averaged (validator §10)."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.reconciliation.comparison import Check, Severity
from cdp_assets.validators.reconciliation.findings import Finding, Pair, Subject, reported
from cdp_assets.validators.reconciliation.period_findings import (
    PublishedAmount,
    cross_source,
    incomplete,
    network_findings,
)
from cdp_assets.validators.reconciliation.thresholds import load_thresholds
from tests.conftest import SHARED_DATA

THRESHOLDS = load_thresholds()
SOLANA = SHARED_DATA / "validator/solana"
MARINADE = {"rewards_mev": "MEV_TIPS", "rewards_inflation_est": "STAKE_REWARDS"}


def lamports(text: str) -> int:
    """Return an amount of SOL in lamports."""
    return to_native(Decimal(text), SOL_DECIMALS)


def own_842() -> dict[str, dict[str, int]]:
    """Return MEV and inflation of the 986 validators, gross."""
    with (SOLANA / "doublezero/earnings_epoch842.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {"MEV_TIPS": "mev_rewards", "STAKE_REWARDS": "inflation"}
    return {
        component: {row["votekey"]: lamports(row[column]) for row in rows}
        for component, column in columns.items()
    }


def published_842() -> list[PublishedAmount]:
    """Return the network's totals as Marinade published them."""
    with (SOLANA / "marinade/network_rewards_observed.csv").open() as file:
        return [
            PublishedAmount(
                "marinade",
                MARINADE[row["metric"]],
                None,
                lamports(row["value"]),
                is_estimate=row["metric"].endswith("_est"),
            )
            for row in csv.DictReader(file)
            if row["epoch"] == "842" and row["metric"] in MARINADE
        ]


def test_the_sums_of_epoch_842_pass_beside_the_networks_totals_with_their_coverage() -> None:
    found = list(
        network_findings(own_842(), published_842(), THRESHOLDS, known=986, tracks_all=True)
    )
    shown = {f.subject.scope: (f.severity, f.amounts()[3]) for f in found}
    assert {severity for severity, _ in shown.values()} == {Severity.INFO}
    assert round(shown["MEV_TIPS marinade"][1] or 0, 4) == Decimal("-0.0438")
    assert round(shown["STAKE_REWARDS marinade"][1] or 0, 3) == Decimal("-0.922")
    (coverage,) = (f for f in found if f.subject.scope == "MEV_TIPS validators counted")
    assert (coverage.old, coverage.new) == (986, 986)


def test_the_inflation_of_842_warns_where_the_total_is_no_estimate() -> None:
    plain = [
        PublishedAmount(p.provider, p.component, None, p.amount_native) for p in published_842()
    ]
    found = network_findings(own_842(), plain, THRESHOLDS, known=986, tracks_all=True)
    assert {f.subject.scope: f.severity for f in found}["STAKE_REWARDS marinade"] == "WARNING"


def test_a_part_of_the_network_is_no_finding_beside_its_total() -> None:
    one = {"MEV_TIPS": {"v": 5}}
    total = [PublishedAmount("m", "MEV_TIPS", None, 1000)]
    part, coverage = network_findings(one, total, THRESHOLDS, known=1, tracks_all=False)
    assert (part.severity, part.old, part.new) == (Severity.INFO, 1000, 5)
    assert coverage.new == 1


def test_each_validator_that_another_source_sees_otherwise_is_listed() -> None:
    own = {"COMMISSION": {"a": 100, "b": 100, "c": 0}}
    others = [
        PublishedAmount("other", "COMMISSION", "a", 100),
        PublishedAmount("other", "COMMISSION", "b", 52),
        PublishedAmount("other", "COMMISSION", "c", 5),
        PublishedAmount("other", "COMMISSION", "unknown to us", 5),
    ]
    found = list(reported(Check.CROSS_SOURCE, cross_source(own, others), THRESHOLDS))
    assert [(f.subject.validator_key, f.old, f.new) for f in found] == [("b", 52, 100), ("c", 5, 0)]


def test_an_unobserved_period_and_a_missing_data_type_are_incomplete() -> None:
    assert [f.subject.scope for f in incomplete({"FEES": 0}, 0, Severity.ERROR)] == [
        "validators observed"
    ]
    (mev,) = incomplete({"FEES": 7, "MEV": 0}, 7, Severity.ERROR)
    assert (mev.subject.scope, mev.old, mev.new, mev.severity) == ("MEV", 7, 0, Severity.ERROR)


def test_the_id_of_a_finding_is_that_of_what_it_is_about() -> None:
    def of(subject: Subject, old: int = 1) -> object:
        finding = Finding(Check.VERSION_DRIFT, subject, old, 2, Severity.ERROR)
        return finding.report_id("solana-mainnet", "842")

    assert of(Subject("MEV_TIPS", "v", 2)) == of(Subject("MEV_TIPS", "v", 2), old=7)
    subjects = [Subject("MEV_TIPS", "v", 2), Subject("MEV_TIPS", "v", 3), Subject("MEV_TIPS", "v")]
    assert len({of(subject) for subject in (*subjects, Subject("EXEC_FEES", "v", 2))}) == 4


@given(st.integers(0, 10**77), st.integers(0, 10**77), st.integers(1, 10**6))
def test_a_common_factor_changes_no_percentage_and_no_severity(
    old: int, new: int, factor: int
) -> None:
    subject = Subject("EXEC_FEES", "v")
    pairs = [Pair(subject, old, new), Pair(subject, old * factor, new * factor)]
    one, other = reported(Check.NETWORK_TOTAL, pairs, THRESHOLDS, always=True)
    assert one.severity is other.severity
    assert one.amounts()[3] == other.amounts()[3]


def test_amounts_per_leader_slot_are_stored_with_ten_decimals() -> None:
    finding = Finding(
        Check.PERIOD_OVER_PERIOD, Subject("x", "v"), Fraction(1, 3), 1, Severity.WARNING
    )
    assert [str(value) for value in finding.amounts()] == [
        "0.3333333333", "1", "0.6666666667", "200.0000000000",
    ]  # fmt: skip
