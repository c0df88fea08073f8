"""Runs of the graph in this process, recorded so that the UI shows them like its own.

The framework's own ``execute_in_process`` records neither the assets of a run nor its code
location: the UI then shows an empty target, and no run in the timeline.

Scope: creating and executing one run; not here: which runs there are
(``cdp_assets.core.planning.planner``).
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Mapping
from typing import Final

import dagster as dg

from cdp_assets.core.dagster_compat import (
    InMemoryJob,
    RunFailureReason,
    create_execution_plan,
    execute_run,
    snapshot_from_execution_plan,
)
from cdp_assets.core.runs.instance import repository_origin
from cdp_assets.settings import get_settings

# The run's own lines are in its log, which the UI shows; a terminal gets a line per run.
QUIET: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute_here(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    keys: Collection[dg.AssetKey] | None,
    checks: Collection[dg.AssetCheckKey] = (),
    *,
    tags: Mapping[str, str],
    config: Mapping[str, object],
) -> dg.JobExecutionResult:
    """Execute a job, or the chosen assets and checks of it, as one run.

    A failure is in the result.

    Args:
        instance: Where the run is recorded.
        job: That holds them.
        keys: Assets to materialize; none for a run of checks alone; null: the full job.
        checks: Checks to evaluate; those of the assets that are not named are not evaluated.
        tags: Of the run; the partitions are among them.
        config: The run's config.

    Raises:
        KeyboardInterrupt: Ctrl-C ended the run, which is recorded as failed.
    """
    if keys is None:
        run = _record(instance, job, None, None, tags, config)
    else:
        run = _record(instance, job, frozenset(keys), frozenset(checks), tags, config)
    result = execute_run(InMemoryJob(job), run, instance)
    if _was_interrupted(result):
        # A signal between two results leaves the step's function suspended. It closes its row of
        # `ops.runs` when it is freed: that must be now, before the database server stops.
        gc.collect()
        raise KeyboardInterrupt
    return result


def _record(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    keys: frozenset[dg.AssetKey] | None,
    checks: frozenset[dg.AssetCheckKey] | None,
    tags: Mapping[str, str],
    config: Mapping[str, object],
) -> dg.DagsterRun:
    """Write the run as the webserver would: its assets, its checks, its code location."""
    chosen = job
    if keys is not None:
        chosen = job.get_subset(asset_selection=keys, asset_check_selection=checks)
    plan = create_execution_plan(
        chosen,
        run_config=config,
        instance_ref=instance.get_ref() if instance.is_persistent else None,
        tags=tags,
    )
    return instance.create_run(
        job_name=chosen.name,
        run_id=None,
        run_config=config,
        status=None,
        tags={**chosen.run_tags, **tags},
        root_run_id=None,
        parent_run_id=None,
        step_keys_to_execute=plan.step_keys_to_execute,
        execution_plan_snapshot=snapshot_from_execution_plan(plan, chosen.get_job_snapshot_id()),
        job_snapshot=chosen.get_job_snapshot(),
        parent_job_snapshot=chosen.get_parent_job_snapshot(),
        asset_selection=keys,
        asset_check_selection=checks,
        resolved_op_selection=None,
        op_selection=None,
        remote_job_origin=repository_origin(get_settings()).get_job_origin(chosen.name),
        job_code_origin=None,
        asset_graph=chosen.asset_layer.asset_graph,
    )


def _was_interrupted(result: dg.JobExecutionResult) -> bool:
    """Return whether Ctrl-C ended the run: the framework counts that as one more failure."""
    return any(
        event.is_job_failure
        and event.job_failure_data.failure_reason is RunFailureReason.UNEXPECTED_TERMINATION
        for event in result.all_events
    )
