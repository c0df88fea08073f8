"""The report of one client, without storage: inputs in, a report with its checks out.

Scope: the columns of ``client_report`` and its children (compliance §6.4); not here: reading
(``client_facts``) or writing (``report_store``).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from cdp_assets.filplus.checks.check_codes import CheckResult
from cdp_assets.filplus.checks.client_checks import ClientFacts, client_checks
from cdp_assets.filplus.overrides.apply_overrides import Applied, AppliedOverride
from cdp_assets.filplus.registry.editions import edition_of
from cdp_assets.filplus.report_inputs.allocator_inputs import RegistryEntry
from cdp_assets.filplus.report_inputs.client_inputs import Application
from cdp_assets.filplus.reports.client_facts import ClientBatch, ClientParts, digest_of
from cdp_assets.filplus.scoring.rules import RuleSet

CODE_VERSION = "2"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cdp:filplus:client_report")


class ReportClock(NamedTuple):
    """When a report is built: its instant and its report day."""

    now: datetime
    day: date


@dataclass(frozen=True, slots=True)
class ClientReport:
    """One report; ``parts`` holds its provider, replica and sharing rows.

    ``overrides`` are those of its inputs that it uses, ascending by number.
    """

    report_id: uuid.UUID
    clock: ReportClock
    parts: ClientParts
    application: Application | None
    main_allocator: RegistryEntry | None
    main_allocator_id: str | None
    avg_secs_to_first_deal: Decimal | None
    application_url: str | None
    is_public_dataset: bool | None
    last_datacap_received: datetime | None
    low_replica: int | None
    high_replica: int | None
    working_urls: list[str | None]
    sharing_urls: list[str | None]
    checks: list[CheckResult]
    overrides: list[AppliedOverride]
    rule_version: int
    inputs_hash: str


def report_id(entity: str, clock: ReportClock, rules: RuleSet, inputs_hash: str) -> uuid.UUID:
    """Return the id of a client's report: equal for equal day, rules, code and inputs."""
    return uuid.uuid5(
        _NAMESPACE,
        f"{entity}|{clock.day}|{rules.version}|{CODE_VERSION}|{inputs_hash}",
    )


def build_client_report(
    parts: ClientParts,
    batch: ClientBatch,
    registry: Mapping[str, RegistryEntry],
    clock: ReportClock,
    rules: RuleSet,
    entry_overrides: Mapping[str, Applied],
) -> ClientReport:
    """Return the report of a client.

    Args:
        parts: The client.
        batch: Its batch.
        registry: Allocators of the current edition by id.
        clock: When.
        rules: The version in force.
        entry_overrides: What was applied to the registry, by allocator.
    """
    main = main_allocator(parts.allocators, rules.checks.glif_allocator)
    entry = registry.get(main) if main is not None else None
    application = parts.application_of(main)
    first = parts.allowances[0] if parts.allowances else None
    wait = batch.average_wait(parts.allowances)
    facts = _facts(parts, application, entry, clock)
    urls = [batch.working_urls.get((row.provider, parts.client)) for row in parts.providers]
    shared = [batch.urls.get(row.other_client) for row in parts.sharing]
    of_entry = entry_overrides.get(main, ()) if main is not None else ()
    inputs_hash = digest_of((parts.digest, entry, wait, urls, shared, *filter(None, (of_entry,))))
    return ClientReport(
        report_id=report_id(parts.client, clock, rules, inputs_hash),
        clock=clock,
        parts=parts,
        application=application,
        main_allocator=entry,
        main_allocator_id=main,
        avg_secs_to_first_deal=wait,
        application_url=first.audit_trail if first else None,
        is_public_dataset=_is_public(entry, application),
        last_datacap_received=facts.last_datacap_received,
        low_replica=facts.low_replica,
        high_replica=facts.high_replica,
        working_urls=urls,
        sharing_urls=shared,
        checks=client_checks(facts, rules.checks),
        overrides=in_order(parts.overrides(main), of_entry),
        rule_version=rules.version,
        inputs_hash=inputs_hash,
    )


def _facts(
    parts: ClientParts,
    application: Application | None,
    entry: RegistryEntry | None,
    clock: ReportClock,
) -> ClientFacts:
    """Return the inputs of a client's checks."""
    first = parts.allowances[0] if parts.allowances else None
    edition = edition_of(first.issued_at) if first and first.issued_at else None
    received = [a.received_at for a in parts.allowances if a.received_at is not None]
    return ClientFacts(
        now=clock.now,
        allocators=parts.allocators,
        available_datacap=parts.available_datacap,
        last_datacap_spent=parts.last_spent,
        last_datacap_received=max(received, default=None),
        declared=application.declared if application else (),
        providers=parts.providers,
        replicas=parts.replicas,
        sharing_rows=len(parts.sharing),
        low_replica=edition.low_replica if edition else None,
        high_replica=edition.high_replica if edition else None,
        required_copies=entry.number_of_copies if entry else None,
        unique_size=parts.unique_size,
        expected_size=application.expected if application else None,
    )


def in_order(found: Mapping[int, AppliedOverride], more: Applied) -> list[AppliedOverride]:
    """Return overrides ascending by number, each once."""
    each = {**found, **{one.override.override_id: one for one in more}}
    return [each[number] for number in sorted(each)]


def main_allocator(allocators: list[str], glif: str) -> str | None:
    """Return the first allocator; the second where the first is Glif's and there is one (§6.4)."""
    if not allocators:
        return None
    return allocators[1] if allocators[0] == glif and len(allocators) > 1 else allocators[0]


def _is_public(entry: RegistryEntry | None, application: Application | None) -> bool | None:
    if entry is not None:
        return entry.data_type == "openData"
    return application.is_public if application is not None else None
