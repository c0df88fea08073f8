"""Every job of changes refuses a user without its right; `cdp job` launches one and waits."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from cdp_assets.cli.app import main
from cdp_assets.settings import publish_environment
from tests.integration.governance.people_world import PeopleWorld, email_of, refusal

pytestmark = pytest.mark.integration
EXAMPLE = re.compile(r"`(\{.*?\})`")
Cdp = Callable[..., tuple[int, str, str]]


def _change_jobs(definitions: dg.Definitions) -> list[dg.JobDefinition]:
    """Return the jobs whose config has a reason beside the fields of a form."""
    return [
        job
        for job in definitions.resolve_all_job_defs()
        if job.config_mapping is not None
        and "reason" in job.config_mapping.config_schema.config_type.fields  # type: ignore[union-attr]
    ]


def test_every_job_of_changes_refuses_a_user_without_its_right(
    people: PeopleWorld, warehouse_dsn: str, definitions: dg.Definitions
) -> None:
    publish_environment({"DATABASE_URL": warehouse_dsn})
    jobs = _change_jobs(definitions)
    assert {"user_job", "agreement_job", "override_job", "override_input_job"} < {
        job.name for job in jobs
    }
    for job in jobs:
        config = json.loads(EXAMPLE.findall(job.description or "")[0])
        result = job.execute_in_process(
            run_config=config, tags={"user": email_of("viewer")}, raise_on_error=False
        )
        assert "has the role viewer, which has no right to" in refusal(result), job.name
    assert people.actions() == []


@pytest.fixture
def cdp(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cdp:
    """Call a command; return its exit code and what it wrote."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cdp", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_cdp_job_waits_and_ends_with_0_1_or_2(
    instance: dg.DagsterInstance, cdp: Cdp, tmp_path: Path, ready_dsn: str
) -> None:
    path = tmp_path / "user.yaml"
    path.write_text("action: make\nemail: ann@example.org\nrole: admin\n")
    arguments = ("job", "user_job", "--user", "root", "--reason", "the first admin")
    code, out, _ = cdp(*arguments, "--config", str(path))
    assert code == 0
    assert "email: ann@example.org" in out.splitlines()
    (run,) = instance.get_runs()
    assert (run.tags["user"], run.tags["reason"]) == ("root", "the first admin")
    code, _, err = cdp(*arguments, "--config", str(path))
    assert code == 1
    assert err.splitlines()[-1].startswith("cdp: root: is not a known user. Hint: ")
    path.write_text("action: make\nemail: ann@example.org\nrole: king\n")
    code, _, err = cdp(*arguments, "--config", str(path))
    assert code == 2
    assert "role not in enum type" in " ".join(err.replace("│", " ").split())
    path.write_text("action: make\nemail: ann@example.org\nrole: partner\n")
    code, _, err = cdp(*arguments, "--config", str(path))
    assert code == 2
    said = "introducer_id: a partner's user needs introducer_id, a user of another role has none."
    assert said in " ".join(err.replace("│", " ").split())
    assert cdp(*arguments[:-1], "short", "--config", str(path))[0] == 2
    assert cdp("job", "user_jb", "--user", "root", "--reason", "the first admin")[0] == 2
    assert instance.get_runs_count() == 2
    with psycopg.connect(ready_dsn) as connection:
        assert connection.execute("select count(*) from audit.log").fetchone() == (1,)
