"""All findings of one period, from the amounts of our tables and of other sources (validator §10).

Scope: which comparisons a period has; not here: SQL (``amounts``), how amounts are compared
(``comparison``), storing (``report_store``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from cdp_assets.validators.reconciliation.amounts import (
    flagged_payments,
    known_validators,
    own_amounts,
    present_by_type,
    restatements,
    since_previous_period,
)
from cdp_assets.validators.reconciliation.comparison import Check, Severity, Thresholds
from cdp_assets.validators.reconciliation.findings import Finding, Pair, Subject, reported

Own = Mapping[str, Mapping[str, int]]  # amount by component and validator


@dataclass(frozen=True)
class PublishedAmount:
    """An amount as another source reports it.

    Attributes:
        provider: The source.
        component: EXEC_FEES, MEV_TIPS and STAKE_REWARDS (both gross), or COMMISSION.
        validator_key: The validator; null: the total of the network.
        amount_native: In the smallest unit.
        is_estimate: The source estimates it.
    """

    provider: str
    component: str
    validator_key: str | None
    amount_native: int
    is_estimate: bool = False


@dataclass(frozen=True)
class Expectation:
    """What a period must have.

    Attributes:
        tables: Asset key of the table of each data type whose lag has passed.
        tracks_all: The sums of our tables are those of the network.
    """

    tables: Mapping[str, str]
    tracks_all: bool


def findings_of_period(
    connection: psycopg.Connection,
    chain_id: str,
    period_id: str,
    expected: Expectation,
    published: Sequence[PublishedAmount],
    thresholds: Thresholds,
) -> list[Finding]:
    """Return what is to be reported about a period, each subject once per check.

    Args:
        connection: Of the warehouse.
        chain_id: The chain.
        period_id: The period.
        expected: What the period must have.
        published: Amounts of other sources.
        thresholds: What counts as a warning or an error.
    """
    own = own_amounts(connection, chain_id, period_id)
    known = known_validators(connection, chain_id, period_id)
    drift = restatements(connection, chain_id, period_id)
    since = since_previous_period(connection, chain_id, period_id)
    present = present_by_type(connection, period_id, dict(expected.tables), len(known))
    found = [
        *reported(Check.VERSION_DRIFT, drift, thresholds),
        *reported(Check.PERIOD_OVER_PERIOD, since, thresholds),
        *reported(Check.CROSS_SOURCE, cross_source(own, published), thresholds),
        *network_findings(
            own, published, thresholds, known=len(known), tracks_all=expected.tracks_all
        ),
        *(
            Finding(check, Subject("MEV_TIPS", validator), None, amount, thresholds.fixed[check])
            for check, validator, amount in flagged_payments(connection, chain_id, period_id)
        ),
        *incomplete(dict(present), len(known), thresholds.fixed[Check.COMPLETENESS]),
    ]
    by_id = {finding.report_id(chain_id, period_id): finding for finding in found}
    return list(by_id.values())


def cross_source(own: Own, published: Iterable[PublishedAmount]) -> Iterator[Pair]:
    """Yield amounts of single validators that both we and another source have."""
    for other in published:
        amount = own.get(other.component, {}).get(other.validator_key or "")
        if amount is not None:
            subject = Subject(f"{other.component} {other.provider}", other.validator_key)
            yield Pair(subject, other.amount_native, amount, other.is_estimate)


def network_findings(
    own: Own,
    published: Iterable[PublishedAmount],
    thresholds: Thresholds,
    *,
    known: int,
    tracks_all: bool,
) -> Iterator[Finding]:
    """Yield each independent total of the network beside our sum, always with the coverage.

    Args:
        own: Our amounts.
        published: Amounts of other sources.
        thresholds: What counts as a warning or an error.
        known: Validators that were observed in the period.
        tracks_all: Else our sum is that of a part, and no difference is a finding.
    """
    totals = [other for other in published if other.validator_key is None]
    for total in totals:
        mine = own.get(total.component, {})
        pair = Pair(
            Subject(f"{total.component} {total.provider}"),
            total.amount_native,
            sum(mine.values()),
            total.is_estimate,
        )
        if tracks_all and mine:
            yield from reported(Check.NETWORK_TOTAL, [pair], thresholds, always=True)
        else:
            yield Finding(Check.NETWORK_TOTAL, pair.subject, pair.old, pair.new, Severity.INFO)
    for component in sorted({total.component for total in totals}):
        yield Finding(
            Check.NETWORK_TOTAL,
            Subject(f"{component} validators counted"),
            known,
            len(own.get(component, {})),
            Severity.INFO,
        )


def incomplete(present: Mapping[str, int], known: int, severity: Severity) -> Iterator[Finding]:
    """Yield each data type that lacks validators, and an unobserved period as such."""
    if not known:
        yield Finding(Check.COMPLETENESS, Subject("validators observed"), None, 0, severity)
        return
    for data_type, count in sorted(present.items()):
        if count < known:
            yield Finding(Check.COMPLETENESS, Subject(data_type), known, count, severity)
