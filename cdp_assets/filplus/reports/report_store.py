"""Writing reports: every table of a batch by COPY in the caller's transaction, once.

A report that is stored already (equal id) is not written again. Scope: rows of the tables; not
here: what they hold (``client_report``, ``allocator_report``).
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS
from cdp_assets.filplus.overrides.apply_overrides import AppliedOverride
from cdp_assets.filplus.reports.allocator_report import AllocatorReport, ReportClient
from cdp_assets.filplus.reports.client_report import CODE_VERSION, ClientReport, ReportClock
from cdp_assets.filplus.reports.report_rows import ProviderRow
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES, ReportTable
from cdp_assets.filplus.scoring.number_rules import as_double, share_percent
from cdp_assets.filplus.scoring.rules import RuleSet
from cdp_assets.filplus.scoring.score import Score

Rows = Iterator[tuple[Any, ...]]
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def record_rule_version(cursor: psycopg.Cursor, rules: RuleSet, clock: ReportClock) -> None:
    """Store a version of the rules when it is first used.

    Raises:
        BadConfiguration: The version is known with other content.
    """
    cursor.execute(
        "insert into filplus.rule_version values (%s, %s, %s, %s, %s) on conflict do nothing",
        [
            rules.version,
            rules.content_hash,
            rules.effective_from,
            Jsonb(rules.content()),
            clock.now,
        ],
    )
    row = cursor.execute(
        "select content_hash from filplus.rule_version where version = %s", [rules.version]
    ).fetchone()
    if row is None or row[0] != rules.content_hash:
        raise BadConfiguration(
            "the rules were changed under a version that was used already",
            key=f"scoring_rules.yaml version {rules.version}",
            hint="restore that version and write the change as a new one",
        )


def store_client_reports(cursor: psycopg.Cursor, reports: Sequence[ClientReport]) -> Counter[str]:
    """Write the reports that are not stored yet; return the rows written by table."""
    known = _known(cursor, "client_report", "report_id", [r.report_id for r in reports])
    fresh = [report for report in reports if report.report_id not in known]
    if not fresh:
        return Counter()
    row = cursor.execute("select coalesce(max(id), 0) from filplus.client_report").fetchone()
    assert row is not None
    numbered = list(enumerate(fresh, start=int(row[0]) + 1))
    rows = (
        (_client_row(n, report) for n, report in numbered),
        (row for n, report in numbered for row in _client_providers(n, report)),
        (
            (n, p.provider, *p.location)
            for n, report in numbered
            for p in report.parts.providers
            if p.location is not None
        ),
        (
            (n, r.num_of_replicas, r.total_deal_size, r.unique_data_size, float(r.percentage))
            for n, report in numbered
            for r in report.parts.replicas
        ),
        (
            (n, *shared, url)
            for n, report in numbered
            for shared, url in zip(report.parts.sharing, report.sharing_urls, strict=True)
        ),
        (
            (n, report.clock.now, check.check, check.result, _json(check.metadata))
            for n, report in numbered
            for check in report.checks
        ),
    )
    return _copy_all(cursor, CLIENT_TABLES, rows)


def store_allocator_reports(
    cursor: psycopg.Cursor, reports: Sequence[AllocatorReport]
) -> Counter[str]:
    """Write the reports that are not stored yet; return the rows written by table."""
    known = _known(cursor, "allocator_report", "id", [r.report_id for r in reports])
    fresh = [report for report in reports if report.report_id not in known]
    each = [(report, c) for report in fresh for c in report.draft.clients]
    scored = [(report, s, _score_id(report, s)) for report in fresh for s in report.scores]
    stored = [(report, s, key) for report, s, key in scored if s.weight]
    rows = (
        (_allocator_row(report) for report in fresh),
        (_allocator_client(report, c) for report, c in each),
        (
            (
                report.report_id,
                c.parts.client,
                r.num_of_replicas,
                r.total_deal_size,
                r.unique_data_size,
                float(r.percentage),
            )
            for report, c in each
            for r in c.parts.replicas
        ),
        (
            (report.report_id, c.parts.client, *shared, url)
            for report, c in each
            for shared, url in zip(c.parts.sharing, c.sharing_urls, strict=True)
        ),
        (
            (report.report_id, c.parts.client, n, a.allocation, a.timestamp)
            for report, c in each
            for n, a in enumerate(c.allocations, start=1)
        ),
        (row for report in fresh for row in _allocator_providers(report)),
        (row for report in fresh for row in _allocator_places(report)),
        (
            (
                report.report_id,
                report.clock.now,
                check.check,
                *ALLOCATOR_CHECKS[check.check],
                check.result,
                _json(check.metadata),
            )
            for report in fresh
            for check in report.checks
        ),
        (_scoring_row(report, score, key) for report, score, key in stored),
        (
            (uuid.uuid5(key, str(place)), key, float(r.value_min), as_double(r.value_max), r.score)
            for _, score, key in stored
            for place, r in enumerate(score.ranges)
        ),
        (_explained_row(report, score) for report, score, _ in scored),
    )
    return _copy_all(cursor, ALLOCATOR_TABLES, rows)


def copy_rows(cursor: psycopg.Cursor, table: ReportTable, rows: Iterable[tuple[Any, ...]]) -> int:
    """Write rows of a table by COPY; return how many."""
    statement = sql.SQL("copy filplus.{} ({}) from stdin").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.column_names))
    )
    count = 0
    with cursor.copy(statement) as sink:
        for row in rows:
            sink.write_row(row)
            count += 1
    return count


def _copy_all(
    cursor: psycopg.Cursor, tables: Sequence[ReportTable], rows: Sequence[Rows]
) -> Counter[str]:
    return Counter(
        {t.key: copy_rows(cursor, t, found) for t, found in zip(tables, rows, strict=True)}
    )


def _known(
    cursor: psycopg.Cursor, table: str, column: str, ids: list[uuid.UUID]
) -> frozenset[uuid.UUID]:
    statement = sql.SQL("select {0} from filplus.{1} where {0} = any(%s)").format(
        sql.Identifier(column), sql.Identifier(table)
    )
    return frozenset(row[0] for row in cursor.execute(statement, [ids]))


def _client_row(number: int, report: ClientReport) -> tuple[Any, ...]:
    parts, application, entry = report.parts, report.application, report.main_allocator
    return (
        number, report.report_id, report.clock.now, parts.client,
        next((row.address for row in parts.rows if row.address), None), parts.allocators,
        as_double(report.avg_secs_to_first_deal), parts.name(report.main_allocator_id),
        report.application_url, report.is_public_dataset,
        parts.uses_contract(report.main_allocator_id),
        parts.max_deviation, list(application.declared) if application else [],
        parts.available_datacap, parts.last_spent, report.last_datacap_received,
        report.low_replica, report.high_replica,
        entry.required_copies if entry else None, entry.required_sps if entry else None,
        application.requested if application else None,
        application.expected if application else None, parts.unique_size, report.clock.day,
        report.rule_version, CODE_VERSION, report.inputs_hash, _overrides(report.overrides),
    )  # fmt: skip


def _client_providers(number: int, report: ClientReport) -> Rows:
    declared = frozenset(report.application.declared) if report.application else None
    for row, url in zip(report.parts.providers, report.working_urls, strict=True):
        named = None if declared is None else row.provider in declared
        yield (number, *_provider_columns(row), named, url)


def _provider_columns(row: ProviderRow) -> tuple[Any, ...]:
    return (
        row.provider,
        row.total_deal_size,
        row.unique_data_size,
        as_double(row.retrievability),
        as_double(row.consistent),
        as_double(row.inconsistent),
        as_double(row.ttfb),
        as_double(row.bandwidth),
        row.ipni_reporting_status,
        row.ipni_reported_claims_count,
        row.claims_count,
    )


def _allocator_row(report: AllocatorReport) -> tuple[Any, ...]:
    draft, verifier, entry = report.draft, report.draft.verifier, report.draft.entry
    return (
        report.report_id,
        report.clock.now,
        verifier.allocator,
        verifier.address or (entry.address if entry else None),
        draft.name,
        verifier.is_multisig,
        len(draft.clients),
        as_double(draft.average_wait),
        as_double(draft.average_retrievability),
        list(entry.data_types) if entry else [],
        list(entry.audit) if entry else [],
        entry.required_copies if entry else None,
        entry.required_sps if entry else None,
        as_double(report.comparison.score_average),
        draft.data_type,
        verifier.is_meta,
        entry.first_audit_ended if entry else None,
        report.clock.day,
        report.rule_version,
        CODE_VERSION,
        report.inputs_hash,
        Jsonb(dict(report.watermarks)),
        _overrides(draft.overrides),
    )


def _allocator_client(report: AllocatorReport, client: ReportClient) -> tuple[Any, ...]:
    parts = client.parts
    return (
        report.report_id,
        parts.client,
        client.name,
        parts.allocators,
        client.allocations_number,
        client.total_allocations,
        client.application_url,
        client.application_timestamp,
        client.uses_contract,
        parts.max_deviation,
        client.expected_size,
        parts.unique_size,
        parts.last_spent,
        client.last_received,
    )


def _allocator_providers(report: AllocatorReport) -> Rows:
    rows = [(c.parts.client, row) for c in report.draft.clients for row in c.parts.providers]
    total = sum(row.total_deal_size for _, row in rows)
    for client, row in rows:
        share = share_percent(row.total_deal_size, total)
        yield (report.report_id, client, *_provider_columns(row), float(share))


def _allocator_places(report: AllocatorReport) -> Rows:
    places = {row.provider: row.location for c in report.draft.clients for row in c.parts.providers}
    for provider in sorted(places):
        place = places[provider]
        if place is not None:
            yield (report.report_id, provider, *place)


def _score_id(report: AllocatorReport, score: Score) -> uuid.UUID:
    return uuid.uuid5(report.report_id, score.metric.code)


def _scoring_row(report: AllocatorReport, score: Score, key: uuid.UUID) -> tuple[Any, ...]:
    metric = score.metric
    return (
        key,
        report.report_id,
        report.clock.now,
        score.points,
        metric.code,
        metric.name,
        metric.description,
        float(score.measured.value),
        as_double(score.average),
        metric.unit,
        float(metric.value_min),
        as_double(score.value_max),
        list(score.metadata),
    )


def _explained_row(report: AllocatorReport, score: Score) -> tuple[Any, ...]:
    metric, hit = score.metric, score.range_hit
    compared: Sequence[Decimal] = (
        report.comparison.retrievabilities
        if metric.average == "percentiles"
        else report.comparison.peers.get(metric.code, ())
    )
    return (
        report.report_id,
        report.draft.verifier.allocator,
        report.clock.day,
        report.draft.data_type,
        metric.code,
        score.state,
        float(score.measured.value),
        score.measured.sample_size,
        float(hit.value_min),
        as_double(hit.value_max),
        score.base_points,
        score.weight,
        score.points,
        metric.most_points * score.weight,
        as_double(score.average),
        [float(value) for value in compared],
        Jsonb(dict(report.watermarks)),
        report.rule_version,
        CODE_VERSION,
    )


def _overrides(applied: Iterable[AppliedOverride]) -> str:
    return _json([one.shown() for one in applied])


def _json(value: object) -> str:
    return _ENCODER.encode(value)
