"""The work for one period of one asset: fetch and publish, or normalise and publish.

Plain functions within a run, called alike by Dagster's assets and tests. Scope: the steps of one
period; not here: iterating over the keys of a run (``period_runner``), or the rules.
"""

from __future__ import annotations

from dataclasses import asdict

import psycopg

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.canonical.normalise import (
    MATERIALIZED,
    NOT_OBSERVED,
    WriteContext,
    normalise_fees,
    normalise_identities,
    read_identities,
)
from cdp_assets.validators.chains.chain_registry import DataType, Provider
from cdp_assets.validators.ingestion.fetch_fees import fetch_fees
from cdp_assets.validators.ingestion.fetch_validators import (
    LOOK_BACK_PERIODS,
    observe_history,
    observe_present,
)
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import FEES_COMPONENT
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_table import (
    KnownPeriod,
    current_ordinal,
    read_periods,
    require_eligible,
    require_period,
)
from cdp_assets.validators.storage.payload_store import (
    FetchScope,
    candidates,
    finish,
    ingestion_run,
    payload_count,
    store_manifest,
)
from resources.sources.solana_rpc import PROTOCOL


def stage_fees(context: WriteContext, sources: ChainSources, period_id: str) -> PeriodResult:
    """Fetch and store everything that a period's fees are computed from.

    Raises:
        MissingUpstream: The period is unknown or not over for long enough.
        TransientFailure: The source failed; its responses are stored, nothing is built from them.
        PermanentFailure: The source refused, or sent what must not become a number.
    """
    chain, run = context.chain, context.run
    with run.connection() as connection:
        known = _period(connection, context, period_id)
        lag = chain.finality_lag_periods.get(FEES_COMPONENT, 1)
        periods = read_periods(connection, chain.chain_id)
        require_eligible(periods, known, lag, FEES_COMPONENT)
        provider = _first_provider(context, "FEES", known)
        scope = FetchScope(chain.chain_id, period_id, "FEES", provider.name)
        wanted = _wanted_identities(connection, context, period_id)
        with (
            ingestion_run(connection, scope, run.run_id, context.now) as archive,
            sources.solana_rpc(provider, run.warehouse) as rpc,
        ):
            blocks = fetch_fees(
                rpc, archive, known.period, lambda identity: wanted is None or identity in wanted
            )
            with run.transaction(connection) as cursor:
                store_manifest(cursor, archive, context.now, PROTOCOL)
                finish(cursor, archive, blocks)
                rows = payload_count(cursor, chain.chain_id, period_id, "FEES")
                run.publish(cursor, context.keys.staging_fees, rows, key=period_id, is_final=True)
    return PeriodResult(rows, statistics={"requests": archive.requests, "blocks": blocks})


def stage_meta(context: WriteContext, sources: ChainSources, period_id: str) -> PeriodResult:
    """Land the validators of a period: from the node while it runs, else from what is stored.

    A past period without a stored observation is fetched from a source with history, where one is
    configured, together with the two periods before it, because validators are looked up there,
    too; without such a source it is NOT_OBSERVED.
    """
    chain_id, run, requests = context.chain.chain_id, context.run, 0
    with run.connection() as connection:
        known = _period(connection, context, period_id)
        is_running = known.period.ordinal == current_ordinal(read_periods(connection, chain_id))
        if is_running:
            requests += _fetch_validators(context, sources, connection, known.period.ordinal)
        else:
            oldest = max(0, known.period.ordinal - LOOK_BACK_PERIODS)
            for ordinal in range(oldest, known.period.ordinal + 1):
                requests += _fetch_history(context, sources, connection, ordinal)
        with run.transaction(connection) as cursor:
            observed = candidates(cursor, chain_id, period_id, "META")
            rows = payload_count(cursor, chain_id, period_id, "META")
            state = MATERIALIZED if observed else NOT_OBSERVED
            run.publish(
                cursor,
                context.keys.staging_meta,
                rows,
                key=period_id,
                is_final=not is_running,
                state=state,
            )
    return PeriodResult(rows, state=state, statistics={"requests": requests})


