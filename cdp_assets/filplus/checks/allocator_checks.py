"""The 20 checks of an allocator report (compliance §6.3).

Scope: when a check of an allocator passes, with the corrections R-25 and the shares of failing
clients; not here: reading facts (``cdp_assets.filplus.reports``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from cdp_assets.filplus.checks.check_codes import CLIENT_CHECKS, CheckResult, shown_limit
from cdp_assets.filplus.checks.client_checks import replicas_below
from cdp_assets.filplus.registry.editions import EDITIONS
from cdp_assets.filplus.reports.report_rows import AllocationRow, ReplicaRow
from cdp_assets.filplus.scoring.rules import CheckRules

_CURRENT_EDITION = EDITIONS[-1]
assert _CURRENT_EDITION.start is not None
SCHEDULE_START = _CURRENT_EDITION.start
STANDARD_SCHEDULE = "i will use the standard allocation tranche schedule"


class CheckedClient(NamedTuple):
    """One client row of the report. ``requested`` bytes: null: unknown."""

    client_id: str
    allocators: Sequence[str]
    replicas: Sequence[ReplicaRow]
    allocations: Sequence[AllocationRow]
    requested: int | None
    last_datacap_spent: datetime | None


class ClientOutcomes(NamedTuple):
    """Results of client reports by check code: clients that failed, and how many have a result."""

    failed: Sequence[str]
    present: int


@dataclass(frozen=True, slots=True)
class AllocatorFacts:
    """Inputs of the checks of one allocator report.

    Attributes:
        now: Clock of the report.
        is_meta: Metaallocators have no tranche schedule.
        tranche_schedule: Text of the registry; null without one.
        required_copies: Of the registry; null: none required.
        clients: Client rows.
        outcomes: By client check code: INACTIVITY of the newest client report of any age, every
            other code of the newest one that spent datacap in the last 60 days.
    """

    now: datetime
    is_meta: bool
    tranche_schedule: str | None
    required_copies: int | None
    clients: Sequence[CheckedClient]
    outcomes: Mapping[str, ClientOutcomes]


def allocator_checks(facts: AllocatorFacts, rules: CheckRules) -> list[CheckResult]:
    """Return the results of every check that applies: 20, or 19 without a standard schedule."""
    return [
        _multiple_allocators(facts, rules),
        *_not_enough_copies(facts, rules),
        *_schedule(facts, rules),
        *(
            _failing_clients(code, facts.outcomes.get(code, ClientOutcomes((), 0)), rules)
            for code in CLIENT_CHECKS
        ),
    ]


def follows_schedule(
    allocations: Sequence[AllocationRow], requested: int | None, rules: CheckRules
) -> bool:
    """Return whether allocations follow the standard tranches.

    The i-th may be at most the i-th percentage of what was requested (the last percentage for all
    that follow) and at most twice the one before; an unknown request allows nothing. The count
    restarts at the edition's first day.
    """
    ordered = sorted(a for a in allocations if a.timestamp >= SCHEDULE_START)
    shares = rules.tranche_percentages
    for place, row in enumerate(ordered):
        share = shares[min(place, len(shares) - 1)]
        if row.allocation > (requested or 0) * share // 100:
            return False
        if place and row.allocation > rules.tranche_max_growth * ordered[place - 1].allocation:
            return False
    return True


def _multiple_allocators(facts: AllocatorFacts, rules: CheckRules) -> CheckResult:
    violating = [
        client.client_id
        for client in facts.clients
        if sum(allocator != rules.glif_allocator for allocator in client.allocators) > 1
    ]
    return CheckResult(
        "CLIENT_MULTIPLE_ALLOCATORS",
        not violating,
        {
            "msg": f"{_clients(len(violating))} receiving datacap from more than one allocator",
            "violating_ids": violating,
            "max_clients_using_multiple_allocators_count": 0,
        },
    )


def _not_enough_copies(facts: AllocatorFacts, rules: CheckRules) -> Iterator[CheckResult]:
    limit = rules.client_report_max_percentage_for_required_copies
    if limit is None:
        return
    required = facts.required_copies
    violating = [
        client.client_id
        for client in facts.clients
        if required is not None and replicas_below(client.replicas, required) > limit
    ]
    yield CheckResult(
        "CLIENT_NOT_ENOUGH_COPIES",
        not violating,
        {
            "msg": f"{_clients(len(violating))} with not enough copies",
            "violating_ids": violating,
            "max_clients_with_not_enough_copies": 0,
            "max_percentage_for_required_copies": shown_limit(limit),
        },
    )


def _schedule(facts: AllocatorFacts, rules: CheckRules) -> Iterator[CheckResult]:
    schedule = (facts.tranche_schedule or "").lower()
    if facts.is_meta or schedule != STANDARD_SCHEDULE:
        return
    granted = [
        client
        for client in facts.clients
        if any(a.timestamp >= SCHEDULE_START for a in client.allocations)
    ]
    if not granted:
        return
    active_since = facts.now - timedelta(days=rules.activity_window_days)
    active = [c for c in granted if c.last_datacap_spent and c.last_datacap_spent >= active_since]
    violating = [
        client.client_id
        for client in active
        if not follows_schedule(client.allocations, client.requested, rules)
    ]
    share = Decimal(100 * len(violating)) / len(active) if active else Decimal(0)
    yield CheckResult(
        "MANUAL_ALLOCATION_SCHEDULE",
        not violating,
        {
            "msg": f"{share:.2f}% of active clients have allocations that leave the standard "
            "tranche schedule",
            "violating_ids": violating,
            "max_clients_with_invalid_allocations": 0,
        },
    )


def _failing_clients(code: str, outcomes: ClientOutcomes, rules: CheckRules) -> CheckResult:
    limit = rules.max_failing_clients_percentage
    failed = len(outcomes.failed)
    share = Decimal(100 * failed) / outcomes.present if outcomes.present else Decimal(0)
    metadata: dict[str, Any] = {
        "msg": f"{share:.2f}% of active clients fail the check {CLIENT_CHECKS[code].name!r}",
        "violating_ids": list(outcomes.failed),
        "max_failing_clients_percentage": shown_limit(limit),
        "clients_count": outcomes.present,
    }
    return CheckResult(code, share <= limit, metadata)


def _clients(count: int) -> str:
    return f"{count or 'No'} client{'' if count == 1 else 's'}"
