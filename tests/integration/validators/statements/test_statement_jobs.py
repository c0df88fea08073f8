"""The jobs and commands as people launch them, the monthly draft, exports and proofs."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from pathlib import Path

import dagster as dg
import pytest
from pypdf import PdfReader

from cdp_assets.core.planning.domain_plan import PlanningContext
from cdp_assets.settings import publish_environment
from cdp_assets.validators.statements.documents.merkle_proof import is_proven
from cdp_assets.validators.statements.documents.verification import verify_statement
from cdp_assets.validators.statements.statement_asset import build_statement_asset
from cdp_assets.validators.statements.statement_job import build_statement_jobs
from cdp_assets.validators.statements.statement_plan import StatementPlan, stale_months
from cdp_assets.validators.statements.statement_store import STATEMENTS_KEY
from cdp_assets.validators.statements.states import Status
from tests.integration.validators.statements.statement_world import (
    ANN,
    CHAIN,
    NOW,
    P1,
    P2,
    REASON,
    StatementWorld,
    user_id,
)


def launch(
    world: StatementWorld, name: str, user: str, **config: object
) -> dg.ExecuteInProcessResult:
    """Launch a job in this process, as one person."""
    (job,) = [job for job in build_statement_jobs(world.registry) if job.name == name]
    return job.execute_in_process(
        run_config={**config, "reason": REASON},
        resources={"warehouse": world.warehouse},
        tags={"user": user},
        raise_on_error=False,
    )


def test_a_launch_drafts_and_another_exports(earned: StatementWorld, tmp_path: Path) -> None:
    publish_environment({"CDP_STATE_DIR": str(tmp_path)})
    target = {"introducer_id": str(P1), "chain_id": CHAIN, "month": "2025-08"}
    assert launch(earned, "statement_job", ANN, action="draft", **target).success
    assert not launch(earned, "statement_job", "ops@x.org", action="submit", **target).success
    ((statement_id, content),) = earned.query(
        "select statement_id::text, content_hash from validators.partner_commission_statements "
        "where status = 'DRAFT'"
    )
    assert launch(earned, "statement_export_job", ANN, statement_id=statement_id).success
    table, document = sorted((tmp_path / "statements").iterdir())
    assert table.name == f"{CHAIN}_2025-08_{P1}_r1.csv"
    rows = list(csv.DictReader(StringIO(table.read_text(), newline="")))
    assert [row["amount_native"] for row in rows if row["row"] == "TOTAL"] == ["60"]
    pages = [page.extract_text() for page in PdfReader(BytesIO(document.read_bytes())).pages]
    assert content in pages[0]
    assert all(row["line_id"] in pages[0] for row in rows)
    ((action, actor, files),) = earned.query(
        "select action, actor_id, after -> 'files' from audit.log order by seq desc limit 1"
    )
    assert (action, actor) == ("EXPORT_STATEMENT", user_id(ANN))
    assert set(files) == {table.name, document.name}


def test_the_monthly_draft_is_for_every_partner_and_leaves_decisions_alone(
    earned: StatementWorld,
) -> None:
    earned.add_agreement("B", P2)
    earned.compute_again()
    with earned.warehouse.connect() as connection:
        assert stale_months(connection, earned.registry, NOW) == ["2025-08"]
    found = earned.draft_months("2025-07", "2025-08", "2025-09")
    assert [(one.statement.introducer_id, one.statement.total_native) for one in found] == [
        (P1, 60),
        (P2, 0),
    ]
    assert earned.audit() == [("CREATE_STATEMENT", "scheduler")] * 2
    with earned.warehouse.connect() as connection:
        assert stale_months(connection, earned.registry, NOW) == []
    assert not any(one.is_changed for one in earned.draft_months("2025-08"))
    earned.release()
    earned.earn("840", {"V1": 11})
    with earned.warehouse.connect() as connection:
        assert stale_months(connection, earned.registry, NOW) == ["2025-08"]
    (left,) = earned.draft_months("2025-08")
    assert (left.statement.introducer_id, left.is_changed) == (P2, False)


def test_a_statement_is_verified_and_proven(earned: StatementWorld) -> None:
    earned.add_agreement("B", P2)
    earned.compute_again()
    first, second = earned.release(), earned.release(partner=P2)
    with earned.warehouse.connect() as connection, connection.cursor() as cursor:
        found = [verify_statement(cursor, one.statement_id) for one in (first, second)]
    assert [list(one.problems) for one in found] == [[], []]
    assert found[0].root == found[1].root
    for one in found:
        assert one.root
        assert one.proof
        assert is_proven(one.statement.content_hash, one.proof, one.root)


def test_a_statement_that_was_tampered_with_is_found(earned: StatementWorld) -> None:
    statement = earned.release()
    earned.run(
        "alter table validators.partner_statement_items disable trigger refuse_item_change; "
        "update validators.partner_statement_items set amount_native = amount_native + 1"
    )
    with earned.warehouse.connect() as connection, connection.cursor() as cursor:
        found = verify_statement(cursor, statement.statement_id)
    assert len(found.problems) == 2
    assert found.statement.status is Status.RELEASED


def test_the_command_prints_root_and_proof(
    earned: StatementWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    from cdp_assets.cli.statement_commands import verify_statement as command

    statement = earned.do("draft")
    publish_environment({"DATABASE_URL": earned.dsn})
    command(statement.statement_id)
    shown = capsys.readouterr().out
    assert "proof: none, the statement is not released" in shown
    assert shown.endswith("verified\n")


def test_the_asset_is_materialized_for_a_range_of_months_with_its_checks(
    earned: StatementWorld,
) -> None:
    definitions = dg.Definitions(
        [build_statement_asset(earned.registry)], resources={"warehouse": earned.warehouse}
    )
    with dg.DagsterInstance.ephemeral() as instance:
        context = PlanningContext(
            definitions.resolve_asset_graph(),
            instance,
            earned.warehouse,
            {dg.AssetKey(STATEMENTS_KEY.split("/"))},
        )
        planned = next(StatementPlan(earned.registry).runs(context))
        assert (planned.first, planned.last, planned.partitions) == ("2025-08", "2025-08", 1)
        result = dg.materialize(
            [build_statement_asset(earned.registry)],
            partition_key=planned.first,
            resources={"warehouse": earned.warehouse},
            instance=instance,
        )
        assert [check.passed for check in result.get_asset_check_evaluations()] == [True] * 3
        assert earned.query(
            "select total_native from validators.partner_commission_statements"
        ) == [(60,)]
        assert list(StatementPlan(earned.registry).runs(context)) == []
