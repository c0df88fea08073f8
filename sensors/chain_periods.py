"""Sensor for new periods of a chain: registers partitions and requests each period once.

It requests the head from the chain's node, once, for 1.5 seconds at most: a node that hangs must
not block other sensors, and after three evaluations without a response the tick fails. A period
that began is observed at its start and again near its end, for identities that changed; periods
that became eligible are fetched, in one run over their range. The tables show what is already
there, whichever run built it; failed periods are not requested again. The cursor only counts missed
responses. Scope: the event and its requests; not here: which periods are stale
(``cdp_assets.validators.chain_assets.chain_refresh``), or the work.
"""

# No postponed annotations here: the framework reads types from the signature.

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.dagster_compat import ASSET_PARTITION_RANGE_START_TAG
from cdp_assets.core.runs.orphaned_runs import IN_PROGRESS
from cdp_assets.core.runs.run_tags import USER_TAG, range_tags
from cdp_assets.errors import BadConfiguration, CdpError, SourceUnavailable
from cdp_assets.partitions import chain_periods, floor_hour
from cdp_assets.validators.chain_assets.chain_assets import node_of
from cdp_assets.validators.chain_assets.chain_refresh import (
    ANY_REASON,
    ChainRun,
    Observation,
    observation_of,
    stale_runs,
)
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.adapter import NoSink
from cdp_assets.validators.chains.chain_keys import REGISTRY_KEY, ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import key_requests, plan_periods
from cdp_assets.validators.periods.period_table import read_periods
from cdp_assets.validators.rules.period_rules import ChainHead
from resources.postgres.warehouse import Warehouse

CURSOR_VERSION = 2
INTERVAL_SECONDS = 600  # validator §13: every 10 minutes
HEAD_SECONDS = 1.5  # a tick takes less than 2 s (U-41)
TOLERATED_MISSES = 2  # in a row; the third is a failed tick, which the UI and monitors show (U-40)
LATE_SHARE_PERCENT = 90  # from here on a period is observed a second time
NOT_FAILED = ANY_REASON - {"failed"}
CHAIN_TAG = "chain"


@dataclass(frozen=True)
class ChainState:
    """The state of a chain in the tables and the queue.

    Attributes:
        known_head: Newest period in ``canonical_periods``; -1 before the first.
        observation: Of the period that the head is in.
        fetches: Pending runs over eligible periods.
        is_fetching: Such a run is queued or running, from any launcher.
    """

    known_head: int
    observation: Observation
    fetches: tuple[ChainRun, ...] = ()
    is_fetching: bool = False


def read_misses(text: str | None) -> int:
    """Return for how many evaluations in a row the node did not respond, from a stored cursor."""
    document = json.loads(text) if text else {}
    return int(document["misses"]) if document.get("version") == CURSOR_VERSION else 0


def _cursor(misses: int) -> str:
    return json.dumps({"version": CURSOR_VERSION, "misses": misses}, sort_keys=True)


