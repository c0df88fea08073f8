"""The launcher of runs that are asked for in the UI, by schedules or sensors: it notes their host.

Code servers listen on loopback, so a run is executed where it is launched. With the process id that
the framework notes, others see whether a run lives before its first step wrote its own tag.
Belongs here: that note. Does not: what is made of it (``cdp_assets.core.runs.orphaned_runs``).
"""

from __future__ import annotations

import socket

import dagster as dg

from cdp_assets.core.dagster_compat import LaunchRunContext

HOST_TAG = "host"


class LocalRunLauncher(dg.DefaultRunLauncher):
    """Launches through the code server, as the framework does."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Note the host, then launch."""
        self._instance.add_run_tags(context.dagster_run.run_id, {HOST_TAG: socket.gethostname()})
        super().launch_run(context)
