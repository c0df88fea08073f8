"""The 17 checks of a client report: plain facts in, result and reasons out (compliance §6.4.1).

Scope: when a check of a client passes; not here: reading facts (``cdp_assets.filplus.reports``) or
limits (``scoring_rules.yaml``; null skips the check).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cdp_assets.filplus.checks.check_codes import CheckResult, shown_limit
from cdp_assets.filplus.reports.report_rows import ProviderRow, ReplicaRow
from cdp_assets.filplus.scoring.number_rules import share_percent
from cdp_assets.filplus.scoring.rules import CheckRules

_SP = "STORAGE_PROVIDER_DISTRIBUTION"
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """Inputs of the checks of one client report. Bytes; null means unknown.

    Attributes:
        now: Clock of the report.
        allocators: All of its allocators, by row id.
        available_datacap: What is left, as the chain says.
        last_datacap_spent: Hour of its newest deal.
        last_datacap_received: Time of its newest allowance message.
        declared: Providers of its application.
        providers: Its provider rows.
        replicas: Its replica rows.
        sharing_rows: Number of clients that it shares data with.
        low_replica: Threshold of the edition of its first allowance.
        high_replica: Likewise.
        required_copies: Of its main allocator.
        unique_size: Unique data sealed.
        expected_size: Declared dataset size.
    """

    now: datetime
    allocators: Sequence[str]
    available_datacap: int | None
    last_datacap_spent: datetime | None
    last_datacap_received: datetime | None
    declared: Sequence[str]
    providers: Sequence[ProviderRow]
    replicas: Sequence[ReplicaRow]
    sharing_rows: int
    low_replica: int | None
    high_replica: int | None
    required_copies: int | None
    unique_size: int
    expected_size: int | None


def client_checks(facts: ClientFacts, rules: CheckRules) -> list[CheckResult]:
    """Return the results of every check whose limit and thresholds are known."""
    return [
        _multiple_allocators(facts, rules),
        _inactivity(facts, rules),
        *_distribution(facts, rules),
        *_location(facts),
        *_retrievability(facts, rules),
        *_ipni(facts),
        *_declared(facts, rules),
        *_replication(facts, rules),
        CheckResult(
            "DEAL_DATA_REPLICATION_CID_SHARING",
            not facts.sharing_rows,
            {
                "msg": f"Data is shared with {_clients(facts.sharing_rows)}"
                if facts.sharing_rows
                else "No CID sharing has been observed",
                "count": facts.sharing_rows,
            },
        ),
        *_unique_size(facts, rules),
    ]


def _multiple_allocators(facts: ClientFacts, rules: CheckRules) -> CheckResult:
    count = sum(allocator != rules.glif_allocator for allocator in facts.allocators)
    return CheckResult(
        "MULTIPLE_ALLOCATORS",
        count <= 1,
        {
            "msg": f"Client receives datacap from {count} allocator{'' if count == 1 else 's'}",
            "allocators_count": count,
            "max_allocators_count": 1,
        },
    )


def _inactivity(facts: ClientFacts, rules: CheckRules) -> CheckResult:
    window = timedelta(days=rules.activity_window_days)
    received, spent = facts.last_datacap_received, facts.last_datacap_spent
    passed = (
        (received is not None and facts.now - received < window)
        or not facts.available_datacap
        or (spent is not None and facts.now - spent < window)
    )
    since = None
    if received is not None:
        since = f"{Decimal((facts.now - received) // _SECOND) / 86_400:.2f}"
    return CheckResult(
        "INACTIVITY",
        passed,
        {
            "msg": "Client is active"
            if passed
            else f"Client has datacap left and was inactive for {window.days} days",
            "inactivity_period_days": window.days,
            "available_datacap": None
            if facts.available_datacap is None
            else str(facts.available_datacap),
            "time_since_last_datacap_days": since,
        },
    )


def _violation(check: str, violating: list[str], what: str, limits: dict[str, Any]) -> CheckResult:
    count = len(violating)
    subject = "storage provider" if count == 1 else "storage providers"
    return CheckResult(
        check,
        not violating,
        {"msg": f"{count or 'No'} {subject} {what}", "violating_ids": violating, **limits},
    )


def _distribution(facts: ClientFacts, rules: CheckRules) -> Iterator[CheckResult]:
    total = sum(row.total_deal_size for row in facts.providers)
    limit = rules.client_report_max_provider_deal_percentage
    if limit is not None:
        yield _violation(
            f"{_SP}_PROVIDERS_EXCEED_PROVIDER_DEAL",
            [
                r.provider
                for r in facts.providers
                if share_percent(r.total_deal_size, total) > limit
            ],
            f"with more than {shown_limit(limit)}% of the data",
            {"max_providers_exceeding_provider_deal": 0},
        )
    limit = rules.client_report_max_duplication_percentage
    if limit is not None:
        yield _violation(
            f"{_SP}_PROVIDERS_EXCEED_MAX_DUPLICATION",
            [
                r.provider
                for r in facts.providers
                if share_percent(r.total_deal_size - r.unique_data_size, r.total_deal_size) > limit
            ],
            f"with more than {shown_limit(limit)}% duplicated data",
            {
                "max_duplication_percentage": shown_limit(limit),
                "max_providers_exceeding_max_duplication": 0,
            },
        )


def _location(facts: ClientFacts) -> Iterator[CheckResult]:
    yield _violation(
        f"{_SP}_PROVIDERS_UNKNOWN_LOCATION",
        [r.provider for r in facts.providers if r.location is None or not r.location.country],
        "at an unknown location",
        {"max_providers_with_unknown_location": 0},
    )
    places = {
        r.location and (r.location.country, r.location.region, r.location.city)
        for r in facts.providers
    }
    passed = len(places) > 1
    yield CheckResult(
        f"{_SP}_ALL_LOCATED_IN_THE_SAME_REGION",
        passed,
        {
            "msg": "Storage providers are in different regions"
            if passed
            else "All storage providers are in the same region"
            if facts.providers
            else "There is no storage provider"
        },
    )


def _retrievability(facts: ClientFacts, rules: CheckRules) -> Iterator[CheckResult]:
    yield _violation(
        "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_ZERO",
        [r.provider for r in facts.providers if not r.retrievability],
        "with no retrievability",
        {"max_providers_with_zero_retrievability": 0},
    )
    limit = rules.min_retrievability
    yield _violation(
        "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75",
        [r.provider for r in facts.providers if (r.retrievability or 0) < limit],
        f"with retrievability below {shown_limit(limit * 100)}%",
        {"max_providers_with_low_retrievability": 0},
    )


def _ipni(facts: ClientFacts) -> Iterator[CheckResult]:
    for status, what in (
        ("MISREPORTING", "misreporting to IPNI"),
        ("NOT_REPORTING", "not reporting to IPNI"),
    ):
        yield _violation(
            f"{_SP}_PROVIDERS_IPNI_{status}",
            [r.provider for r in facts.providers if r.ipni_reporting_status == status],
            what,
            {f"max_providers_ipni_{status.lower()}": 0},
        )


def _declared(facts: ClientFacts, rules: CheckRules) -> Iterator[CheckResult]:
    used = {row.provider for row in facts.providers}
    yield _violation(
        f"{_SP}_PROVIDERS_DECLARED_NOT_USED",
        [provider for provider in facts.declared if provider not in used],
        "declared but not used",
        {"max_providers_declared_not_used": 0},
    )
    limit = rules.client_report_max_percentage_not_declared_providers
    if limit is None:
        return
    declared = set(facts.declared)
    undeclared = [row.provider for row in facts.providers if row.provider not in declared]
    share = Decimal(100 * len(undeclared)) / len(used) if used else Decimal(0)
    yield CheckResult(
        f"{_SP}_PROVIDERS_NOT_DECLARED",
        share <= limit,
        {
            "msg": f"{share:.2f}% of the storage providers used were not declared",
            "violating_ids": undeclared,
            "percentage_of_not_declared_providers": float(share),
            "max_percentage_of_not_declared_providers": shown_limit(limit),
        },
    )


def _replication(facts: ClientFacts, rules: CheckRules) -> Iterator[CheckResult]:
    limit, low = rules.client_report_max_percentage_for_low_replica, facts.low_replica
    if limit is not None and low is not None:
        share = replicas_below(facts.replicas, low)
        yield _at_most(
            "DEAL_DATA_REPLICATION_LOW_REPLICA",
            share,
            limit,
            f"{share:.2f}% of the data has fewer than {low} replicas",
            "max_percentage_for_low_replica",
        )
    limit, high = rules.client_report_max_percentage_for_high_replica, facts.high_replica
    if limit is not None and high is not None:
        share = sum((r.percentage for r in facts.replicas if r.num_of_replicas > high), Decimal(0))
        yield _at_most(
            "DEAL_DATA_REPLICATION_HIGH_REPLICA",
            share,
            limit,
            f"{share:.2f}% of the data has more than {high} replicas",
            "max_percentage_for_replica",
        )
    limit, required = rules.client_report_max_percentage_for_required_copies, facts.required_copies
    if limit is not None:
        share = replicas_below(facts.replicas, required or 0)
        yield _at_most(
            "NOT_ENOUGH_COPIES",
            share,
            limit,
            "The allocator requires no number of copies"
            if required is None
            else f"{share:.2f}% of the data has fewer than {required} copies",
            "max_percentage_for_required_copies",
        )


def _at_most(
    check: str, share: Decimal, limit: Decimal, message: str, limit_name: str
) -> CheckResult:
    return CheckResult(check, share <= limit, {"msg": message, limit_name: shown_limit(limit)})


def _unique_size(facts: ClientFacts, rules: CheckRules) -> Iterator[CheckResult]:
    allowed = rules.client_report_total_uniq_data_set_size_allow_exceeds_percentage
    if allowed is None:
        return
    expected = facts.expected_size
    passed = expected is not None and facts.unique_size < expected + expected * allowed // 100
    share = None if expected is None else share_percent(facts.unique_size, expected)
    yield CheckResult(
        "UNIQ_DATA_SET_SIZE_TO_DECLARED",
        passed,
        {
            "msg": "The declared dataset size is unknown"
            if share is None
            else f"Unique data is {share:.2f}% of the declared dataset size"
        },
    )


def replicas_below(replicas: Sequence[ReplicaRow], required: int) -> Decimal:
    """Return the sum of the truncated percentages of data with fewer replicas."""
    return sum((r.percentage for r in replicas if r.num_of_replicas < required), Decimal(0))


def _clients(count: int) -> str:
    return f"{count} other client{'' if count == 1 else 's'}"
