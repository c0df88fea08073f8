"""Build the reports of a day: batches of clients, a fixed number of statements each.

A batch bounds the memory, whatever the number of entities; all are one transaction. Scope: which
entities, batches and the order of the steps; not here: what a report holds, or Dagster
(``report_assets``). The clock is a parameter; no report of a past day is built, because the tables
it would need show the present (spec README, "Observations").
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import psycopg

from cdp_assets.filplus.overrides.apply_overrides import Applied, OverrideBook
from cdp_assets.filplus.overrides.override_store import overrides_in_force
from cdp_assets.filplus.report_inputs import allocator_inputs, client_deals, client_inputs, peers
from cdp_assets.filplus.report_inputs.allocator_inputs import RegistryEntry, Verifier
from cdp_assets.filplus.report_inputs.input_tables import (
    input_watermarks,
    require_passing_inputs,
)
from cdp_assets.filplus.reports.allocator_report import (
    AllocatorDraft,
    Comparison,
    average_retrievability,
    draft_report,
    finish_report,
)
from cdp_assets.filplus.reports.client_facts import CommonFacts, load_clients, load_common
from cdp_assets.filplus.reports.client_report import ReportClock, build_client_report
from cdp_assets.filplus.reports.report_store import (
    record_rule_version,
    store_allocator_reports,
    store_client_reports,
)
from cdp_assets.filplus.scoring.rules import MetricCode, RuleBook, RuleSet
from cdp_assets.units import FILPLUS_START_HEIGHT
from resources.batches import batches

# Clients whose rows are in memory at once: some 18 KB each where a client has 45 provider rows.
CLIENTS_PER_BATCH = 5_000


class Granted(NamedTuple):
    """An allocator, the allocators whose grants count as its own, and their clients, ascending."""

    verifier: Verifier
    sources: list[str]
    clients: list[str]


class PeersOfDay(NamedTuple):
    """What every allocator report of a day is compared with."""

    values: Mapping[MetricCode, Sequence[Decimal]]
    retrievabilities: Sequence[Decimal]
    score_averages: Mapping[str | None, Decimal | None]


@dataclass(frozen=True)
class GenerationReport:
    """What one batch did.

    Attributes:
        entities: Entities that have a report of the day now.
        rows: Rows written by asset key; nothing for reports that were stored already.
        skipped: Entities without a report, with the reason.
    """

    entities: int
    rows: Counter[str]
    skipped: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """Pause the search for cycles: millions of rows have none, and it halves the speed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_cycle_search()
def generate_client_reports(
    connection: psycopg.Connection,
    cursor: psycopg.Cursor,
    now: datetime,
    rules: RuleBook,
    clients: Sequence[str] | None = None,
) -> GenerationReport:
    """Build the reports of clients, by default of all that have a bookkeeping row (§6.4).

    Args:
        connection: Of the warehouse, in the transaction of ``cursor``.
        cursor: Writes.
        now: The clock, UTC.
        rules: Rules; the version in force on the day is used.
        clients: Ids, to build only these.

    Raises:
        MissingUpstream: An input table does not exist, was never built or did not pass.
        BadConfiguration: The rules were changed under a known version.
    """
    require_passing_inputs(connection)
    clock, in_force = _clock(now), rules.at(now.date())
    record_rule_version(cursor, in_force, clock)
    wanted = client_inputs.applied_clients(connection) if clients is None else sorted(set(clients))
    book = OverrideBook(overrides_in_force(connection, now))
    entries, of_entries = book.on_registry(allocator_inputs.registry(connection))
    registry = {entry.allocator: entry for entry in entries}
    common = load_common(connection, now, book)
    skipped: dict[str, str] = {}
    rows: Counter[str] = Counter()
    for batch in batches(wanted, CLIENTS_PER_BATCH):
        loaded = load_clients(connection, batch, common)
        unknown = [client for client in batch if not loaded.parts[client].rows]
        skipped |= dict.fromkeys(unknown, "no row in the source's verified clients")
        reports = [
            build_client_report(loaded.parts[client], loaded, registry, clock, in_force, of_entries)
            for client in batch
            if client not in skipped
        ]
        rows.update(store_client_reports(cursor, reports))
    return GenerationReport(len(wanted) - len(skipped), rows, skipped)


@_without_cycle_search()
def generate_allocator_reports(
    connection: psycopg.Connection,
    cursor: psycopg.Cursor,
    now: datetime,
    rules: RuleBook,
    allocators: Sequence[str] | None = None,
) -> GenerationReport:
    """Build the reports of allocators, by default of every one in the registry (§6.2).

    Args:
        connection: Of the warehouse, in the transaction of ``cursor``.
        cursor: Writes.
        now: The clock, UTC.
        rules: Rules; the version in force on the day is used.
        allocators: Ids or addresses, to build only these.

    Raises:
        MissingUpstream: An input table does not exist, was never built or did not pass.
        BadConfiguration: The rules were changed under a known version.
    """
    require_passing_inputs(connection)
    watermarks = input_watermarks(connection)
    clock, in_force = _clock(now), rules.at(now.date())
    record_rule_version(cursor, in_force, clock)
    book = OverrideBook(overrides_in_force(connection, now))
    registry, of_entries = book.on_registry(allocator_inputs.registry(connection))
    verifiers = allocator_inputs.verifiers(connection)
    chosen, skipped = _chosen(registry, verifiers, allocators)
    entries = {entry.allocator: entry for entry in registry}
    common = load_common(connection, now, book)
    batches = list(_batches(_granted(connection, chosen, verifiers)))
    peers_of_day = _peers(connection, batches, common, clock)
    rows: Counter[str] = Counter()
    for batch in batches:
        drafts = _drafts(connection, batch, entries, of_entries, common)
        comparisons = _comparisons(connection, drafts, peers_of_day, clock, in_force)
        reports = [
            finish_report(draft, comparison, clock, in_force, watermarks)
            for draft, comparison in zip(drafts, comparisons, strict=True)
        ]
        rows.update(store_allocator_reports(cursor, reports))
    return GenerationReport(len(chosen), rows, skipped)


