"""A launched run says on which host it was launched, before its process exists."""

from __future__ import annotations

import socket
from pathlib import Path

import dagster as dg
import pytest

from cdp_assets.core.dagster_compat import InstanceRef, LaunchRunContext
from cdp_assets.core.runs.run_launcher import HOST_TAG, LocalRunLauncher


def test_the_host_is_noted_before_the_run_is_launched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher = {"module": "cdp_assets.core.runs.run_launcher", "class": "LocalRunLauncher"}
    ref = InstanceRef.from_dir(str(tmp_path), overrides={"run_launcher": launcher})
    launched: list[str | None] = []
    with dg.DagsterInstance.from_ref(ref) as instance:
        assert isinstance(instance.run_launcher, LocalRunLauncher)
        run = instance.add_run(dg.DagsterRun(job_name="any_job"))

        def launch(_: dg.DefaultRunLauncher, context: LaunchRunContext) -> None:
            found = instance.get_run_by_id(context.dagster_run.run_id)
            assert found is not None
            launched.append(found.tags.get(HOST_TAG))

        monkeypatch.setattr(dg.DefaultRunLauncher, "launch_run", launch)
        instance.run_launcher.launch_run(LaunchRunContext(dagster_run=run, workspace=None))
    assert launched == [socket.gethostname()]
