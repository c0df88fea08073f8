"""How long the UI's pages take and how long a line of a log is (D-11, D-12)."""

from __future__ import annotations

import json
import time
from collections import Counter

import psycopg
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from tests.e2e import graphql
from tests.e2e.conftest import Demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

GRAPH_SECONDS, PAGE_SECONDS = 3, 5
LONGEST_LINE = 2048  # bytes
# Log lines of a run: phases, tables and partitions in ranges; a line per row would be thousands.
MOST = 60
# What the UI shows of a run besides its events; a request for them also carries every event.
_LOGGED = """
select run_id, event::jsonb ->> 'user_message'
from event_logs
where dagster_event_type is null and event::jsonb ->> 'user_message' <> ''
"""

# What the page of the graph asks: nodes and edges, then the state of every node.
GRAPH = """
{assetNodes {
  id groupName assetKey {path} description kinds tags {key value} opNames jobNames
  isMaterializable isPartitioned isObservable computeKind opVersion hasMaterializePermission
  dependencyKeys {path} dependedByKeys {path} owners {... on UserAssetOwner {email}}
}}
"""
LIVE = """
{assetNodes {
  id assetKey {path} assetMaterializations(limit: 1) {timestamp runId}
  partitionStats {numMaterialized numMaterializing numPartitions numFailed}
  assetChecksOrError {... on AssetChecks {checks {
    name executionForLatestMaterialization {status evaluation {severity}}
  }}}
}}
"""
PAGE = """
query ($key: AssetKeyInput!) {assetNodeOrError(assetKey: $key) {... on AssetNode {
  description metadataEntries {label} partitionKeysByDimension {name partitionKeys}
  partitionStats {numMaterialized numPartitions numFailed}
  assetPartitionStatuses {... on TimePartitionStatuses {ranges {startKey endKey status}}}
  assetMaterializations(limit: 100) {
    partition timestamp runId metadataEntries {label description __typename}
  }
  assetChecksOrError {... on AssetChecks {checks {name description}}}
}}}
"""


def _seconds(demo: Demo, query: str, **variables: object) -> float:
    began = time.monotonic()
    graphql.ask(demo, query, **variables)
    return time.monotonic() - began


def test_the_graph_of_all_assets_and_their_state_loads_in_three_seconds(demo: Demo) -> None:
    # The first request after a start also loads the code location, and others use the machine.
    measured = (_seconds(demo, GRAPH) + _seconds(demo, LIVE) for _ in range(10))
    assert any(seconds < GRAPH_SECONDS for seconds in measured)


def test_the_page_of_an_hourly_asset_loads_in_five_seconds(demo: Demo) -> None:
    key = {"path": ["filplus", "unified_verified_deal_hourly"]}
    assert any(_seconds(demo, PAGE, key=key) < PAGE_SECONDS for _ in range(5))


def test_no_line_of_a_log_of_the_processes_is_longer_than_two_kilobytes(demo: Demo) -> None:
    long = {
        (log.name, number): len(line)
        for log in (demo.state / "services").glob("*.log")
        for number, line in enumerate(log.read_bytes().splitlines(), 1)
        if len(line) > LONGEST_LINE
    }
    assert long == {}


def test_a_run_logs_its_phases_and_not_its_rows(demo: Demo) -> None:
    server = EmbeddedServer(**json.loads((demo.state / "postgres.json").read_text()))
    with psycopg.connect(server.dsn("dagster")) as storage:
        logged = storage.execute(_LOGGED).fetchall()
    many = {run: lines for run, lines in Counter(run for run, _ in logged).items() if lines > MOST}
    long = {line[:80]: len(line) for _, line in logged if len(line.encode()) > LONGEST_LINE}
    assert len({run for run, _ in logged}) > 20
    assert (many, long) == ({}, {})
