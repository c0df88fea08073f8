"""Making the reports of a day: a fixed number of statements, whatever the number of entities.

Belongs here: which entities, the order of the steps, one transaction per batch. Does not: what a
report holds, or Dagster (``report_assets``). The clock is a parameter; nobody's report of a past
day is made, because the tables it would need show the present (spec README, "Observations").
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from cdp_assets.filplus.overrides.overridden_rows import Applied, OverrideBook
from cdp_assets.filplus.overrides.override_store import overrides_in_force
from cdp_assets.filplus.reports import allocator_inputs, client_inputs, peers
from cdp_assets.filplus.reports.allocator_inputs import RegistryEntry, Verifier
from cdp_assets.filplus.reports.allocator_report import (
    AllocatorDraft,
    Comparison,
    draft_report,
    finish_report,
)
from cdp_assets.filplus.reports.client_parts import load_clients
from cdp_assets.filplus.reports.client_report import ReportClock, build_client_report
from cdp_assets.filplus.reports.input_tables import (
    input_watermarks,
    require_good_inputs,
)
from cdp_assets.filplus.reports.report_store import (
    remember_rules,
    store_allocator_reports,
    store_client_reports,
)
from cdp_assets.filplus.scoring.rules import RuleBook, RuleSet
from cdp_assets.units import FILPLUS_START_HEIGHT


@dataclass(frozen=True)
class GenerationReport:
    """What one batch did.

    Attributes:
        entities: Entities that have a report of the day now.
        rows: Rows written by asset key; nothing for reports that were stored already.
        left_out: Entities without a report, with the reason.
    """

    entities: int
    rows: Counter[str]
    left_out: Mapping[str, str] = field(default_factory=dict)


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
    """Make the reports of clients, by default of all that have a bookkeeping row (§6.4).

    Args:
        connection: Of the warehouse, in the transaction of ``cursor``.
        cursor: Writes.
        now: The clock, UTC.
        rules: Of which the version in force on the day is used.
        clients: Ids, to make only these.

    Raises:
        MissingUpstream: An input table does not exist, was never made or did not pass.
        BadConfiguration: The rules were changed under a known version.
    """
    require_good_inputs(connection)
    clock, in_force = _clock(now), rules.at(now.date())
    remember_rules(cursor, in_force, clock)
    wanted = client_inputs.applied_clients(connection) if clients is None else sorted(set(clients))
    book = OverrideBook(overrides_in_force(connection, now))
    world = load_clients(connection, wanted, now, book)
    entries, of_entries = book.on_registry(allocator_inputs.registry(connection))
    registry = {entry.allocator: entry for entry in entries}
    left_out = {
        client: "no row in the source's verified clients"
        for client in wanted
        if not world.parts[client].rows
    }
    reports = [
        build_client_report(world.parts[client], world, registry, clock, in_force, of_entries)
        for client in wanted
        if client not in left_out
    ]
    return GenerationReport(len(reports), store_client_reports(cursor, reports), left_out)


@_without_cycle_search()
def generate_allocator_reports(
    connection: psycopg.Connection,
    cursor: psycopg.Cursor,
    now: datetime,
    rules: RuleBook,
    allocators: Sequence[str] | None = None,
) -> GenerationReport:
    """Make the reports of allocators, by default of every one in the registry (§6.2).

    Args:
        connection: Of the warehouse, in the transaction of ``cursor``.
        cursor: Writes.
        now: The clock, UTC.
        rules: Of which the version in force on the day is used.
        allocators: Ids or addresses, to make only these.

    Raises:
        MissingUpstream: An input table does not exist, was never made or did not pass.
        BadConfiguration: The rules were changed under a known version.
    """
    require_good_inputs(connection)
    watermarks = input_watermarks(connection)
    clock, in_force = _clock(now), rules.at(now.date())
    remember_rules(cursor, in_force, clock)
    book = OverrideBook(overrides_in_force(connection, now))
    registry, of_entries = book.on_registry(allocator_inputs.registry(connection))
    verifiers = allocator_inputs.verifiers(connection)
    chosen, left_out = _chosen(registry, verifiers, allocators)
    drafts = _drafts(connection, chosen, registry, of_entries, verifiers, now, book)
    comparisons = _comparisons(connection, drafts, clock, in_force)
    reports = [
        finish_report(draft, comparison, clock, in_force, watermarks)
        for draft, comparison in zip(drafts, comparisons, strict=True)
    ]
    return GenerationReport(len(reports), store_allocator_reports(cursor, reports), left_out)


def _clock(now: datetime) -> ReportClock:
    return ReportClock(now, now.date())


def _chosen(
    registry: Iterable[RegistryEntry],
    verifiers: Sequence[Verifier],
    wanted: Sequence[str] | None,
) -> tuple[list[Verifier], dict[str, str]]:
    """Return the allocators to report on, ascending by id, and those that nobody knows."""
    by_name: dict[str, Verifier] = {}
    for verifier in reversed(verifiers):
        by_name |= {verifier.allocator: verifier}
        if verifier.address:
            by_name[verifier.address] = verifier
    asked: list[tuple[str, ...]] = (
        [(entry.allocator, entry.address) for entry in registry]
        if wanted is None
        else [(name,) for name in wanted]
    )
    found: dict[str, Verifier] = {}
    left_out = {}
    for names in asked:
        match = next((by_name[name] for name in names if name in by_name), None)
        if match is None:
            left_out[names[0]] = "neither its id nor its address is an allocator of the source"
        else:
            found[match.allocator] = match
    return [found[allocator] for allocator in sorted(found)], left_out


def _sources(verifier: Verifier, verifiers: Iterable[Verifier]) -> list[str]:
    """Return whose grants an allocator answers for: a metaallocator for its virtual ones."""
    if not verifier.is_meta:
        return [verifier.allocator]
    height, eth = verifier.created_at_height, (verifier.address_eth or "").lower()
    if not eth or height is None or height <= FILPLUS_START_HEIGHT:
        return []
    return sorted(
        v.allocator for v in verifiers if v.is_virtual and (v.dc_source or "").lower() == eth
    )


def _drafts(
    connection: psycopg.Connection,
    chosen: Sequence[Verifier],
    registry: Iterable[RegistryEntry],
    of_entries: Mapping[str, Applied],
    verifiers: Sequence[Verifier],
    now: datetime,
    book: OverrideBook,
) -> list[AllocatorDraft]:
    entries = {entry.allocator: entry for entry in registry}
    sources = {verifier.allocator: _sources(verifier, verifiers) for verifier in chosen}
    pairs = allocator_inputs.clients_of(
        connection, sorted({name for names in sources.values() for name in names})
    )
    clients: dict[str, list[str]] = {}
    for allocator, client in pairs:
        clients.setdefault(allocator, []).append(client)
    world = load_clients(connection, sorted({client for _, client in pairs}), now, book)
    return [
        draft_report(
            verifier,
            sources[verifier.allocator],
            [c for name in sources[verifier.allocator] for c in clients.get(name, ())],
            entries.get(verifier.allocator),
            world,
            of_entries.get(verifier.allocator, ()),
        )
        for verifier in chosen
    ]


def _comparisons(
    connection: psycopg.Connection,
    drafts: Sequence[AllocatorDraft],
    clock: ReportClock,
    rules: RuleSet,
) -> list[Comparison]:
    values = peers.metric_values(connection, clock.day)
    batch = {
        d.verifier.allocator: d.average_retrievability for d in drafts if not d.verifier.is_meta
    }
    everyone = peers.retrievabilities(connection, clock.now, batch)
    averages = peers.score_averages(connection, clock.day)
    outcomes = peers.client_outcomes(
        connection,
        [(d.verifier.allocator, c.parts.client) for d in drafts for c in d.clients],
        clock.now,
        rules.checks.activity_window_days,
    )
    return [
        Comparison(
            values,
            everyone,
            averages.get(draft.data_type),
            outcomes.get(draft.verifier.allocator, {}),
        )
        for draft in drafts
    ]
