"""The report of one allocator, without storage: inputs in, checks and scores out.

Scope: the columns of ``allocator_report`` and its children (compliance §6.2), with R-23 and R-24;
not here: reading, comparing with peers across a batch (``generation``) or writing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cdp_assets.filplus.checks.allocator_checks import (
    AllocatorFacts,
    CheckedClient,
    ClientOutcomes,
    allocator_checks,
)
from cdp_assets.filplus.checks.check_codes import CheckResult
from cdp_assets.filplus.overrides.apply_overrides import Applied, AppliedOverride
from cdp_assets.filplus.registry.rules import DataType
from cdp_assets.filplus.report_inputs.allocator_inputs import RegistryEntry, Verifier
from cdp_assets.filplus.reports.client_facts import (
    ClientBatch,
    ClientParts,
    clean_name,
    digest_of,
    stored,
)
from cdp_assets.filplus.reports.client_report import CODE_VERSION, ReportClock, in_order
from cdp_assets.filplus.reports.report_rows import AllocationRow
from cdp_assets.filplus.scoring.metrics import ScoredClient, ScoredProvider, ScoreInputs
from cdp_assets.filplus.scoring.number_rules import mean
from cdp_assets.filplus.scoring.rules import MetricCode, RuleSet
from cdp_assets.filplus.scoring.score import Score, score_report

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cdp:filplus:allocator_report")


@dataclass(frozen=True, slots=True)
class ReportClient:
    """One client of the report. Bytes; times UTC.

    ``applied_to`` is the allocator whose bookkeeping holds the application that is used.
    """

    parts: ClientParts
    applied_to: str
    name: str | None
    allocations_number: int
    total_allocations: int
    application_url: str | None
    application_timestamp: datetime | None
    expected_size: int | None
    requested: int | None
    uses_contract: bool
    last_received: datetime | None
    allocations: list[AllocationRow]
    sharing_urls: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class AllocatorDraft:
    """A report before it is compared with the others of its batch.

    Attributes:
        verifier: The allocator.
        entry: Its registry row of the current edition; null: no score.
        clients: Its clients, ascending by id.
        average_retrievability: Plain mean over all provider rows, one not measured counts as 0;
            null: no provider row.
        average_wait: Seconds from grant to deal; null: none.
        overrides: Of its inputs, ascending by number.
        entry_overrides: Those of its registry row.
    """

    verifier: Verifier
    entry: RegistryEntry | None
    clients: list[ReportClient]
    average_retrievability: Decimal | None
    average_wait: Decimal | None
    overrides: list[AppliedOverride]
    entry_overrides: Applied

    @property
    def name(self) -> str | None:
        """Return its name as the source has it, else its organisation; null without either."""
        return clean_name(self.verifier.name) or clean_name(self.verifier.org_name)

    @property
    def data_type(self) -> DataType | None:
        """Return the type of the allocator; null without a registry row."""
        if self.entry is None:
            return None
        return "enterprise" if self.entry.data_type == "enterprise" else "openData"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a report is compared with.

    Attributes:
        peers: Per metric the values of the newest earlier report of each non-meta allocator.
        retrievabilities: Newest of every non-meta allocator, this batch included.
        score_average: Mean total of the latest scores of the same type; null without any.
        outcomes: Results of the client reports of its clients.
    """

    peers: Mapping[MetricCode, Sequence[Decimal]]
    retrievabilities: Sequence[Decimal]
    score_average: Decimal | None
    outcomes: Mapping[str, ClientOutcomes]


@dataclass(frozen=True, slots=True)
class AllocatorReport:
    """One report."""

    report_id: uuid.UUID
    clock: ReportClock
    draft: AllocatorDraft
    comparison: Comparison
    checks: list[CheckResult]
    scores: list[Score]
    rule_version: int
    inputs_hash: str
    watermarks: Mapping[str, int]


def draft_report(
    verifier: Verifier,
    sources: Sequence[str],
    clients: Iterable[str],
    entry: RegistryEntry | None,
    batch: ClientBatch,
    entry_overrides: Applied,
) -> AllocatorDraft:
    """Return a report's rows.

    Args:
        verifier: The allocator.
        sources: Allocators whose grants count as its own: itself, or the virtual ones of a
            metaallocator.
        clients: Clients of these, in any order, repeats allowed.
        entry: Its registry row.
        batch: Everything about the clients.
        entry_overrides: What was applied to its registry row.
    """
    rows = [
        _report_client(batch, client, frozenset(sources), verifier.allocator)
        for client in sorted(set(clients))
    ]
    rates = [row.retrievability for c in rows for row in c.parts.providers]
    grants = [a for c in rows for a in c.parts.allowances if a.allocator in set(sources)]
    of_clients = {k: one for c in rows for k, one in c.parts.overrides(c.applied_to).items()}
    return AllocatorDraft(
        verifier,
        entry,
        rows,
        average_retrievability(rates),
        stored(batch.average_wait(grants)),
        in_order(of_clients, entry_overrides),
        entry_overrides,
    )


