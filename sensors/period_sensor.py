"""Sensor for new periods of a chain: registers partitions and requests each period once.

It asks the chain's node where its head is, once and for a second and a half at most: a node that
hangs may not hold up other sensors, and one that stays silent is a failed tick, not a skipped one.
A new period means: the one that began is observed now (and again near its end, for identities that
changed), and those that became eligible are fetched, in one run over their range. The cursor is
what was requested, so a failed run is not requested again and again; run keys derive from the
period, not from the clock. Belongs here: the event and its requests. Does not: the plan
(``cdp_assets.validators.period_plan``) or the work.
"""

# No postponed annotations here: the framework reads types from the signature.

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import dagster as dg

from cdp_assets.errors import BadConfiguration, CdpError, SourceUnavailable
from cdp_assets.partitions import chain_periods
from cdp_assets.run_context import USER_TAG, range_tags
from cdp_assets.validators.chain_keys import REGISTRY_KEY, ChainKeys
from cdp_assets.validators.period_plan import key_requests, plan_periods
from cdp_assets.validators.registry import Chain, Registry
from cdp_assets.validators.sources import ChainSources
from resources.solana_answers import EpochInfo
from resources.warehouse import Warehouse

CURSOR_VERSION = 1
INTERVAL_SECONDS = 600  # validator §13: every 10 minutes
HEAD_SECONDS = 1.5  # a tick takes less than 2 s (U-41)
TOLERATED_MISSES = 2  # in a row; the third is a failed tick, seen in the UI and by monitors (U-40)
LATE_SHARE_PERCENT = 90  # from here on a period is observed a second time


@dataclass(frozen=True)
class PeriodCursor:
    """What was requested so far; -1 means nothing yet.

    Attributes:
        observed: The newest period whose validators were requested …
        is_late: … and whether that was near its end.
        fetched_through: Newest period whose fees were requested.
        misses: Looks in a row in which the node did not answer.
    """

    observed: int = -1
    is_late: bool = False
    fetched_through: int = -1
    misses: int = 0

    def is_at_least(self, period: int, *, is_late: bool) -> bool:
        """Tell whether that moment was requested, or a later one: a node may lag behind another."""
        return (self.observed, self.is_late) >= (period, is_late)

    def as_text(self) -> str:
        """Return the cursor as Dagster keeps it."""
        return json.dumps({"version": CURSOR_VERSION, **asdict(self)}, sort_keys=True)


def read_cursor(text: str | None) -> PeriodCursor:
    """Read a kept cursor; one of another version counts as nothing, which requests anew."""
    document = json.loads(text) if text else {}
    if document.pop("version", None) != CURSOR_VERSION:
        return PeriodCursor()
    return PeriodCursor(**document)


def build_period_sensor(
    registry: Registry, chain: Chain, *, default_status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """Return the sensor of one chain.

    Args:
        registry: Tells who is asked for the head.
        chain: The chain.
        default_status: Running only where automation is switched on.
    """
    provider = registry.providers_for(chain.chain_id, "PERIODS", 2**62)[0]

    @dg.sensor(
        name=_name(chain),
        description=(
            f"Registers new periods of {chain.name} as partitions, observes the running one and "
            "requests the fees of each period once it may be fetched."
        ),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=default_status,
        asset_selection=_selection(
            REGISTRY_KEY, ChainKeys(chain.snake).periods, *ChainKeys(chain.snake).partitioned()
        ),
    )
    def period_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> dg.SensorResult | dg.SkipReason:
        cursor = read_cursor(context.cursor)

        def ask() -> EpochInfo:
            with chain_sources.solana_rpc(provider, warehouse, tries=1) as rpc:
                return rpc.epoch_info().value()

        try:
            head = within(HEAD_SECONDS, ask)
        except BadConfiguration as error:
            return dg.SkipReason(f"the chain's head is not known: {error}")
        except CdpError as error:
            if cursor.misses >= TOLERATED_MISSES:
                raise
            missed = replace(cursor, misses=cursor.misses + 1)
            return dg.SensorResult(
                skip_reason=f"the chain's head is not known: {error}", cursor=missed.as_text()
            )
        name = chain_periods(chain.chain_id).name
        assert name is not None
        present = context.instance.get_dynamic_partitions(name)
        return plan_tick(chain, head, present, cursor)

    return period_sensor


def within(seconds: float, ask: Callable[[], EpochInfo]) -> EpochInfo:
    """Return the answer to a question that may take so long, looking up the name included.

    A question that takes longer ends by itself later, and nobody hears its answer.

    Raises:
        SourceUnavailable: It takes longer.
        CdpError: As the question does.
    """
    answers: list[EpochInfo] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="chain head", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise SourceUnavailable(
            f"no answer within {seconds} s", hint="the next look is in ten minutes"
        )
    return answers[0]


def _name(chain: Chain) -> str:
    return f"{chain.snake}_period_sensor"


def plan_tick(
    chain: Chain, head: EpochInfo, present: Sequence[str], cursor: PeriodCursor
) -> dg.SensorResult:
    """Return what one evaluation asks for; depends on nothing but its arguments.

    Args:
        chain: The chain.
        head: Where it is.
        present: Partition keys in order of insertion.
        cursor: What was requested before.
    """
    plan = plan_periods(chain, head.epoch)
    requests: list[dg.RunRequest] = []
    is_late = 100 * head.slot_index >= LATE_SHARE_PERCENT * head.slots_in_epoch
    seen = cursor if cursor.is_at_least(head.epoch, is_late=is_late) else None
    fresh = [k for k in plan.eligible if int(k) > cursor.fetched_through]
    if seen is None:
        requests.append(_observation(chain, plan.running, "end" if is_late else "start"))
    if fresh:
        requests.append(_fetch(chain, fresh[0], fresh[-1]))
    fetched = int(fresh[-1]) if fresh else cursor.fetched_through
    observed = (cursor.observed, cursor.is_late) if seen else (head.epoch, is_late)
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=key_requests(chain_periods(chain.chain_id), present, plan.keys),
        cursor=PeriodCursor(*observed, fetched).as_text(),
        skip_reason=None if requests else f"period {plan.running} was requested before",
    )


def _observation(chain: Chain, period: str, moment: str) -> dg.RunRequest:
    keys = ChainKeys(chain.snake)
    return dg.RunRequest(
        run_key=f"{chain.chain_id}:observe:{period}:{moment}",
        partition_key=period,
        asset_selection=_selection(REGISTRY_KEY, keys.periods, keys.staging_meta, keys.identities),
        tags={USER_TAG: f"sensor:{_name(chain)}", "chain": chain.chain_id, "period": period},
    )


def _fetch(chain: Chain, first: str, last: str) -> dg.RunRequest:
    keys = ChainKeys(chain.snake)
    return dg.RunRequest(
        run_key=f"{chain.chain_id}:fees:{first}..{last}",
        asset_selection=_selection(REGISTRY_KEY, keys.periods, *keys.partitioned()),
        tags={
            USER_TAG: f"sensor:{_name(chain)}",
            "chain": chain.chain_id,
            "period": first if first == last else f"{first}..{last}",
            **range_tags(first, last),
        },
    )


def _selection(*asset_keys: str) -> list[dg.AssetKey]:
    return [dg.AssetKey(key.split("/")) for key in asset_keys]
