"""Launch a job that people launch in the UI from this process: same config, tags and record.

Scope: one launch; not here: arguments of the command line (``cdp_assets.cli``), the job.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from cdp_assets.core.runs.in_process_runs import execute_here
from cdp_assets.core.runs.orphaned_runs import PROCESS_TAG
from cdp_assets.core.runs.run_tags import REASON_TAG, TASK_TAG, USER_TAG
from resources.postgres.run_process import this_process
from resources.postgres.warehouse import Warehouse


def launch_job(
    instance: dg.DagsterInstance,
    definition: dg.JobDefinition,
    config: Mapping[str, object],
    *,
    user: str,
    reason: str,
) -> dg.JobExecutionResult:
    """Execute a job to its end; a failure is in the result.

    Args:
        instance: Where the run is recorded.
        definition: The job.
        config: As the launchpad takes it.
        user: Who launches it: an e-mail address.
        reason: Why.
    """
    tags = {
        USER_TAG: user,
        REASON_TAG: reason,
        TASK_TAG: definition.name,
        PROCESS_TAG: this_process(Warehouse()),
    }
    return execute_here(instance, definition, None, tags=tags, config=config)
