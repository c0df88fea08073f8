"""The launcher of runs from the UI, schedules and sensors: it tags them with their host.

Code servers listen on loopback, so a run is executed on the host that launches it. Host and the
process id that the framework records show whether a run is alive before its first step writes its
own tag. Scope: that tag; not here: its use (``cdp_assets.core.runs.orphaned_runs``).
"""

from __future__ import annotations

import socket

import dagster as dg

from cdp_assets.core.dagster_compat import LaunchRunContext

HOST_TAG = "host"


class LocalRunLauncher(dg.DefaultRunLauncher):
    """Launches through the code server, as the framework does."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Tag the run with the host, then launch it."""
        self._instance.add_run_tags(context.dagster_run.run_id, {HOST_TAG: socket.gethostname()})
        super().launch_run(context)
