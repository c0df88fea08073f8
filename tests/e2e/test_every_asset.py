"""What the UI shows of every asset, check and run of a demo (D-03, D-04, D-05, D-09).

Belongs here: what holds for all of them. Does not: what one asset holds (its own tests).
"""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cdp_assets.cli.cli_session import load_definitions
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.e2e import graphql
from tests.e2e.conftest import Demo
from tests.text_claims import belied_texts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

NUMBERS = {
    "dagster/row_count": "IntMetadataEntry",
    "dagster/partition_row_count": "IntMetadataEntry",
    "rows_inserted": "IntMetadataEntry",
    "rows_updated": "IntMetadataEntry",
    "rows_deleted": "IntMetadataEntry",
    "bytes": "IntMetadataEntry",
    "data_version": "IntMetadataEntry",
    "duration_seconds": "FloatMetadataEntry",
}
TEXTS = {
    "source_watermark": "TimestampMetadataEntry",
    "code_version": "TextMetadataEntry",
    "docs": "PathMetadataEntry",
    "dagster/relation_identifier": "TextMetadataEntry",
}
_ALSO_WRITTEN_BY_PEOPLE = {"validators/partner_commission_statements"}  # drafts of a running month
COLUMNS, LINEAGE = "dagster/column_schema", "dagster/column_lineage"
FIVE_MARTS = (
    "unified_verified_deal_hourly",
    "client_provider_distribution_weekly",
    "providers_weekly_acc",
    "allocators_weekly_acc",
    "client",
)


@pytest.fixture(scope="module")
def assets(demo: Demo) -> dict[str, dict[str, Any]]:
    """Every asset that the demo made, by key."""
    return {_key(node["assetKey"]): node for node in graphql.made_assets(demo)}


def _key(asset_key: dict[str, Any]) -> str:
    return "/".join(asset_key["path"])


