"""The work for one period of one asset: fetch and publish, or normalise and publish.

Plain functions within a run, called alike by Dagster's assets and tests. A source whose address is
not set is skipped: log and metadata record that, and nothing is published. Scope: the steps of
one period; not here: iterating over the keys of a run (``period_runner``), or the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from cdp_assets.errors import BadConfiguration, CdpError
from cdp_assets.validators.canonical.normalise import (
    MATERIALIZED,
    NOT_OBSERVED,
    Normalised,
    TableWriter,
    WriteContext,
    never_materialized,
    normalise,
    ranked_fetches,
    read_identities,
    reads_too,
    state_of,
)
from cdp_assets.validators.canonical.observations import (
    look_back_of,
    normalise_identities,
    normalise_meta,
)
from cdp_assets.validators.chains.adapter import DataType, FetchRequest
from cdp_assets.validators.chains.chain_registry import Component, Provider
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.mapped_accounts import mapped_accounts
from cdp_assets.validators.periods.period_plan import lag_of
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_table import (
    KnownPeriod,
    is_running,
    read_periods,
    require_eligible,
    require_period,
)
from cdp_assets.validators.rules.period_rules import Period, period_before
from cdp_assets.validators.storage.payload_store import (
    FetchScope,
    candidates,
    finish,
    ingestion_run,
    last_succeeded,
    newest_content,
    payload_count,
    store_manifest,
)

Work = Callable[[WriteContext, ChainSources, str], PeriodResult]
Content = list[tuple[str, str, bool]]  # of newest_content
SKIPPED = PeriodResult(0, state=NOT_OBSERVED, is_skipped=True)


@dataclass(frozen=True)
class _Fetched:
    requests: int
    entities: int


@dataclass(frozen=True)
class _Fetch:
    """The fetches of one data type of a period."""

    connection: psycopg.Connection
    context: WriteContext
    sources: ChainSources
    data_type: DataType
    request: FetchRequest

    def first_of(
        self, providers: Sequence[Provider], key: str, before: Content
    ) -> tuple[_Fetched, int]:
        """Fetch from the first provider that responds, and publish; return also the payloads.

        Args:
            providers: In order of priority.
            key: The staging asset.
            before: What was stored before this fetch, compared sources included.

        Raises:
            CdpError: Of the last provider, if all of them fail.
        """
        for provider in providers[:-1]:
            try:
                return self._published(provider, key, before)
            except CdpError as error:
                self.context.run.log.warning(f"{provider.name} failed, the next is used: {error}")
        return self._published(providers[-1], key, before)

    def compared(self) -> int:
        """Fetch from the providers that are only compared; return the responses.

        They are never booked, so a failure of theirs is a warning.
        """
        requests, context = 0, self.context
        for provider in context.registry.compared_for(
            context.chain.chain_id, self.data_type, self.request.period.ordinal
        ):
            if not self.sources.is_configured(provider):
                _say_left_out(context, self.sources, provider)
                continue
            try:
                requests += self.from_provider(provider, lambda cursor: None).requests
            except CdpError as error:
                context.run.log.warning(f"{provider.name}, for comparison, failed: {error}")
        return requests

    def _published(self, provider: Provider, key: str, before: Content) -> tuple[_Fetched, int]:
        """Fetch and publish in the transaction that makes the fetch complete.

        The version of the partition stays where every source, compared ones included, returned what
        it had returned before, so nothing below is rebuilt.
        """
        run, period = self.context.run, self.request.period
        was_published, counts = last_succeeded(self.connection, self._scope(provider)), list[int]()

        def publish(cursor: psycopg.Cursor) -> None:
            scope = self._scope(provider)
            counts.append(payload_count(cursor, scope.chain_id, scope.period_id, self.data_type))
            is_same = was_published and newest_content(self.connection, scope) == before
            run.publish(
                cursor,
                key,
                counts[-1],
                key=period.period_id,
                is_final=True,
                is_changed=not is_same or state_of(cursor, key, period) != MATERIALIZED,
            )

        return self.from_provider(provider, publish), counts[-1]

    def content(self) -> Content:
        """Return what is stored of the period: each provider's newest complete fetch."""
        chain_id, period_id = self.context.chain.chain_id, self.request.period.period_id
        return newest_content(self.connection, FetchScope(chain_id, period_id, self.data_type, ""))

    def _scope(self, provider: Provider) -> FetchScope:
        chain_id, period_id = self.context.chain.chain_id, self.request.period.period_id
        return FetchScope(chain_id, period_id, self.data_type, provider.name)

    def from_provider(
        self, provider: Provider, publish: Callable[[psycopg.Cursor], None]
    ) -> _Fetched:
        """Fetch from one provider; the manifest and the publication are one transaction."""
        run = self.context.run
        with (
            ingestion_run(
                self.connection, self._scope(provider), run.run_id, self.context.now
            ) as archive,
            self.sources.open(provider, run.warehouse) as adapter,
        ):
            entities = adapter.fetch(self.data_type, archive, self.request)
            with run.transaction(self.connection) as cursor:
                if archive.parts:
                    store_manifest(cursor, archive, self.context.now, adapter.version)
                finish(cursor, archive, entities)
                publish(cursor)
        return _Fetched(archive.requests, entities)


