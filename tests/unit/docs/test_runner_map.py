"""The page that maps the live platform's runners to our assets names each of them once."""

from __future__ import annotations

import re

import dagster as dg
import pytest

from cdp_assets.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs/reference/runner_map.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## Separate jobs")[0].splitlines()
    if re.match(r"\| [A-Z]\w+ \|", line) and not line.startswith("| Runner ")
]
WORDS = {
    type(None): "none",
    dg.HourlyPartitionsDefinition: "hour",
    dg.DailyPartitionsDefinition: "day",
    dg.WeeklyPartitionsDefinition: "week",
}
MODELS = {p.stem for p in (PROJECT_ROOT / "dbt_project/models/marts/filplus").glob("*.sql")}


def test_thirty_runners_are_on_the_page_each_once() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) == 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_runner_has_its_asset_partition_triggers_and_what_changed(row: list[str]) -> None:
    runner, asset, partition, triggers, changed = row
    if asset == "not implemented":
        assert f"`{runner}`" in PAGE.split("## Not implemented")[1]
    else:
        assert partition in WORDS.values()
        assert triggers
    assert changed


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r[1] != "not implemented"], ids=lambda row: row[0]
)
def test_partition_and_times_of_a_runner_are_those_of_the_graph(
    row: list[str], defs: dg.Definitions
) -> None:
    _, assets, partition, triggers, _ = row
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
        expected = {s.name for s in repository.schedule_defs if s.job_name in jobs}
        late_data = repository.get_sensor_def("late_data_sensor")
        if jobs & {target.job_name for target in late_data.targets}:
            expected.add(late_data.name)
        assert set(re.findall(r"`([^`]+)`", triggers)) == expected


def test_every_mart_is_on_the_page() -> None:
    own = {name for name in MODELS if f"filplus/{name}`" not in PAGE}
    assert own == set()
