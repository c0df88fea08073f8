"""Findings: what a comparison becomes when it is reported (validator §10).

Scope: the finding, its id, and which comparisons are reported; not here: reading the amounts
(``amounts``), storing the findings (``report_store``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from cdp_assets.validators.reconciliation.comparison import (
    Amount,
    Check,
    Severity,
    Thresholds,
    compare,
    percent_of,
    rounded,
)

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "reconciliation-report")


@dataclass(frozen=True)
class Subject:
    """What a finding is about.

    Attributes:
        scope: The measure, with the provider or account where it needs one.
        validator_key: Validator; null: all of them.
        edition: Version that is compared with its predecessor; null: the current rows. Each
            restatement is a finding of its own, so that each one is acknowledged.
    """

    scope: str
    validator_key: str | None = None
    edition: int | None = None


@dataclass(frozen=True)
class Pair:
    """Two amounts of one subject that should agree.

    Attributes:
        subject: What they are about.
        old: The earlier, reference or independent amount.
        new: The amount of our tables.
        is_estimate: One of them is an estimate.
    """

    subject: Subject
    old: Amount
    new: Amount
    is_estimate: bool = False


@dataclass(frozen=True)
class Finding:
    """One row of ``reconciliation_reports`` without chain and period.

    Attributes:
        check: What was compared.
        subject: What it is about.
        old: The earlier, reference or independent amount; null: there is none.
        new: The amount of our tables; null: there is none.
        severity: By the thresholds.
    """

    check: Check
    subject: Subject
    old: Amount | None
    new: Amount | None
    severity: Severity

    def report_id(self, chain_id: str, period_id: str) -> uuid.UUID:
        """Return the id: the same finding has the same one in every run."""
        subject = self.subject
        edition = "" if subject.edition is None else str(subject.edition)
        parts = (
            chain_id, period_id, subject.validator_key or "", self.check, subject.scope, edition,
        )  # fmt: skip
        return uuid.uuid5(NAMESPACE, "|".join(parts))

    def amounts(self) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
        """Return old, new, their difference, and that in percent of old, as they are stored."""
        old, new = self.old, self.new
        if old is None or new is None:
            return _stored(old), _stored(new), None, None
        return _stored(old), _stored(new), _stored(new - old), percent_of(old, new)


def _stored(amount: Amount | None) -> Decimal | None:
    if amount is None:
        return None
    return Decimal(amount) if isinstance(amount, int) else rounded(amount)


def reported(
    check: Check, pairs: Iterable[Pair], thresholds: Thresholds, *, always: bool = False
) -> Iterator[Finding]:
    """Yield the pairs that differ by a threshold or more.

    Args:
        check: What is compared.
        pairs: The amounts.
        thresholds: What counts as a warning or an error.
        always: Also yield those within the thresholds, as INFO.
    """
    for pair in pairs:
        found = compare(check, pair.old, pair.new, thresholds, is_estimate=pair.is_estimate)
        if always or found.severity is not Severity.INFO:
            yield Finding(found.check, pair.subject, pair.old, pair.new, found.severity)