def fetch_step(data_type: DataType, components: Sequence[Component]) -> Work:
    """Return the work that fetches and stores everything a table of a period is built from.

    It raises:
        MissingUpstream: The period is unknown or not over for long enough, or its validators are
            not known yet.
        TransientFailure: The source failed; its responses are stored, nothing is built from them.
        PermanentFailure: The source refused, or sent what must not become a number.
    """

    def work(context: WriteContext, sources: ChainSources, period_id: str) -> PeriodResult:
        chain, run = context.chain, context.run
        key = context.keys.staging(data_type)
        with run.connection() as connection:
            periods = read_periods(connection, chain.chain_id)
            known = require_period(periods, period_id, context.keys.periods)
            require_eligible(periods, known, lag_of(chain, components), components)
            providers = _configured(context, sources, data_type, known)
            if not providers:
                return SKIPPED
            request = _request(connection, context, known, data_type)
            if request is None:
                with run.transaction(connection) as cursor:
                    run.publish(cursor, key, 0, key=period_id, state=NOT_OBSERVED)
                return PeriodResult(0, state=NOT_OBSERVED)
            fetch = _Fetch(connection, context, sources, data_type, request)
            before = fetch.content()
            compared = fetch.compared()
            got, rows = fetch.first_of(providers, key, before)
        return PeriodResult(
            rows, statistics={"requests": got.requests + compared, "entities": got.entities}
        )

    return work


def write_step(writer: TableWriter) -> Work:
    """Return the work that writes a table of a period from its winning complete fetch."""

    def work(context: WriteContext, sources: ChainSources, period_id: str) -> PeriodResult:
        with context.run.connection() as connection:
            known = _period(connection, context, period_id)
            needed = {writer.data_type, *reads_too(context, writer.data_type)}
            has_source = all([_configured(context, sources, one, known) for one in sorted(needed)])
            done = normalise(connection, context, known.period, writer, has_source=has_source)
        winners = () if done.winner is None else (done.winner,)
        return PeriodResult(
            done.row_count, done.appended, done.state, done.statistics, winners, done.is_skipped
        )

    return work


def stage_meta(context: WriteContext, sources: ChainSources, period_id: str) -> PeriodResult:
    """Land the validators of a period from every source that can report them.

    A source of the present is requested while the period runs, one with history once it is over;
    where the period itself was not observed, the periods before it are requested, too, because
    validators are looked up there. Without any response the period is NOT_OBSERVED.
    """
    chain_id, run, requests = context.chain.chain_id, context.run, 0
    with run.connection() as connection:
        periods = read_periods(connection, chain_id)
        known = require_period(periods, period_id, context.keys.periods)
        running = is_running(periods, known)
        if running:
            requests = _observe(context, sources, connection, known.period)
        else:
            requests = _fetch_history(context, sources, connection, known.period)
        with run.transaction(connection) as cursor:
            observed = candidates(cursor, chain_id, period_id, "META")
            rows = payload_count(cursor, chain_id, period_id, "META")
            state = MATERIALIZED if observed else NOT_OBSERVED
            run.publish(
                cursor,
                context.keys.staging_meta,
                rows,
                key=period_id,
                is_final=not running,
                state=state,
            )
    return PeriodResult(rows, state=state, statistics={"requests": requests})


