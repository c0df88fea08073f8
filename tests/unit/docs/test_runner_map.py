"""The page that maps the live platform's runners to our assets names each of them once."""

from __future__ import annotations

import re

import dagster as dg
import pytest

from cdp_assets.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs/reference/runner_map.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## Jobs apart")[0].splitlines()
    if re.match(r"\| [A-Z]\w+ \|", line) and not line.startswith("| Runner ")
]
WORDS = {
    type(None): "whole",
    dg.HourlyPartitionsDefinition: "hour",
    dg.DailyPartitionsDefinition: "day",
    dg.WeeklyPartitionsDefinition: "week",
}
MODELS = {p.stem for p in (PROJECT_ROOT / "dbt_project/models/marts/filplus").glob("*.sql")}


def test_thirty_runners_are_on_the_page_each_once() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) == 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_runner_says_its_asset_partition_time_and_what_changed(row: list[str]) -> None:
    runner, asset, partition, made, changed = row
    if asset == "none":
        assert f"`{runner}`" in PAGE.split("## Left out")[1]
    else:
        assert partition in ("whole", "hour", "day", "week")
        assert made
    assert len(changed.split()) >= 3


@pytest.mark.parametrize("row", [r for r in ROWS if r[1] != "none"], ids=lambda row: row[0])
def test_partition_and_times_of_a_runner_are_those_of_the_graph(
    row: list[str], defs: dg.Definitions
) -> None:
    _, assets, partition, made, _ = row
    repository = defs.get_repository_def()
    graph = repository.asset_graph
    for name in re.findall(r"`([^`]+)`", assets):
        key = dg.AssetKey(name.split("/"))
        assert WORDS[type(graph.get(key).partitions_def)] == partition
        jobs = {
            job.name
            for job in repository.get_all_jobs()
            if not job.name.startswith("__") and key in job.asset_layer.executable_asset_keys
        }
        makers = {s.name for s in repository.schedule_defs if s.job_name in jobs}
        if jobs & {target.job_name for target in _touched_hours(repository).targets}:
            makers.add("touched_hours_sensor")
        assert set(re.findall(r"`([^`]+)`", made)) == makers


def _touched_hours(repository: dg.RepositoryDefinition) -> dg.SensorDefinition:
    return repository.get_sensor_def("touched_hours_sensor")


def test_every_mart_of_ours_stands_for_a_runner_or_is_named_beside_one() -> None:
    own = {name for name in MODELS if f"filplus/{name}`" not in PAGE}
    assert own == set()
