"""A step that may be tried again after a failure is not tried again after a signal."""

from __future__ import annotations

import signal

import dagster as dg
import pytest

from cdp_assets.core.runs.in_process_runs import execute_here
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES, FailureRetries

_AT_ONCE = FailureRetries(max_retries=2, delay=0)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def _kinds(instance: dg.DagsterInstance) -> list[dg.DagsterEventType | None]:
    (run,) = instance.get_runs()
    return [entry.dagster_event_type for entry in instance.all_logs(run.run_id)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run(instance: dg.DagsterInstance, number: signal.Signals) -> None:
    @dg.asset(retry_policy=_AT_ONCE)
    def landing() -> None:
        signal.raise_signal(number)

    job = _job(landing)
    with pytest.raises(KeyboardInterrupt):
        execute_here(instance, job, [landing.key], [], tags={}, config={})
    kinds = _kinds(instance)
    assert dg.DagsterEventType.STEP_UP_FOR_RETRY not in kinds
    assert kinds.count(dg.DagsterEventType.STEP_START) == 1
    assert kinds[-1] is dg.DagsterEventType.RUN_FAILURE


def test_a_failure_is_tried_again(instance: dg.DagsterInstance) -> None:
    attempts: list[int] = []

    @dg.asset(retry_policy=_AT_ONCE)
    def landing() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise ValueError("busy")

    assert execute_here(instance, _job(landing), [landing.key], [], tags={}, config={}).success
    assert len(attempts) == 3


def test_sources_wait_longer_each_time() -> None:
    assert isinstance(SOURCE_RETRIES, FailureRetries)
    assert 15 <= SOURCE_RETRIES.calculate_delay(3) <= 40


def _job(landing: dg.AssetsDefinition) -> dg.JobDefinition:
    defs = dg.Definitions(assets=[landing], executor=dg.in_process_executor)
    return defs.resolve_implicit_global_asset_job_def()
