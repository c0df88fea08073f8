"""The dbt step of the weekly statistics: refused without its inputs, given the rules in force.

Scope: inputs of the weeks, rules in force in them; not here: the statements (the models
whose meta has the step ``weekly_statistics``). Python, because the rules are YAML
under version control and a missing input is refused before dbt starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from cdp_assets.core.dbt.assets import ModelStep, RunVariables, asset_key_of
from cdp_assets.filplus.compliance.week_inputs import require_week
from cdp_assets.filplus.reports.client_report import ReportClock
from cdp_assets.filplus.reports.report_store import record_rule_version
from cdp_assets.filplus.scoring.rules import load_rules
from cdp_assets.partitions import Window

AVERAGES = "filplus/retrievability_average_weekly"
SPS_COMPLIANCE = "filplus/allocator_sps_compliance_weekly"
HISTOGRAMS = "filplus/compliance_histogram_weekly"
SCORES = "filplus/allocator_score_weekly"
_WEEK = timedelta(days=7)


def statistics_variables(
    connection: psycopg.Connection,
    models: Sequence[Mapping[str, Any]],
    window: Window,
    as_of: datetime,
) -> RunVariables:
    """Return the rules in force in each week of the window; their versions are recorded.

    Args:
        connection: That commits each statement.
        models: Models of the run, as the manifest has them.
        window: The weeks.
        as_of: Clock of the run.

    Raises:
        MissingUpstream: An input of a week is missing or invalid, and the run does not build it.
        BadConfiguration: The rules were changed under a version that was used already.
    """
    built = {asset_key_of(model) for model in models}
    needed = {key for m in models for key in m["config"]["meta"]["inputs"]["by_week"]} - built
    rules = load_rules()
    found = []
    with connection.cursor() as cursor:
        start = window[0]
        while start < window[1]:
            require_week(cursor, (start, start + _WEEK), sorted(needed), ())
            # Weeks before the first version are compared by it, as the live platform does.
            in_force = rules.at(max(start.date(), rules.versions[0].effective_from))
            record_rule_version(cursor, in_force, ReportClock(as_of, as_of.date()))
            found.append(
                {
                    "week": f"{start:%Y-%m-%d}",
                    "version": in_force.version,
                    "high_score_percentage": str(in_force.derived.high_score_percentage),
                    "medium_score_percentage": str(in_force.derived.medium_score_percentage),
                    "compliant_score_share": str(in_force.derived.compliant_score_share),
                    "non_compliant_score_share": str(in_force.derived.non_compliant_score_share),
                }
            )
            start += _WEEK
    return RunVariables(as_of, {"rules_of_weeks": found})


# Of their own, because they read the weekly classes, which read the other weekly models.
WEEKLY_STATISTICS = ModelStep("weekly_statistics", "weekly", statistics_variables)