def _labels(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {entry["label"]: entry for entry in entries}


def _told(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the labels of the newest materialization."""
    (newest,) = node["assetMaterializations"]
    return _labels(newest["metadataEntries"])


def _evaluations(assets: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        f"{key}:{check['name']}": {
            **check["executionForLatestMaterialization"]["evaluation"],
            "rule": check["description"],
        }
        for key, node in assets.items()
        for check in node["assetChecksOrError"].get("checks", [])
        if (check["executionForLatestMaterialization"] or {}).get("evaluation")
    }


def _faults(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {key: faults for key, faults in found.items() if faults}


def test_the_demo_made_every_asset(assets: dict[str, dict[str, Any]]) -> None:
    assert len(assets) > 60
    assert [key for key, node in assets.items() if not node["assetMaterializations"]] == []


def test_every_materialization_tells_rows_size_time_version_and_links(
    assets: dict[str, dict[str, Any]],
) -> None:
    found = {}
    for key, node in assets.items():
        told = _told(node)
        found[key] = [
            f"{label}: {told.get(label, {}).get('__typename', 'absent')}"
            for label, kind in {**NUMBERS, **TEXTS}.items()
            if told.get(label, {}).get("__typename") != kind
        ]
    assert _faults(found) == {}


def test_a_partitioned_asset_tells_its_window_and_no_other_does(
    assets: dict[str, dict[str, Any]],
) -> None:
    expected = {
        "TIME_WINDOW": {"window_start", "window_end"},
        "DYNAMIC": {"first_period", "last_period"},
        None: set[str](),
    }
    wrong = {}
    for key, node in assets.items():
        kind = (node["partitionDefinition"] or {}).get("type")
        told = {"window_start", "window_end", "first_period", "last_period"} & set(_told(node))
        if told != expected[kind]:
            wrong[key] = (kind, told)
    assert wrong == {}


def test_the_version_told_is_that_of_the_definition(assets: dict[str, dict[str, Any]]) -> None:
    wrong = {
        key: (node["opVersion"], _told(node)["code_version"]["text"])
        for key, node in assets.items()
        # A table by piece adds the code of the weeks that it is moved by.
        if not _told(node)["code_version"]["text"].startswith(node["opVersion"] or "none")
    }
    assert wrong == {}


def test_rows_told_are_the_rows_of_the_table_and_bytes_its_size(
    demo: Demo, assets: dict[str, dict[str, Any]]
) -> None:
    wrong = {}
    with _warehouse(demo) as connection:
        for key, node in assets.items():
            told, relation = _told(node), key.split("/")
            if len(relation) > 2 or key in _ALSO_WRITTEN_BY_PEOPLE:
                continue  # a chain shares its table with others
            row = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(*relation))
            ).fetchone()
            assert row is not None
            if int(told["dagster/row_count"]["intRepr"]) != row[0]:
                wrong[key] = (told["dagster/row_count"]["intRepr"], row[0])
            assert (row[0] > 0) <= (int(told["bytes"]["intRepr"]) > 0), key
    assert wrong == {}


def test_a_mart_with_a_view_links_to_it_and_one_with_an_endpoint_to_that(
    demo: Demo, assets: dict[str, dict[str, Any]]
) -> None:
    with _warehouse(demo) as connection:
        views = {
            row[0]
            for row in connection.execute(
                "select table_name from information_schema.views where table_schema = 'api_v1'"
            )
        }
    linked = {
        key.split("/")[-1]: told["view"]["text"]
        for key, told in ((key, _told(node)) for key, node in assets.items())
        if "view" in told
    }
    tables = {key.split("/")[-1] for key in assets}
    assert linked == {name: f"api_v1.{name}" for name in views & tables}
    endpoint = _told(assets["filplus/providers_weekly_acc"])["endpoint"]["url"]
    assert endpoint == demo.url("QUERY", "/v1/storage-providers")


def test_every_column_of_every_table_has_a_type_and_a_description(
    assets: dict[str, dict[str, Any]],
) -> None:
    found = {}
    for key, node in assets.items():
        labels = {**_labels(node["metadataEntries"]), **_told(node)}
        columns = labels.get(COLUMNS, {}).get("schema", {}).get("columns", [])
        found[key] = [c["name"] for c in columns if not c["type"] or not c["description"]]
        found[key] += [] if columns else ["no columns"]
    assert _faults(found) == {}


@pytest.mark.parametrize("mart", FIVE_MARTS)
def test_the_columns_of_a_mart_say_which_columns_they_come_from(
    assets: dict[str, dict[str, Any]], mart: str
) -> None:
    node = assets[f"filplus/{mart}"]
    told = {row["columnName"]: row["columnDeps"] for row in _told(node)[LINEAGE]["lineage"]}
    columns = {c["name"] for c in _labels(node["metadataEntries"])[COLUMNS]["schema"]["columns"]}
    assert set(told) <= columns
    assert len(told) >= len(columns) / 2
    upstream = {_key(dep["assetKey"]) for deps in told.values() for dep in deps}
    assert upstream & set(assets)


def test_every_check_was_evaluated_and_says_what_it_found(
    assets: dict[str, dict[str, Any]],
) -> None:
    graph = load_definitions().resolve_asset_graph()
    made = [graph.get(key).assets_def for key in graph.materializable_asset_keys]
    own = {f"{k.asset_key.to_user_string()}:{k.name}" for a in made for k in a.check_keys}
    never = [
        name
        for key, node in assets.items()
        for check in node["assetChecksOrError"].get("checks", [])
        if (name := f"{key}:{check['name']}") in own  # the daily ones wait for their job
        and not (check["executionForLatestMaterialization"] or {}).get("evaluation")
    ]
    assert len(own) > 90
    assert never == []
    found = {}
    for key, evaluation in _evaluations(assets).items():
        told = _labels(evaluation["metadataEntries"])
        found[key] = [label for label in ("failing_rows", "samples", "sql") if label not in told]
        if not evaluation["description"] or not evaluation["rule"]:
            found[key].append("no description")
    assert _faults(found) == {}


def test_a_check_that_did_not_pass_counts_what_broke_it_and_shows_at_most_five(
    assets: dict[str, dict[str, Any]],
) -> None:
    wrong, warned = {}, 0
    for key, evaluation in _evaluations(assets).items():
        told = _labels(evaluation["metadataEntries"])
        samples = json.loads(told["samples"]["jsonString"])
        failing = int(told["failing_rows"]["intRepr"])
        warned += not evaluation["success"]
        if len(samples) > 5 or len(samples) > failing or (failing and not samples):
            wrong[key] = (failing, samples)
        if evaluation["success"] and failing:
            wrong[key] = (failing, "passed")
    assert wrong == {}
    assert warned > 0


def test_the_sql_of_every_check_runs_as_it_is_shown(
    demo: Demo, assets: dict[str, dict[str, Any]]
) -> None:
    broken = {}
    with _warehouse(demo) as connection:
        for key, evaluation in _evaluations(assets).items():
            text = _labels(evaluation["metadataEntries"])["sql"]["mdStr"]
            statement = text.removeprefix("```sql\n").removesuffix("\n```")
            try:
                connection.execute(f"explain {statement}".encode())
            except psycopg.Error as error:
                broken[key] = str(error)
                connection.rollback()
    assert broken == {}


def test_every_run_is_tagged_with_user_source_version_and_partition(demo: Demo) -> None:
    runs = graphql.runs(demo)
    assert len(runs) > 20
    wrong = {}
    for run in runs:
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        # What a person changes does not come from the source of deals.
        wanted = {"user", "reason"} if "reason" in tags else {"user", "source_version"}
        if {"dagster/partition", "dagster/asset_partition_range_start"} & set(tags):
            wanted.add("partition")
        if missing := {tag for tag in wanted if not tags.get(tag)}:
            wrong[run["runId"]] = missing
    assert wrong == {}


def test_no_text_of_a_column_is_belied_by_a_row(demo: Demo) -> None:
    with _warehouse(demo) as connection:
        assert belied_texts(connection) == {}


def _warehouse(demo: Demo) -> psycopg.Connection:
    server = EmbeddedServer(**json.loads((demo.state / "postgres.json").read_text()))
    return psycopg.connect(server.dsn("warehouse"))