def average_retrievability(rates: Iterable[Decimal | None]) -> Decimal | None:
    """Return the plain mean over provider rows, one not measured counts as 0; null without any."""
    return stored(mean([rate or Decimal(0) for rate in rates]))


def finish_report(
    draft: AllocatorDraft,
    comparison: Comparison,
    clock: ReportClock,
    rules: RuleSet,
    watermarks: Mapping[str, int],
) -> AllocatorReport:
    """Return a report with its checks and scores."""
    facts = AllocatorFacts(
        now=clock.now,
        is_meta=draft.verifier.is_meta,
        tranche_schedule=draft.entry.tranche_schedule if draft.entry else None,
        required_copies=draft.entry.number_of_copies if draft.entry else None,
        clients=[
            CheckedClient(
                c.parts.client,
                c.parts.allocators,
                c.parts.replicas,
                c.allocations,
                c.requested,
                c.parts.last_spent,
            )
            for c in draft.clients
        ],
        outcomes=comparison.outcomes,
    )
    inputs_hash = digest_of(
        (
            draft.verifier,
            draft.entry,
            draft.average_wait,
            draft.average_retrievability,
            [(c.parts.digest, c.name, c.allocations, c.sharing_urls) for c in draft.clients],
            comparison,
            *filter(None, (draft.entry_overrides,)),
        )
    )
    return AllocatorReport(
        report_id=uuid.uuid5(
            _NAMESPACE,
            f"{draft.verifier.allocator}|{clock.day}|{rules.version}|{CODE_VERSION}|{inputs_hash}",
        ),
        clock=clock,
        draft=draft,
        comparison=comparison,
        checks=allocator_checks(facts, rules.checks),
        scores=score_report(
            score_inputs(draft, comparison, clock), draft.data_type, rules, comparison.peers
        ),
        rule_version=rules.version,
        inputs_hash=inputs_hash,
        watermarks=watermarks,
    )


def score_inputs(draft: AllocatorDraft, comparison: Comparison, clock: ReportClock) -> ScoreInputs:
    """Return the inputs of the metrics of a draft."""
    return ScoreInputs(
        now=clock.now,
        clients=[
            ScoredClient(
                c.parts.client,
                c.total_allocations,
                c.allocations_number,
                c.parts.unique_size,
                c.expected_size,
                c.parts.last_spent,
                tuple(row.total_deal_size for row in c.parts.sharing),
            )
            for c in draft.clients
        ],
        providers=[
            ScoredProvider(
                row.total_deal_size,
                row.unique_data_size,
                row.ipni_reporting_status,
                row.retrievability,
            )
            for c in draft.clients
            for row in c.parts.providers
        ],
        average_retrievability=draft.average_retrievability,
        all_retrievabilities=comparison.retrievabilities,
        clients_number=len(draft.clients),
        first_audit_ended=draft.entry.first_audit_ended if draft.entry else None,
    )


def _report_client(
    batch: ClientBatch, client: str, sources: frozenset[str], reported: str
) -> ReportClient:
    parts = batch.parts[client]
    granted = [a for a in parts.allowances if a.allocator in sources]
    first = granted[0] if granted else None
    received = [a.received_at for a in granted if a.received_at is not None]
    named = (name for name in parts.allocators if name in sources)
    allocator = _applied_to(parts, [reported, *(a.allocator for a in granted), *named])
    application = parts.application_of(allocator)
    return ReportClient(
        parts=parts,
        applied_to=allocator,
        name=parts.name(allocator),
        allocations_number=len(granted),
        total_allocations=sum(a.allowance for a in granted),
        application_url=first.audit_trail if first else None,
        application_timestamp=first.issued_at if first else None,
        expected_size=application.expected if application else None,
        requested=application.requested if application else None,
        uses_contract=parts.uses_contract(allocator),
        last_received=max(received, default=None),
        allocations=sorted(
            AllocationRow(a.received_at or a.granted_at, a.allowance)
            for a in granted
            if a.allowance
        ),
        sharing_urls=tuple(batch.urls.get(row.other_client) for row in parts.sharing),
    )


def _applied_to(parts: ClientParts, candidates: Sequence[str]) -> str:
    """Return the first candidate that has an application of the client, else the very first.

    Bookkeeping belongs to the allocator of the registry (§2.4), so a metaallocator comes before
    the virtual one that granted; where neither has one, the client's first application is used.
    """
    applied = {application.allocator for application in parts.applications}
    return next((one for one in candidates if one in applied), candidates[0])
