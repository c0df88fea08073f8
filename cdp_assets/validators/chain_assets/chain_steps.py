"""The steps of a chain: which tables it has, in the order of the data.

A data type without a provider in ``providers.yaml`` has no tables for that chain. Steps of further
topics (P&L, commission lines) are added to :func:`period_steps_of`. Scope: the list; not here: the
work (``period_steps``), Dagster's assets (``chain_assets``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.validators.canonical import checks
from cdp_assets.validators.canonical.normalise import TableWriter
from cdp_assets.validators.canonical.table_rows import FEES_WRITER, MEV_WRITER, REWARDS_WRITER
from cdp_assets.validators.chain_assets.computed_steps import computed_steps
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Component, Registry
from cdp_assets.validators.periods import period_steps
from cdp_assets.validators.periods.period_step import PeriodStep
from cdp_assets.validators.reconciliation.report_step import report_step


@dataclass(frozen=True)
class _Topic:
    """A table that is built from one fetch of each period."""

    writer: TableWriter
    components: tuple[Component, ...]
    staging_checks: Sequence[SqlCheck]
    table_checks: Sequence[SqlCheck]


TOPICS = (
    _Topic(FEES_WRITER, ("EXEC_FEES",), checks.STAGING_FEES_CHECKS, checks.FEE_CHECKS),
    _Topic(MEV_WRITER, ("MEV_TIPS",), checks.STAGING_MEV_CHECKS, checks.MEV_CHECKS),
    _Topic(
        REWARDS_WRITER,
        ("VOTE_REWARDS", "COMMISSION"),
        checks.STAGING_REWARDS_CHECKS,
        checks.REWARD_CHECKS,
    ),
)


def period_steps_of(registry: Registry, chain: Chain) -> dict[str, PeriodStep]:
    """Return the steps over a chain's periods by table, in the order of the data.

    All fetches come first, because a table may be read from several of them.
    """
    of_topics = [step for topic in TOPICS for step in _topic_steps(registry, chain, topic)]
    canonical = [
        *_observation_steps(registry, chain),
        *(step for step in of_topics if step.source is not None),
        *(step for step in of_topics if step.source is None),
    ]
    reports = report_step(registry, chain, canonical)
    computed = computed_steps(chain, {step.asset_key for step in canonical})
    return {step.asset_key: step for step in (*canonical, reports, *computed)}


def _observation_steps(registry: Registry, chain: Chain) -> Iterator[PeriodStep]:
    keys = ChainKeys(chain.key_name)
    if not registry.adapters_for(chain.chain_id, "META"):
        return
    yield PeriodStep(
        asset_key=keys.staging_meta,
        upstream=[keys.periods],
        inputs=[keys.periods],
        checks=checks.of_asset(checks.STAGING_META_CHECKS, keys.staging_meta),
        work=period_steps.stage_meta,
        group="validator_staging",
        source=f"{chain.key_name} validators",
        data_type="META",
        observes_running=True,
    )
    yield PeriodStep(
        asset_key=keys.identities,
        upstream=[keys.staging_meta],
        inputs=[keys.staging_meta],
        checks=checks.of_asset(checks.IDENTITY_CHECKS, keys.identities),
        work=period_steps.write_identities,
        data_type="META",
        observes_running=True,
    )
    yield PeriodStep(
        asset_key=keys.meta,
        upstream=[keys.staging_meta],
        inputs=[keys.staging_meta],
        checks=checks.of_asset(checks.META_CHECKS, keys.meta),
        work=period_steps.write_meta,
        data_type="META",
        observes_running=True,
    )


def _topic_steps(registry: Registry, chain: Chain, topic: _Topic) -> Iterator[PeriodStep]:
    keys, data_type = ChainKeys(chain.key_name), topic.writer.data_type
    adapters = registry.adapters_for(chain.chain_id, data_type)
    if not adapters:
        return
    staging, table = keys.staging(data_type), keys.table(topic.writer.table.name)
    fetches = any(data_type in adapter.fetches_by_identity for adapter in adapters)
    reads = any(
        data_type in adapter.reads_by_identity | adapter.fetches_by_identity for adapter in adapters
    )
    marks = [keys.mapping_changes] if data_type == "REWARDS" else []
    # Validator §13 has a fetch depend on periods alone. A source that is asked by identity, if only
    # to compare, needs the identities first; waiting for them loses nothing, as no amount could be
    # attributed without them, and chains keep the history of what is fetched.
    served = [p.adapter_class for p in registry.compared_for(chain.chain_id, data_type, None)]
    is_compared_by_key = any(data_type in adapter.fetches_by_identity for adapter in served)
    needs_keys = fetches or is_compared_by_key or chain.tracked_validators != "all"
    before_fetch = [keys.identities] if needs_keys else []
    others = {other for a in adapters for other in a.fetches_after.get(data_type, frozenset())}
    after = [keys.staging(other) for other in sorted(others)]
    reads_too = {other for a in adapters for other in a.reads_too.get(data_type, frozenset())}
    yield PeriodStep(
        asset_key=staging,
        upstream=[keys.periods, *before_fetch, *after],
        inputs=[keys.periods, *(before_fetch if fetches else []), *marks],
        checks=checks.of_asset(topic.staging_checks, staging),
        work=period_steps.fetch_step(data_type, topic.components),
        components=topic.components,
        group="validator_staging",
        source=registry.providers_for(chain.chain_id, data_type, None)[0].name,
        data_type=data_type,
    )
    sources = [staging, *(keys.staging(other) for other in sorted(reads_too))]
    inputs = [*sources, *([keys.identities] if reads else [])]
    yield PeriodStep(
        asset_key=table,
        upstream=inputs,
        inputs=inputs,
        checks=checks.of_asset(topic.table_checks, table),
        work=period_steps.write_step(topic.writer),
        components=topic.components,
        data_type=data_type,
    )
