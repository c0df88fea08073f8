"""What the UI shows of runs of the command line, and of the partitions of an hourly table."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from tests.e2e import graphql
from tests.e2e.conftest import Demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

HOURLY = "filplus/client_claims_hourly"
_TARGETS = """
{runsOrError {... on Runs {results {
  runId assetSelectionCount assetCheckSelectionCount tags {key value}
  repositoryOrigin {repositoryLocationName}
}}}}
"""
_PLOT = """
query ($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {... on AssetNode {
    partitionKeyConnection(limit: 48, ascending: false) {results}
    assetMaterializations(limit: 2000) {
      partition metadataEntries {label ... on IntMetadataEntry {intRepr}}
    }
  }}
}
"""


def test_every_run_shows_its_target_its_place_and_what_tells_it_apart(demo: Demo) -> None:
    runs = graphql.ask(demo, _TARGETS)["runsOrError"]["results"]
    assert len(runs) > 20
    without: dict[str, list[str]] = {}
    tasks = set()
    for run in runs:
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        lacking = []
        is_change = "reason" in tags  # by a person; it has no assets
        has_assets = run["assetSelectionCount"] or run["assetCheckSelectionCount"]
        if not is_change and not has_assets:
            lacking.append("target")
        if (run["repositoryOrigin"] or {}).get("repositoryLocationName") != "cdp":
            lacking.append("place")  # by which the timeline finds it
        if not tags.get("task") and not tags.get("dagster/backfill"):
            lacking.append("task")
        tasks.add(tags.get("task"))
        if lacking:
            without[run["runId"]] = lacking
    assert without == {}
    assert len(tasks) > 8


def test_the_plot_of_an_hourly_table_has_the_rows_of_each_hour(demo: Demo) -> None:
    node = graphql.ask(demo, _PLOT, key={"path": HOURLY.split("/")})["assetNodeOrError"]
    newest = node["partitionKeyConnection"]["results"]
    assert newest[0] == "2026-08-14-12:00", "no hour beyond the demo's clock"
    told: dict[str, int] = {}
    for made in node["assetMaterializations"]:  # newest first
        told.setdefault(made["partition"], _rows(made))
    with _warehouse(demo) as connection:
        stored = dict(
            connection.execute(
                "select to_char(hour, 'YYYY-MM-DD-HH24:MI'), count(*)::int "
                "from filplus.client_claims_hourly group by 1"
            ).fetchall()
        )
    shown = {key: told.get(key) for key in newest}
    assert shown == {key: stored.get(key, 0) for key in newest}
    assert len(set(shown.values())) > 1, "each hour has its own number"


def _rows(made: dict[str, Any]) -> int:
    labels = {entry["label"]: entry.get("intRepr") for entry in made["metadataEntries"]}
    return int(labels["dagster/partition_row_count"])


def _warehouse(demo: Demo) -> psycopg.Connection:
    server = EmbeddedServer(**json.loads((demo.state / "postgres.json").read_text()))
    return psycopg.connect(server.dsn("warehouse"))
