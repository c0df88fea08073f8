"""Governance's part of the code location: the jobs about people."""

from __future__ import annotations

import dagster as dg

from cdp_assets.governance.introducer_job import introducer_job
from cdp_assets.governance.user_job import user_job


def build_definitions() -> dg.Definitions:
    """Return the jobs about users and partners."""
    return dg.Definitions(jobs=[user_job, introducer_job])
