"""Sensor that fetches final periods again, because sources correct what they published.

Once an hour it requests the periods that ``chain_assets.restatement_watch`` names, unless a run of
the chain is queued or running. An equal response writes nothing. Scope: the requests; not here:
which periods, or the work.
"""

# No postponed annotations here: the framework reads types from the signature.

import dagster as dg

from cdp_assets import clock
from cdp_assets.core.runs.orphaned_runs import IN_PROGRESS
from cdp_assets.core.runs.run_tags import USER_TAG, range_tags
from cdp_assets.partitions import floor_hour
from cdp_assets.validators.chain_assets.chain_steps import TOPICS, period_steps_of
from cdp_assets.validators.chain_assets.restatement_watch import watched_runs
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_table import known_plan
from resources.postgres.warehouse import Warehouse
from sensors.chain_periods import CHAIN_TAG

INTERVAL_SECONDS = 3600


def build_restatement_sensor(
    registry: Registry, chain: Chain, *, default_status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """Return the sensor of one chain.

    Args:
        registry: Has the chain's providers.
        chain: The chain.
        default_status: Running only where automation is switched on.
    """
    name = f"{chain.key_name}_restatement_sensor"
    keys, steps = ChainKeys(chain.key_name), period_steps_of(registry, chain)
    fetched = [
        key
        for topic in TOPICS
        for key in (
            keys.staging(topic.writer.data_type),
            keys.table(topic.writer.table.name),
        )
        if key in steps
    ]

    @dg.sensor(
        name=name,
        description=(
            f"Fetches final periods of {chain.name} again: daily while they are watched for "
            "corrections, then every thirty days."
        ),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=default_status,
        asset_selection=[dg.AssetKey(key.split("/")) for key in fetched],
    )
    def restatement_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse
    ) -> dg.SensorResult | dg.SkipReason:
        tags = {CHAIN_TAG: chain.chain_id}
        if context.instance.get_runs(dg.RunsFilter(tags=tags, statuses=list(IN_PROGRESS)), limit=1):
            return dg.SkipReason("a run of the chain is queued or running")
        now = clock.now()
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            plan = known_plan(connection, chain)
            runs = watched_runs(connection, registry, chain, plan, ChainSources(), now)
        if not runs:
            return dg.SkipReason("no final period is to be fetched again")
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    run_key=f"{chain.chain_id}:watch:{run.asset_keys[0]}:{run.first}..{run.last}:"
                    f"{floor_hour(now):%Y-%m-%dT%H}",
                    asset_selection=[dg.AssetKey(key.split("/")) for key in run.asset_keys],
                    tags={
                        USER_TAG: f"sensor:{name}",
                        **tags,
                        "period": f"{run.first}..{run.last}",
                        **range_tags(run.first, run.last),
                    },
                )
                for run in runs
            ]
        )

    return restatement_sensor