def write_identities(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Write a period's identities from its stored observations."""
    return _write_observed(normalise_identities, context, period_id)


def write_meta(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Write rates, stake and state of a period's validators from its stored observations."""
    return _write_observed(normalise_meta, context, period_id)


def _write_observed(
    normalise_table: Callable[..., Normalised], context: WriteContext, period_id: str
) -> PeriodResult:
    with context.run.connection() as connection:
        periods = read_periods(connection, context.chain.chain_id)
        known = require_period(periods, period_id, context.keys.periods)
        done = normalise_table(
            connection, context, known.period, is_running=is_running(periods, known)
        )
    return PeriodResult(done.row_count, done.appended, done.state)


def _period(connection: psycopg.Connection, context: WriteContext, period_id: str) -> KnownPeriod:
    periods = read_periods(connection, context.chain.chain_id)
    return require_period(periods, period_id, context.keys.periods)


def _configured(
    context: WriteContext, sources: ChainSources, data_type: DataType, known: KnownPeriod
) -> list[Provider]:
    """Return the providers of a period that have an address, best first; name the others.

    Raises:
        BadConfiguration: No provider is declared for the period.
    """
    chain_id = context.chain.chain_id
    found = context.registry.providers_for(chain_id, data_type, known.period.ordinal)
    if not found:
        raise BadConfiguration(
            f"no provider has {data_type} of {chain_id} in this period",
            key=f"providers.yaml, period {known.period.period_id}",
            hint="add an entry under priorities",
        )
    for provider in found:
        if not sources.is_configured(provider):
            _say_left_out(context, sources, provider)
    return [provider for provider in found if sources.is_configured(provider)]


def _say_left_out(context: WriteContext, sources: ChainSources, provider: Provider) -> None:
    if sources.is_first_mention(provider):
        variable = provider.address_variable
        context.run.log.info(f"{provider.name} is skipped: {variable} is not set")


def _request(
    connection: psycopg.Connection, context: WriteContext, known: KnownPeriod, data_type: DataType
) -> FetchRequest | None:
    """Return what a fetch is for; null: it needs validators, and the period was not observed."""
    chain, period = context.chain, known.period
    adapters = context.registry.adapters_for(chain.chain_id, data_type)
    needs = chain.tracked_validators != "all" or any(
        data_type in adapter.fetches_by_identity for adapter in adapters
    )
    with connection.cursor() as cursor:
        identities = read_identities(cursor, chain.chain_id, period.period_id)
        if needs and not identities:
            if state_of(cursor, context.keys.identities, period) == NOT_OBSERVED:
                return None
            why = "its validators are not known yet"
            raise never_materialized(context.keys.identities, period, why)
    return FetchRequest(
        period,
        identities,
        chain.tracks,
        chain.tracked_validators == "all",
        chain.operator_stake_accounts,
        mapped_accounts(connection, chain.chain_id, period),
        _tracked(context),
        lambda other: next(iter(ranked_fetches(connection, context, period, other)), None),
    )


def _tracked(context: WriteContext) -> tuple[str, ...]:
    tracked = context.chain.tracked_validators
    return () if tracked == "all" else tuple(tracked)


def _observe(
    context: WriteContext, sources: ChainSources, connection: psycopg.Connection, period: Period
) -> int:
    """Observe the running period from each source of the present; return the responses.

    Raises:
        CdpError: Of the first source, if none of them responds.
    """
    requests, failures = 0, list[CdpError]()
    providers = _meta_providers(context, sources, period, of_present=True)
    for provider in providers:
        try:
            requests += _fetch_meta(context, sources, connection, provider, period)
        except CdpError as error:
            failures.append(error)
            context.run.log.warning(f"{provider.name} failed: {error}")
    if providers and len(failures) == len(providers):
        raise failures[0]
    return requests


def _fetch_meta(
    context: WriteContext,
    sources: ChainSources,
    connection: psycopg.Connection,
    provider: Provider,
    period: Period,
) -> int:
    request = FetchRequest(
        period,
        (),
        context.chain.tracks,
        context.chain.tracked_validators == "all",
        tracked=_tracked(context),
    )
    fetch = _Fetch(connection, context, sources, "META", request)
    return fetch.from_provider(provider, lambda cursor: None).requests


def _fetch_history(
    context: WriteContext, sources: ChainSources, connection: psycopg.Connection, period: Period
) -> int:
    """Fetch an ended period from each source with history that was not fetched yet."""
    requests, is_observed = 0, _is_stored(connection, context, period, None)
    back = 0 if is_observed else look_back_of(context)
    for places in range(min(back, period.ordinal), -1, -1):
        one = period_before(period, places) if places else period
        if one is not period and _is_stored(connection, context, one, None):
            continue
        for provider in _meta_providers(context, sources, one, of_present=False):
            if not _is_stored(connection, context, one, provider.name):
                requests += _fetch_meta(context, sources, connection, provider, one)
    return requests


def _meta_providers(
    context: WriteContext, sources: ChainSources, period: Period, *, of_present: bool
) -> list[Provider]:
    providers = context.registry.providers_for(context.chain.chain_id, "META", period.ordinal)
    return [
        provider
        for provider in providers
        if ("META" in provider.adapter_class.present_only) == of_present
        and sources.is_configured(provider)
    ]


def _is_stored(
    connection: psycopg.Connection, context: WriteContext, period: Period, provider: str | None
) -> bool:
    """Return whether a complete observation is stored; null provider: of any."""
    with connection.cursor() as cursor:
        found = candidates(cursor, context.chain.chain_id, period.period_id, "META")
    return any(provider in (None, candidate.provider) for candidate in found)
