"""Rules of house_style §4 that every model keeps, read from the manifest and the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from resources.dbt_runner import PROJECT_DIR, make_manifest, require_manifest

pytestmark = pytest.mark.graph

MODELS = PROJECT_DIR / "models"
Node = dict[str, Any]
# What each layer reads. A mart that Python builds is a dbt source, read like any other.
READS = {
    "staging": {"source", "source of marts"},
    "intermediate": {"staging", "intermediate", "marts"},
    "marts": {"staging", "intermediate", "marts"},
    "api": {"marts", "source of marts", "source of decisions"},
}
MART_SCHEMAS = {"filplus", "validators"}
# What people decided and what runs did: jobs write these tables, no layer is built on them.
DECISION_SCHEMAS = {"governance", "audit", "ops"}
# Sums and shares of rows that a view works out, with the rule of that view: no table holds them.
VIEWS_OVER_VIEWS = {
    "api__scores_summary_by_metric": "api__allocator_score_groups",
    "api__dashboard_shares": "api__allocator_score_shares",
}


@pytest.fixture(scope="module")
def tables() -> list[Node]:
    """Every model that is a table."""
    make_manifest()
    nodes = require_manifest()["nodes"].values()
    found = [n for n in nodes if n["config"]["materialized"] == "incremental"]
    assert len(found) >= 8
    return found


def test_every_model_has_a_yml_of_its_own_beside_it() -> None:
    alone = [path.name for path in MODELS.rglob("*.sql") if not path.with_suffix(".yml").exists()]
    assert alone == []


def test_each_layer_reads_the_one_below(tables: list[Node]) -> None:
    """Landed rows are renamed and cast in one place; what is built on them never goes around it."""
    manifest = require_manifest()
    layers = {n["unique_id"]: n["fqn"][1] for n in manifest["nodes"].values()}
    for source in manifest["sources"].values():
        kind = "source of marts" if source["schema"] in MART_SCHEMAS else "source"
        if source["schema"] in DECISION_SCHEMAS:
            kind = "source of decisions"
        layers[source["unique_id"]] = kind
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    assert len(models) > len(tables)
    around = [
        f"{model['name']} reads {upstream}"
        for model in models
        for upstream in model["depends_on"]["nodes"]
        if layers[upstream] not in READS[model["fqn"][1]]
        and upstream.split(".")[-1] != VIEWS_OVER_VIEWS.get(model["name"])
    ]
    assert around == []


def test_a_staging_model_is_one_plain_select() -> None:
    """Postgres does not merge a subquery that has CTEs of its own with the query around it.

    The look-up of the first client of an index, 15 ms over 200,000 events, read and sorted all of
    them for each client: 45 s.
    """
    for path in (MODELS / "staging").rglob("*.sql"):
        assert path.read_text(encoding="utf-8").startswith("select"), path.name


def test_names_tell_the_layer(tables: list[Node]) -> None:
    for path in (MODELS / "staging").rglob("*.sql"):
        assert re.fullmatch(rf"stg_{path.parent.name}__[a-z_]+", path.stem), path.name
    for node in tables:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", node["name"]), node["name"]
        if node["schema"] == "filplus" and "snapshot" not in node["tags"]:
            assert re.search(r"_(hourly|daily|weekly|weekly_acc)$", node["name"]), node["name"]


def test_a_description_opens_with_the_grain(tables: list[Node]) -> None:
    assert [n["name"] for n in tables if not n["description"].startswith("One row per ")] == []


def test_contracts_are_enforced_and_every_column_is_typed_and_described(
    tables: list[Node],
) -> None:
    for node in tables:
        assert node["config"]["contract"]["enforced"], node["name"]
        assert node["config"]["on_schema_change"] == "fail", node["name"]
        assert node["config"]["full_refresh"] is False, node["name"]
        for column in node["columns"].values():
            assert column["data_type"], (node["name"], column["name"])
            assert column["description"], (node["name"], column["name"])


def test_the_key_is_that_of_the_contract_and_no_part_of_it_may_be_null(
    tables: list[Node],
) -> None:
    for node in tables:
        key = node["config"]["meta"]["primary_key"]
        (constraint,) = (c for c in node["constraints"] if c["type"] == "primary_key")
        assert constraint["columns"] == key, node["name"]
        if "snapshot" in node["tags"]:
            assert node["config"]["incremental_strategy"] == "snapshot_rewrite", node["name"]
        else:
            assert node["config"]["meta"]["partition"]["column"] in key, node["name"]
        for name in key:
            kinds = {c["type"] for c in node["columns"][name]["constraints"]}
            assert "not_null" in kinds, (node["name"], name)


def test_the_window_comes_from_one_macro() -> None:
    """A model that names the variables itself could read another window than it deletes."""
    for path in MODELS.rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""var\(["'](min_date|max_date|as_of)""", text), path.name


@pytest.mark.parametrize("path", sorted(MODELS.rglob("*.sql")), ids=lambda path: path.stem)
def test_the_sql_keeps_the_house_style(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    code = [re.sub(r"--.*|'[^']*'|\{\{.*?\}\}|\{%.*?%\}", "", line) for line in lines]
    text = "\n".join(code)
    assert text == text.lower()
    assert "\t" not in text
    assert not re.search(r"\bright join\b|(?<!inner )(?<!left )(?<!full )(?<!cross )\bjoin\b", text)
    assert not re.search(r"group by 1(, \d)*, [5-9]", text)
    for line, bare in zip(lines, code, strict=True):
        if "select distinct" in bare:
            assert "--" in line, line
    if "with " in text and path.parent.name != "api":
        assert lines[-1] == "select * from final"


def test_values_that_sums_are_made_of_are_never_floats(tables: list[Node]) -> None:
    for node in tables:
        for name, column in node["columns"].items():
            if re.search(r"size|num_of|claims", name):
                assert column["data_type"] in ("bigint", "integer", "boolean"), (node["name"], name)
