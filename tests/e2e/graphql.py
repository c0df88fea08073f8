"""What the Dagster UI is asked and told, over the same GraphQL that its pages use.

Belongs here: queries and mutations by name. Does not: what is expected of the answers (the tests).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from tests.e2e.conftest import Demo

_RUNS = """
query ($filter: RunsFilter) {
  runsOrError(filter: $filter) {... on Runs {results {runId status tags {key value}}}}
}
"""
_STORAGES = """
{
  runs: runIdsOrError(limit: 1) {... on RunIds {results}}
  events: assetRecordsOrError(limit: 1) {... on AssetRecordConnection {assets {id}}}
  schedules: autoMaterializeTicks(limit: 1) {id}
}
"""
_LAUNCH = """
mutation ($parameters: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $parameters) {
    __typename
    ... on LaunchBackfillSuccess {backfillId}
    ... on PythonError {message}
  }
}
"""
_BACKFILL = """
query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill {status numPartitions runs {runId status tags {key value}}}
  }
}
"""
_LABELS = """
label __typename
... on IntMetadataEntry {intRepr} ... on FloatMetadataEntry {floatValue}
... on TextMetadataEntry {text} ... on TimestampMetadataEntry {timestamp}
... on UrlMetadataEntry {url} ... on PathMetadataEntry {path}
... on MarkdownMetadataEntry {mdStr} ... on JsonMetadataEntry {jsonString}
... on TableSchemaMetadataEntry {schema {columns {name type description}}}
... on TableColumnLineageMetadataEntry {
  lineage {columnName columnDeps {assetKey {path} columnName}}
}
"""
_ASSETS = """
{assetNodes {
  assetKey {path} isMaterializable isPartitioned opVersion
  partitionDefinition {type}
  metadataEntries {LABELS}
  assetMaterializations(limit: 1) {metadataEntries {LABELS}}
  assetChecksOrError {... on AssetChecks {checks {
    name description
    executionForLatestMaterialization {evaluation {
      success severity description metadataEntries {LABELS}
    }}
  }}}
}}
""".replace("LABELS", _LABELS)
_INSTIGATORS = """
{repositoriesOrError {... on RepositoryConnection {nodes {
  schedules {name defaultStatus executionTimezone scheduleState {status}}
  sensors {name defaultStatus sensorState {status}}
}}}}
"""


def ask(demo: Demo, query: str, **variables: Any) -> Any:
    """Return the data of an answer.

    Raises:
        AssertionError: The answer tells of errors.
    """
    body = {"query": query, "variables": variables}
    answer = httpx.post(demo.url("UI", "/graphql"), json=body, timeout=60).json()
    assert "errors" not in answer, answer
    return answer["data"]


def runs(demo: Demo, **run_filter: Any) -> list[dict[str, Any]]:
    """Return runs, newest first."""
    found = ask(demo, _RUNS, filter=run_filter)["runsOrError"]["results"]
    assert isinstance(found, list)
    return found


def ask_every_storage(demo: Demo) -> None:
    """Ask something of runs, of events and of schedules: each is read over its own connections.

    Raises:
        AssertionError: One of them does not respond.
    """
    found = ask(demo, _STORAGES)
    assert found["runs"]["results"], found
    assert found["events"]["assets"], found
    assert isinstance(found["schedules"], list), found


def made_assets(demo: Demo) -> list[dict[str, Any]]:
    """Return what the UI knows of every asset that is made: definition, newest event, checks."""
    return [node for node in ask(demo, _ASSETS)["assetNodes"] if node["isMaterializable"]]


def launch_backfill(demo: Demo, asset_key: str, partitions: Sequence[str]) -> str:
    """Launch a backfill of one asset, as the dialogue of its page does; return its id."""
    parameters = {
        "assetSelection": [{"path": asset_key.split("/")}],
        "partitionNames": list(partitions),
        "fromFailure": False,
        "tags": [{"key": "user", "value": "somebody@example.org"}],
    }
    answer = ask(demo, _LAUNCH, parameters=parameters)["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    return str(answer["backfillId"])


def backfill(demo: Demo, backfill_id: str) -> dict[str, Any]:
    """Return status, number of partitions and runs of a backfill."""
    found = ask(demo, _BACKFILL, id=backfill_id)["partitionBackfillOrError"]
    assert isinstance(found, dict)
    return found


def instigators(demo: Demo) -> list[dict[str, Any]]:
    """Return every schedule and sensor with its default and its present state."""
    (node,) = ask(demo, _INSTIGATORS)["repositoriesOrError"]["nodes"]
    return [*node["schedules"], *node["sensors"]]
