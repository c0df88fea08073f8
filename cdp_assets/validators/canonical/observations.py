"""Identities and meta of a period's validators, from all its observations (validator §3.1, §5).

A period may be observed several times and by several sources. Its identities are those of every
observation of the source that takes precedence; its meta takes each value from the first source
that has it. Scope: these two tables; not here: one observation (``chains.adapters``), joining keys
(``rules.identity_rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from cdp_assets.validators.canonical.canonical_tables import IDENTITIES, META
from cdp_assets.validators.canonical.normalise import (
    MATERIALIZED,
    NOT_OBSERVED,
    Normalised,
    WriteContext,
    adapter_of,
    ranked_fetches,
    read_context,
    record_provenance,
)
from cdp_assets.validators.rules.identity_rules import ObservedValidator, identity_rows
from cdp_assets.validators.rules.period_rules import Period, period_before
from cdp_assets.validators.rules.quality_rules import FALLBACK_SOURCE
from cdp_assets.validators.rules.source_priority import Candidate
from cdp_assets.validators.storage.versioned_append import (
    NOTHING,
    Value,
    VersionedRow,
    VersionedTable,
    append_versions,
)


@dataclass(frozen=True)
class _Observation:
    candidate: Candidate
    validators: Sequence[ObservedValidator]


def look_back_of(context: WriteContext) -> int:
    """Return how many periods before its own say something about a period's identities."""
    adapters = context.registry.adapters_for(context.chain.chain_id, "META")
    return max((adapter.look_back_periods for adapter in adapters), default=0)


def normalise_identities(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    *,
    is_running: bool,
    table: VersionedTable = IDENTITIES,
) -> Normalised:
    """Write which keys each validator had in a period, from the stored observations.

    Args:
        connection: Of the run.
        context: The run.
        period: The period.
        is_running: It is the chain's current one, so a later observation may add to it.
        table: Where the rows go; a replay has a table of its own.
    """
    key, period_id = context.keys.identities, period.period_id
    with context.run.transaction(connection) as cursor:
        observed = _observations_with_look_back(connection, context, period)
        if not observed:
            context.run.publish(cursor, key, 0, key=period_id, state=NOT_OBSERVED)
            return Normalised(NOT_OBSERVED, NOTHING, 0)
        rows = [
            VersionedRow(
                key=(period_id, row.validator_key, row.kind, row.value),
                values=(),
                origin=(origin.provider, origin.payload_id),
            )
            for row, origin in identity_rows(
                [(one.candidate, one.validators) for one in observed], context.chain.tracks
            )
        ]
        appended = append_versions(
            cursor, table, context.chain.chain_id, [period_id], rows, context.stamp
        )
        payloads = [one.candidate.payload_id for one in observed]
        record_provenance(cursor, context, table.name, period_id, payloads)
        context.run.publish(cursor, key, len(rows), key=period_id, is_final=not is_running)
    return Normalised(MATERIALIZED, appended, len(rows))


def normalise_meta(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    *,
    is_running: bool,
    table: VersionedTable = META,
) -> Normalised:
    """Write rates, stake and state of a period's validators from its own observations.

    Args:
        connection: Of the run.
        context: The run.
        period: The period.
        is_running: It is the chain's current one, so a later observation may add to it.
        table: Where the rows go; a replay has a table of its own.
    """
    key, period_id, chain_id = context.keys.meta, period.period_id, context.chain.chain_id
    with context.run.transaction(connection) as cursor:
        observed = _observations(connection, context, period)
        if not observed:
            context.run.publish(cursor, key, 0, key=period_id, state=NOT_OBSERVED)
            return Normalised(NOT_OBSERVED, NOTHING, 0)
        newest = _newest_of_each_source(observed)
        first = context.registry.providers_for(chain_id, "META", period.ordinal)[0].name
        rows = _meta_rows(context, period, newest, first)
        appended = append_versions(cursor, table, chain_id, [period_id], rows, context.stamp)
        payloads = [one.candidate.payload_id for one in newest]
        record_provenance(cursor, context, table.name, period_id, payloads)
        context.run.publish(cursor, key, len(rows), key=period_id, is_final=not is_running)
    return Normalised(MATERIALIZED, appended, len(rows))


def _observations(
    connection: psycopg.Connection, context: WriteContext, period: Period
) -> list[_Observation]:
    """Return a period's own observations: by source priority, then newest first."""
    reading = read_context(connection, context, period, ())
    return [
        _Observation(
            stored.winner, adapter_of(context, stored.winner.provider).read_meta(stored, reading)
        )
        for stored in ranked_fetches(connection, context, period, "META")
    ]


def _observations_with_look_back(
    connection: psycopg.Connection, context: WriteContext, period: Period
) -> list[_Observation]:
    """Return the observations that identities follow from, newest first; empty: not observed.

    Those of the periods before it follow its own, because leaders are drawn that early. Alone they
    do not count as an observation of the period. Of each period the best source counts.
    """
    found: list[_Observation] = []
    for back in range(look_back_of(context) + 1):
        if period.ordinal < back:
            break
        earlier = period_before(period, back) if back else period
        observed = _observations(connection, context, earlier)
        if back == 0 and not observed:
            return []
        found += [
            one for one in observed if one.candidate.provider == observed[0].candidate.provider
        ]
    return found


def _newest_of_each_source(observed: Sequence[_Observation]) -> list[_Observation]:
    newest: dict[str, _Observation] = {}
    for one in observed:
        newest.setdefault(one.candidate.provider, one)
    return list(newest.values())


def _meta_rows(
    context: WriteContext, period: Period, observed: Sequence[_Observation], first: str
) -> list[VersionedRow]:
    """Return one row per validator; each value is that of the first source which has it."""
    values: dict[str, list[tuple[Value, ...]]] = {}
    origin: dict[str, Candidate] = {}
    for one in observed:
        for validator in one.validators:
            if context.chain.tracks(validator.validator_key):
                origin.setdefault(validator.validator_key, one.candidate)
                values.setdefault(validator.validator_key, []).append(_meta_values(validator))
    return [
        VersionedRow(
            key=(period.period_id, key),
            values=tuple(
                next((value for value in column if value is not None), None)
                for column in zip(*values[key], strict=True)
            ),
            origin=(origin[key].provider, origin[key].payload_id),
            quality_flags=() if origin[key].provider == first else (FALLBACK_SOURCE,),
        )
        for key in sorted(values)
    ]


def _meta_values(validator: ObservedValidator) -> tuple[Value, ...]:
    return (
        validator.commission_rate_bps,
        validator.mev_commission_bps,
        validator.is_mev_enabled,
        validator.total_stake,
        validator.self_stake,
        validator.credits,
        validator.client_version,
        validator.is_delinquent,
    )