def build_period_sensor(
    registry: Registry, chain: Chain, *, default_status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """Return the sensor of one chain.

    Args:
        registry: Has the provider of the head.
        chain: The chain.
        default_status: Running only where automation is switched on.
    """
    provider = node_of(registry, chain)

    @dg.sensor(
        name=_name(chain),
        description=(
            f"Registers new periods of {chain.name} as partitions, observes the running one and "
            "requests the fees of each period once it may be fetched."
        ),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=default_status,
        asset_selection=_selection(
            REGISTRY_KEY,
            ChainKeys(chain.key_name).periods,
            *period_steps_of(registry, chain),
        ),
    )
    def period_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> dg.SensorResult | dg.SkipReason:
        misses = read_misses(context.cursor)

        def request_head() -> ChainHead:
            with chain_sources.open(provider, warehouse, tries=1) as node:
                return node.head(NoSink(), chain.planner)

        try:
            head = within(HEAD_SECONDS, request_head)
        except BadConfiguration as error:
            return dg.SkipReason(f"the chain's head is not known: {error}")
        except CdpError as error:
            if misses >= TOLERATED_MISSES:
                raise
            return dg.SensorResult(
                skip_reason=f"the chain's head is not known: {error}", cursor=_cursor(misses + 1)
            )
        name = chain_periods(chain.chain_id).name
        assert name is not None
        present = context.instance.get_dynamic_partitions(name)
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            state = read_state(connection, context.instance, registry, chain, head)
        return plan_tick(chain, head, present, state, clock.now())

    return period_sensor


def within(seconds: float, request: Callable[[], ChainHead]) -> ChainHead:
    """Return the result of a request that may take this long, its name resolution included.

    A slower request ends later, and its result is dropped.

    Raises:
        SourceUnavailable: The request is slower.
        CdpError: As the request raises it.
    """
    results: list[ChainHead] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(request())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="chain head", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise SourceUnavailable(
            f"no response within {seconds} s", hint="the next evaluation is in ten minutes"
        )
    return results[0]


def _name(chain: Chain) -> str:
    return f"{chain.key_name}_period_sensor"


def read_state(
    connection: psycopg.Connection,
    instance: dg.DagsterInstance,
    registry: Registry,
    chain: Chain,
    head: ChainHead,
) -> ChainState:
    """Return what the tables hold, and what runs are building."""
    plan = plan_periods(head)
    known = read_periods(connection, chain.chain_id)
    fetches = stale_runs(
        connection,
        registry,
        chain,
        plan,
        ChainSources(),
        reasons=NOT_FAILED,
        with_running=False,
    )
    return ChainState(
        known_head=max((k.period.ordinal for k in known.values()), default=-1),
        observation=observation_of(connection, chain, plan.running),
        fetches=tuple(fetches),
        is_fetching=_is_fetching(connection, instance, registry, chain),
    )


def _is_fetching(
    connection: psycopg.Connection, instance: dg.DagsterInstance, registry: Registry, chain: Chain
) -> bool:
    """Return whether a run over a range of periods is queued, or any run fetches now."""
    ours = instance.get_runs(
        dg.RunsFilter(tags={CHAIN_TAG: chain.chain_id}, statuses=list(IN_PROGRESS))
    )
    if any(ASSET_PARTITION_RANGE_START_TAG in run.tags for run in ours):
        return True
    row = connection.execute(
        "select exists (select from ops.runs where outcome = 'RUNNING' and asset_key = any(%s))",
        [[key for key, s in period_steps_of(registry, chain).items() if not s.observes_running]],
    ).fetchone()
    return bool(row and row[0])


def plan_tick(
    chain: Chain, head: ChainHead, present: Sequence[str], state: ChainState, as_of: datetime
) -> dg.SensorResult:
    """Return what one evaluation requests; depends only on its arguments.

    Args:
        chain: The chain.
        head: Its head.
        present: Partition keys in order of insertion.
        state: What the tables and the queue hold.
        as_of: The clock: a run that was killed is requested again within an hour.
    """
    plan = plan_periods(head)
    requests: list[dg.RunRequest] = []
    # Not if the node is behind the one that was queried before, or before the first period.
    if plan.keys and head.periods[-1].ordinal >= state.known_head:
        is_late = head.passed_percent >= LATE_SHARE_PERCENT
        was_late = state.observation.furthest_percent >= LATE_SHARE_PERCENT
        if plan.running and (state.observation.is_missing or (is_late and not was_late)):
            requests.append(_observation(chain, plan.running, "end" if is_late else "start"))
        if not state.is_fetching:
            requests += [_fetch(chain, run, as_of) for run in state.fetches]
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=key_requests(chain, present, plan.keys),
        cursor=_cursor(0),
        skip_reason=None
        if requests
        else f"nothing is missing up to period {plan.keys[-1] if plan.keys else 'none'}",
    )


def _observation(chain: Chain, period: str, moment: str) -> dg.RunRequest:
    keys = ChainKeys(chain.key_name)
    return dg.RunRequest(
        run_key=f"{chain.chain_id}:observe:{period}:{moment}",
        partition_key=period,
        asset_selection=_selection(
            REGISTRY_KEY, keys.periods, keys.staging_meta, keys.identities, keys.meta
        ),
        tags={USER_TAG: f"sensor:{_name(chain)}", CHAIN_TAG: chain.chain_id, "period": period},
    )


def _fetch(chain: Chain, run: ChainRun, as_of: datetime) -> dg.RunRequest:
    keys = ChainKeys(chain.key_name)
    return dg.RunRequest(
        run_key=f"{chain.chain_id}:fees:{run.first}..{run.last}:{floor_hour(as_of):%Y-%m-%dT%H}",
        asset_selection=_selection(REGISTRY_KEY, keys.periods, *run.asset_keys),
        tags={
            USER_TAG: f"sensor:{_name(chain)}",
            CHAIN_TAG: chain.chain_id,
            "period": run.first if run.first == run.last else f"{run.first}..{run.last}",
            **range_tags(run.first, run.last),
        },
    )


def _selection(*asset_keys: str) -> list[dg.AssetKey]:
    return [dg.AssetKey(key.split("/")) for key in asset_keys]