def write_identities(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Write a period's identities from its stored observations."""
    with context.run.connection() as connection:
        known = _period(connection, context, period_id)
        head = current_ordinal(read_periods(connection, context.chain.chain_id))
        done = normalise_identities(
            connection, context, known.period, is_running=known.period.ordinal == head
        )
    return PeriodResult(done.row_count, done.appended, done.state)


def write_fees(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Write a period's fees from its winning complete fetch."""
    with context.run.connection() as connection:
        known = _period(connection, context, period_id)
        done = normalise_fees(connection, context, known.period)
    statistics = {
        "identities_without_validator": len(done.unattributed),
        "unconfirmed_zero_fetches": done.unconfirmed_zeros,
        "slots_without_validator": sum(
            asdict(t)["leader_slots"] for t in done.unattributed.values()
        ),
    }
    winners = () if done.winner is None else (done.winner,)
    return PeriodResult(done.row_count, done.appended, done.state, statistics, winners)


def _period(connection: psycopg.Connection, context: WriteContext, period_id: str) -> KnownPeriod:
    periods = read_periods(connection, context.chain.chain_id)
    return require_period(periods, period_id, context.keys.periods)


def _first_provider(context: WriteContext, data_type: DataType, known: KnownPeriod) -> Provider:
    chain_id = context.chain.chain_id
    found = context.registry.providers_for(chain_id, data_type, known.period.ordinal)
    if not found:
        raise BadConfiguration(
            f"no provider has {data_type} of {chain_id} in this period",
            key=f"providers.yaml, period {known.period.period_id}",
            hint="add an entry under priorities",
        )
    return found[0]


def _wanted_identities(
    connection: psycopg.Connection, context: WriteContext, period_id: str
) -> set[str] | None:
    """Return the identities of tracked validators; null when all validators are tracked."""
    if context.chain.tracked_validators == "all":
        return None
    with connection.cursor() as cursor:
        return set(read_identities(cursor, context.chain.chain_id, period_id))


def _fetch_validators(
    context: WriteContext,
    sources: ChainSources,
    connection: psycopg.Connection,
    ordinal: int,
) -> int:
    """Observe the running period; return the number of responses."""
    chain_id = context.chain.chain_id
    providers = context.registry.providers_for(chain_id, "META", ordinal)
    provider = next((p for p in providers if p.adapter == "solana_rpc"), None)
    if provider is None:
        return 0
    scope = FetchScope(chain_id, str(ordinal), "META", provider.name)
    with (
        ingestion_run(connection, scope, context.run.run_id, context.now) as archive,
        sources.solana_rpc(provider, context.run.warehouse) as rpc,
    ):
        accounts = observe_present(rpc, archive, ordinal)
        with connection.cursor() as cursor:
            finish(cursor, archive, len(accounts))
    return archive.requests


def _fetch_history(
    context: WriteContext,
    sources: ChainSources,
    connection: psycopg.Connection,
    ordinal: int,
) -> int:
    """Fetch a period without observation from a source with history; return the responses."""
    chain_id = context.chain.chain_id
    with connection.cursor() as cursor:
        if candidates(cursor, chain_id, str(ordinal), "META"):
            return 0
    providers = context.registry.providers_for(chain_id, "META", ordinal)
    provider = next((p for p in providers if p.adapter == "jito_kobe"), None)
    if provider is None or not sources.is_configured(provider):
        return 0
    scope = FetchScope(chain_id, str(ordinal), "META", provider.name)
    with (
        ingestion_run(connection, scope, context.run.run_id, context.now) as archive,
        sources.jito_kobe(provider, context.run.warehouse) as jito,
    ):
        accounts = observe_history(jito, archive, ordinal)
        with connection.cursor() as cursor:
            finish(cursor, archive, len(accounts))
    return archive.requests
