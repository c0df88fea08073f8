"""What the definitions say of every asset, check and job: columns, versions, words (D-04…D-08)."""

from __future__ import annotations

import re

import dagster as dg
import pytest

pytestmark = pytest.mark.graph

COLUMNS = "dagster/column_schema"
# Described by comments in the database, which their runs tell (tests/e2e/test_every_asset.py).
DESCRIBED_IN_DATABASE = {
    "filplus/allocator_registry", "filplus/allocator_registry_archive",
    "filplus/allocator_client_bookkeeping", "filplus/edition5_audit_states",
    "filplus/edition5_audit_times", "filplus/edition5_pathways",
    "filplus/edition5_monthly_outcomes", "intermediate/client_provider_totals",
}  # fmt: skip
LARGEST_NUMBER_OF_JOBS = 15


def _made(graph: dg.AssetGraph) -> list:
    return [graph.get(key) for key in sorted(graph.materializable_asset_keys)]


def test_every_asset_that_is_made_has_the_version_of_its_code(graph: dg.AssetGraph) -> None:
    assert [n.key.to_user_string() for n in _made(graph) if not n.code_version] == []


def test_every_table_declares_its_columns_or_has_comments(graph: dg.AssetGraph) -> None:
    without = {node.key.to_user_string() for node in _made(graph) if COLUMNS not in node.metadata}
    assert without == DESCRIBED_IN_DATABASE


def test_every_declared_column_has_a_type_and_a_description(graph: dg.AssetGraph) -> None:
    bare = [
        f"{node.key.to_user_string()}.{column.name}"
        for node in _made(graph)
        if COLUMNS in node.metadata
        for column in node.metadata[COLUMNS].columns
        if not column.type or not column.description
    ]
    assert bare == []


def test_every_asset_has_a_check(graph: dg.AssetGraph) -> None:
    checked = {key.asset_key for key in graph.asset_check_keys}
    left = graph.materializable_asset_keys - checked
    assert sorted(key.to_user_string() for key in left) == []


def test_every_check_says_in_words_what_must_hold(graph: dg.AssetGraph) -> None:
    silent = [
        str(key)
        for key in graph.asset_check_keys
        if len((graph.get_check_spec(key).description or "").split()) < 4
    ]
    assert silent == []


def test_there_are_at_most_fifteen_jobs_and_each_is_described(defs: dg.Definitions) -> None:
    jobs = [defs.resolve_job_def(job.name) for job in defs.jobs or []]
    assert 0 < len(jobs) <= LARGEST_NUMBER_OF_JOBS
    assert [job.name for job in jobs if len((job.description or "").split()) < 4] == []


def test_every_field_of_a_config_form_is_described(defs: dg.Definitions) -> None:
    bare, seen = [], 0
    for job in defs.jobs or []:
        for node in defs.resolve_job_def(job.name).nodes:
            config = node.definition.config_schema.config_type
            for name, field in getattr(config, "fields", {}).items():
                seen += 1
                if not field.description:
                    bare.append(f"{job.name}: {node.name}.{name}")
    assert bare == []
    assert seen >= 4


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"kind": "provider", "entity": "f0300", "reason": "asked"}, "kind"),
        ({"kind": "client", "entity": "f0300"}, "reason"),
        ({"kind": "client", "entity": "f0300", "reason": "asked", "enity": "f0300"}, "enity"),
    ],
    ids=["a word that is none of the choices", "no reason", "an unknown field"],
)
def test_a_wrong_value_of_the_form_is_refused_before_launch(
    defs: dg.Definitions, config: dict[str, str], named: str
) -> None:
    job = defs.resolve_job_def("entity_report_job")
    with pytest.raises(dg.DagsterInvalidConfigError, match=re.escape(named)):
        dg.validate_run_config(job, {"ops": {"make_entity_report": {"config": config}}})


def test_an_asset_names_its_owner_as_an_address_or_a_team(graph: dg.AssetGraph) -> None:
    owners = {owner for node in _made(graph) for owner in node.owners}
    assert owners
    assert [owner for owner in owners if "@" not in owner and not owner.startswith("team:")] == []
