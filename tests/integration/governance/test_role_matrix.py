"""Every job of changes by every role: who is admitted, and which right the others lack.

One table, that of validator §12, decides; rows that name several jobs, and the role's word in a
cell, are read here alone. The gate of each launch is asked with real rows of users, and two real
launches show that jobs stand behind it.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import dagster as dg
import psycopg
import pytest
from pydantic import BaseModel

from cdp_assets.core.runs.launch_forms import read_form
from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.introducer_job import introducer_job
from cdp_assets.governance.people import NEEDS_PROOF, Right, Role, require_actor
from cdp_assets.settings import publish_environment
from tests.integration.governance.people_world import NOW, PeopleWorld, done, email_of, refusal

pytestmark = pytest.mark.integration
EXAMPLE = re.compile(r"`(\{.*?\})`")
# validator §12, the rows that jobs write.
TABLE = """
| Resource | admin | finance | ops | partner | auditor |
| Agreements, clients | RW | RW | – | R own | R |
| Overrides, approvals | RW | RW | – | – (final amounts only) | R |
| Commission lines, statements | R + release | R + release | R counts | R own; statements only RELEASED/PAID | R |
| Ingestion, recompute, health | run | recompute | run | – | R |
| Users | RW | – | – | – | R |
"""  # noqa: E501
WRITES = re.compile(r"RW|run|recompute|R \+ release")
ROW_OF_JOB = {
    "user_job": "Users",
    "organisation_job": "Users",
    "api_key_issue": "Users",
    "api_key_revoke": "Users",
    "introducer_job": "Agreements, clients",
    "agreement_job": "Agreements, clients",
    "client_mapping_job": "Agreements, clients",
    "override_job": "Overrides, approvals",
    "override_input_job": "Overrides, approvals",
    "acknowledge_job": "Overrides, approvals",
    "statement_job": "Commission lines, statements",
    "statement_export_job": "Commission lines, statements",
    "recompute_job": "Ingestion, recompute, health",
}
# Approve, release or pay: what issue C wants a proven identity for in production. A void takes a
# released statement back, so it is of the same weight.
PROVEN = {("statement_job", action) for action in ("approve", "release", "pay", "void")} | {
    ("override_input_job", "approve")
}


def _cells(table: str) -> dict[str, dict[str, str]]:
    """Return the cell of each row and role."""
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()]
    head, *body = [row for row in rows if len(row) == 6 and not row[0].startswith("---")]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}


def _launches(job: dg.JobDefinition) -> Iterator[tuple[str, Right]]:
    """Yield each action of a job and the right that its gate asks for, from the job's own step."""
    (step,) = job.graph.node_defs
    assert isinstance(step, dg.OpDefinition)
    gate = inspect.getclosurevars(step.compute_fn.decorated_fn).nonlocals  # type: ignore[union-attr]
    form: type[BaseModel] = gate["form"]
    right: Right | Callable[[Any], Right] = gate["right"]
    for example in EXAMPLE.findall(job.description or ""):
        config = {key: value for key, value in json.loads(example).items() if key != "reason"}
        field = form.model_fields.get("action")
        for action in (
            get_args(field.annotation) if field else [next(iter(config.get("change", [""])))]
        ):
            given = config | ({"action": action} if field else {})
            yield action, right if isinstance(right, Right) else right(read_form(form, given))


@pytest.fixture(scope="module")
def launches(definitions: dg.Definitions) -> list[tuple[str, str, Right]]:
    """Job, action and right of everything that a person can launch to change something."""
    jobs = [
        job
        for job in definitions.resolve_all_job_defs()
        if job.config_mapping is not None
        and "reason" in job.config_mapping.config_schema.config_type.fields  # type: ignore[union-attr]
    ]
    return [(job.name, action, right) for job in jobs for action, right in _launches(job)]


def _refused(connection: psycopg.Connection, role: str, right: Right, **proof: str) -> str | None:
    with connection.cursor() as cursor:
        try:
            actor = require_actor(cursor, email_of(role), right, NOW, **proof)
        except PermanentFailure as refused:
            return str(refused)
    assert actor.role == role
    return None


def test_the_table_is_the_pages(shared_data: Path) -> None:
    page = (shared_data.parent / "spec" / "validator.md").read_text()
    section = page.split("## 12.")[1].split("\n## ")[0]
    assert _cells(TABLE).items() <= _cells(section).items()


def test_every_job_is_of_a_row_and_every_action_is_reached(
    launches: list[tuple[str, str, Right]],
) -> None:
    assert {job for job, _, _ in launches} == ROW_OF_JOB.keys()
    assert set(ROW_OF_JOB.values()) == _cells(TABLE).keys()
    assert {(job, action) for job, action, _ in launches} >= PROVEN
    assert {right for _, _, right in launches} == set(Right)


def test_each_role_launches_what_its_cell_says_and_a_refusal_names_the_right(
    people: PeopleWorld, launches: list[tuple[str, str, Right]]
) -> None:
    cells = _cells(TABLE)
    for job, action, right in launches:
        for role in Role:  # a role that the table lacks may launch nothing
            cell = cells[ROW_OF_JOB[job]].get(role, "–")
            refused = _refused(people.connection, role, right)
            if WRITES.match(cell):
                assert refused is None, (job, action, role)
            else:
                lacks = f"which has no right to {right.replace('_', ' ')}"
                assert refused is not None, (job, action, role)
                assert lacks in refused
                assert email_of(role) in refused


def test_in_production_an_unproven_identity_neither_approves_nor_releases_nor_pays(
    people: PeopleWorld, launches: list[tuple[str, str, Right]]
) -> None:
    publish_environment({"CDP_ENVIRONMENT": "production", "CDP_AS_OF": NOW.isoformat()})
    for job, action, right in launches:
        refused = _refused(people.connection, Role.ADMIN, right)
        if (job, action) in PROVEN:
            assert "the identity is unproven" in str(refused), (job, action)
        else:
            assert refused is None, (job, action)
        assert _refused(people.connection, Role.ADMIN, right, proof="proxy") is None
        assert (right in NEEDS_PROOF) is ((job, action) in PROVEN)


def test_a_real_launch_is_admitted_and_refused_by_the_same_gate(people: PeopleWorld) -> None:
    config = {"action": "make", "name": "New Partners"}
    refused = people.launch(introducer_job, email_of(Role.AUDITOR), **config)
    assert "has the role auditor, which has no right to manage agreements" in refusal(refused)
    assert people.actions() == []
    assert done(people.launch(introducer_job, email_of(Role.FINANCE), **config))["introducer_id"]
    assert len(people.actions()) == 1
