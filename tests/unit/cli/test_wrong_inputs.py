"""What a new user may get wrong: one sentence each, before anything is started."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from cdp_assets.cli import app as cli
from cdp_assets.cli.terminal import sentence_of
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.unit.cli.conftest import Cdp


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["migrate", "--down", "-1"], "greater than or equal to 1"),
        (["migrate", "--down", "0"], "greater than or equal to 1"),
        (["simulate", "--deals", "0"], "greater than or equal to 1"),
        (["simulate", "--deals", "9", "--clients", "-1"], "greater than or equal to 1"),
        (
            ["simulate", "--deals", "9", "--start", "2026-03-01", "--end", "2026-01-01"],
            "--start must be before --end",
        ),
        (["simulate", "--deals", "9", "--database", ""], "--database must be a name"),
        (["simulate", "--deals", "9", "--database", "a b"], "--database must be a name"),
        (["demo", "--deals", "0"], "greater than or equal to 1"),
        (["reproduce-score", "--date", "yesterday"], "does not match the formats"),
        (["score-diff", "one", "2"], "valid integer"),
    ],
)
def test_a_value_that_cannot_be_is_wrong_usage(
    cdp: Cdp, state: Path, arguments: list[str], sentence: str
) -> None:
    answer = cdp(*arguments)
    assert answer.code == 2
    assert sentence in " ".join(answer.err.replace("│", " ").split())
    assert not state.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["refresh"], "no source configured. Hint: set DMOB_DATABASE_URL"),
        (["refresh", "--select", "group:filplus_weekly"], "no source configured. Hint"),
        (["refresh", "--select", "filplus/provider_weekly"], "did you mean filplus/providers_week"),
        (["refresh", "--select", ""], "the selection matches no asset"),
        (["refresh", "--select", "group:nothing"], "the selection matches no asset"),
        (
            ["backfill", "filplus/provider_weekly", "--from", "2026-08-03", "--to", "2026-08-10"],
            "did you mean filplus/providers_weekly",
        ),
        (
            ["backfill", "raw_dmob/verifier", "--from", "2026-08-03", "--to", "2026-08-10"],
            "raw_dmob/verifier: the asset has no time partitions",
        ),
    ],
)
def test_a_refresh_of_nothing_is_refused_before_anything_starts(
    cdp: Cdp, state: Path, arguments: list[str], sentence: str
) -> None:
    answer = cdp(*arguments)
    assert answer.code == 1
    assert sentence in answer.err
    assert len(answer.err.splitlines()) == 1
    assert not state.exists()


@pytest.mark.parametrize("command", ["up", "migrate", "demo", "clean --confirm yes"])
def test_a_state_folder_that_cannot_be_made_is_one_sentence(
    cdp: Cdp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "file").write_text("here")
    publish_environment({"CDP_STATE_DIR": str(tmp_path / "file")})
    monkeypatch.setattr("cdp_assets.stack.doctor.is_manifest_current", lambda: True)
    answer = cdp(*command.split())
    assert answer.code == 1
    assert str(tmp_path / "file") in answer.err
    assert "CDP_STATE_DIR" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_more_migrations_than_there_are_cannot_be_undone(
    cdp: Cdp, warehouse_dsn: str, server: EmbeddedServer
) -> None:
    publish_environment(
        {"DATABASE_URL": warehouse_dsn, "CDP_DAGSTER_DATABASE_URL": server.dsn("postgres")}
    )
    answer = cdp("migrate", "--down", "99")
    assert answer.code == 1
    assert "migrations are applied, so 99 cannot be undone" in answer.err
    with psycopg.connect(warehouse_dsn) as connection:
        assert connection.execute("select count(*) from ops.schema_version").fetchone() == (1,)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--database", "postgres"], "the database holds tables of ours"),
        (["--providers", "200000"], "no such source can be simulated: at most 180000 providers"),
        (["--start", "2023-01-01", "--end", "2024-01-01"], "end in the current edition"),
    ],
)
def test_a_source_that_cannot_be_is_not_simulated(
    cdp: Cdp, server: EmbeddedServer, arguments: list[str], sentence: str
) -> None:
    dsn = server.dsn("postgres")
    publish_environment({"DATABASE_URL": dsn, "CDP_DAGSTER_DATABASE_URL": dsn})
    answer = cdp("simulate", "--deals", "10", *arguments)
    assert answer.code == 1
    assert sentence in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (BadConfiguration("no URL", key="CDP_X", hint="set it"), "CDP_X: no URL. Hint: set"),
        (PermissionError(13, "Permission denied", "/srv/x"), "/srv/x: Permission denied. Hint: "),
        (psycopg.OperationalError("gone\n  away"), "the database does not respond (gone). Hint: "),
        (errors.UndefinedTable("no table"), "UndefinedTable: no table. Hint: the database"),
        (KeyError("provider"), "KeyError: 'provider'. Hint: this is a defect of ours"),
        (ValueError(), "ValueError: no message. Hint: this is a defect of ours"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_is_a_sentence(error: Exception, sentence: str) -> None:
    assert sentence_of(error).startswith(sentence)


@pytest.mark.parametrize(("level", "has_stack"), [("info", False), ("debug", True)])
def test_a_defect_shows_its_stack_only_to_those_who_ask(
    cdp: Cdp, monkeypatch: pytest.MonkeyPatch, level: str, has_stack: bool
) -> None:
    def fail() -> None:
        raise KeyError("provider")

    monkeypatch.setattr(cli, "_settings", fail)
    publish_environment({"LOG_LEVEL": level})
    answer = cdp("status")
    assert answer.code == 1
    assert answer.err.startswith("cdp: KeyError: 'provider'. Hint: this is a defect of ours")
    assert ("Traceback" in answer.err) is has_stack