def _clock(now: datetime) -> ReportClock:
    return ReportClock(now, now.date())


def _chosen(
    registry: Iterable[RegistryEntry],
    verifiers: Sequence[Verifier],
    wanted: Sequence[str] | None,
) -> tuple[list[Verifier], dict[str, str]]:
    """Return the allocators to report on, ascending by id, and those that are unknown."""
    by_name: dict[str, Verifier] = {}
    for verifier in reversed(verifiers):
        by_name |= {verifier.allocator: verifier}
        if verifier.address:
            by_name[verifier.address] = verifier
    requested: list[tuple[str, ...]] = (
        [(entry.allocator, entry.address) for entry in registry]
        if wanted is None
        else [(name,) for name in wanted]
    )
    found: dict[str, Verifier] = {}
    skipped = {}
    for names in requested:
        match = next((by_name[name] for name in names if name in by_name), None)
        if match is None:
            skipped[names[0]] = "neither its id nor its address is an allocator of the source"
        else:
            found[match.allocator] = match
    return [found[allocator] for allocator in sorted(found)], skipped


def _sources(verifier: Verifier, verifiers: Iterable[Verifier]) -> list[str]:
    """Return the allocators whose grants count as its own: of a metaallocator its virtual ones."""
    if not verifier.is_meta:
        return [verifier.allocator]
    height, eth = verifier.created_at_height, (verifier.address_eth or "").lower()
    if not eth or height is None or height <= FILPLUS_START_HEIGHT:
        return []
    return sorted(
        v.allocator for v in verifiers if v.is_virtual and (v.dc_source or "").lower() == eth
    )


def _granted(
    connection: psycopg.Connection, chosen: Sequence[Verifier], verifiers: Sequence[Verifier]
) -> list[Granted]:
    """Return the clients of each chosen allocator, in the order of these."""
    sources = {verifier.allocator: _sources(verifier, verifiers) for verifier in chosen}
    every = sorted({name for names in sources.values() for name in names})
    clients: dict[str, set[str]] = {}
    for allocator, client in allocator_inputs.clients_of(connection, every):
        clients.setdefault(allocator, set()).add(client)
    return [
        Granted(verifier, names, sorted({c for n in names for c in clients.get(n, ())}))
        for verifier in chosen
        for names in (sources[verifier.allocator],)
    ]


def _batches(granted: Iterable[Granted]) -> Iterator[list[Granted]]:
    """Yield batches of allocators in order, whose clients together fit into one batch.

    An allocator with more of them is a batch of its own.
    """
    batch: list[Granted] = []
    for each in granted:
        if batch and sum(len(g.clients) for g in [*batch, each]) > CLIENTS_PER_BATCH:
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


def _drafts(
    connection: psycopg.Connection,
    batch: Sequence[Granted],
    entries: Mapping[str, RegistryEntry],
    of_entries: Mapping[str, Applied],
    common: CommonFacts,
) -> list[AllocatorDraft]:
    loaded = load_clients(connection, sorted({c for each in batch for c in each.clients}), common)
    return [
        draft_report(
            each.verifier,
            each.sources,
            each.clients,
            entries.get(each.verifier.allocator),
            loaded,
            of_entries.get(each.verifier.allocator, ()),
        )
        for each in batch
    ]


def _peers(
    connection: psycopg.Connection,
    batches: Iterable[Sequence[Granted]],
    common: CommonFacts,
    clock: ReportClock,
) -> PeersOfDay:
    """Return what every report of the day is compared with, those of today included."""
    today = {}
    for batch in batches:
        clients = sorted({c for g in batch if not g.verifier.is_meta for c in g.clients})
        pairs = client_deals.pair_sizes(connection, clients)
        for each in batch:
            if not each.verifier.is_meta:
                today[each.verifier.allocator] = average_retrievability(
                    common.facts_of(provider).retrievability
                    for client in each.clients
                    for provider, _, _ in pairs.get(client, ())
                )
    return PeersOfDay(
        peers.metric_values(connection, clock.day),
        peers.retrievabilities(connection, clock.now, today),
        peers.score_averages(connection, clock.day),
    )


def _comparisons(
    connection: psycopg.Connection,
    drafts: Sequence[AllocatorDraft],
    found: PeersOfDay,
    clock: ReportClock,
    rules: RuleSet,
) -> list[Comparison]:
    outcomes = peers.client_outcomes(
        connection,
        [(d.verifier.allocator, c.parts.client) for d in drafts for c in d.clients],
        clock.now,
        rules.checks.activity_window_days,
    )
    return [
        Comparison(
            found.values,
            found.retrievabilities,
            found.score_averages.get(draft.data_type),
            outcomes.get(draft.verifier.allocator, {}),
        )
        for draft in drafts
    ]
