"""The unit tests of the models, run by dbt itself over a warehouse as migrations leave it."""

from __future__ import annotations

import pytest

from resources.dbt_runner import DbtRunner, NodeResult, require_manifest

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def results(shared_ready_dsn: str) -> dict[str, NodeResult]:
    """What each unit test did, by name."""
    done = DbtRunner()._invoke("test", shared_ready_dsn, ["test_type:unit"], {}, print)
    return {result.unique_id.rsplit(".", 1)[1]: result for result in done}


def test_every_unit_test_of_the_models_passes(results: dict[str, NodeResult]) -> None:
    assert {name: r.message for name, r in results.items() if r.status != "pass"} == {}
    declared = {unit["name"] for unit in require_manifest()["unit_tests"].values()}
    assert set(results) == declared


def test_every_model_with_a_rule_has_a_unit_test() -> None:
    manifest = require_manifest()
    tested = {unit["model"] for unit in manifest["unit_tests"].values()}
    models = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] != "api_v1"
    }
    assert models - tested == set()
