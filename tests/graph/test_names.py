"""Keys of assets, jobs, schedules and sensors against a list: a change of a name is a decision."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

pytestmark = pytest.mark.graph
SNAPSHOT = Path(__file__).with_name("names.txt")


def _names(defs: dg.Definitions, graph: dg.AssetGraph) -> str:
    repository = defs.get_repository_def()
    lines = [
        *(f"asset {key.to_user_string()}" for key in graph.get_all_asset_keys()),
        *(f"check {key.to_user_string()}" for key in graph.asset_check_keys),
        *(f"job {name}" for name in repository.job_names if not name.startswith("__")),
        *(f"schedule {schedule.name}" for schedule in repository.schedule_defs),
        *(f"sensor {sensor.name}" for sensor in repository.sensor_defs),
    ]
    return "\n".join(sorted(lines)) + "\n"


def test_names_are_those_of_the_list(defs: dg.Definitions, graph: dg.AssetGraph) -> None:
    assert _names(defs, graph) == SNAPSHOT.read_text()
