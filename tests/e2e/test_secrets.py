"""Planted secrets come up nowhere: not in logs, pages, event log or tables (U-32)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

from tests.e2e import graphql
from tests.e2e.conftest import Demo
from tests.e2e.demo_run import cdp, processes_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

PASSWORD = "canary-database-5b1f"
TOKEN = "canary-solana-77c2"
# Files that exist to hold an address with its password; only their owner may read them.
KEEPERS = {"pgpass", "postgres.json"}
PERIODS = "validators/solana_mainnet/canonical_periods"
PAGES = """
{
  instance {info}
  repositoriesOrError {... on RepositoryConnection {nodes {
    allTopLevelResourceDetails {name description configuredValues {key value type} configFields {name description}}
  }}}
  runsOrError(limit: 20) {... on Runs {results {
    runId runConfigYaml tags {key value}
    eventConnection {events {
      ... on MessageEvent {message}
      ... on ExecutionStepFailureEvent {error {message stack cause {message stack}} failureMetadata {metadataEntries {label ... on TextMetadataEntry {text}}}}
      ... on RunFailureEvent {error {message stack}}
    }}
  }}}
}
"""  # noqa: E501 - GraphQL


@dataclass(frozen=True)
class Used:
    """A demo whose processes use planted secrets, and what they said."""

    demo: Demo
    secrets: tuple[str, ...]
    said: str


@pytest.fixture(scope="module")
def used(demo: Demo) -> Used:
    """Restart everything with planted secrets, refresh well and badly, and well at the end.

    The services stay as they are: every test of the demo that needs others starts them. The table
    does not, as its newest run would show no check.
    """
    server = json.loads((demo.state / "postgres.json").read_text())
    address = f"127.0.0.1:{server['port']}"
    simulator = f"127.0.0.1:{demo.environment['CDP_SIMULATOR_PORT']}"
    environment = {
        **demo.environment,
        "DATABASE_URL": f"postgresql://canary:{PASSWORD}@{address}/warehouse",
        "CDP_QUERY_DATABASE_URL": f"postgresql://api_ro:{server['api_ro_password']}@{address}/warehouse",
        "CDP_SOLANA_RPC_URL": f"http://canary:{TOKEN}@{simulator}/solana",
        "CDP_HTTP_TRIES": "2",
        "CDP_HTTP_BACKOFF_SECONDS": "0.01",
    }
    _make_role(server)
    said = [cdp(demo.environment, "down").text, cdp(demo.environment, "migrate", "--status").text]
    up = cdp(environment, "up")
    assert up.code == 0, up.text
    good = cdp(environment, "refresh", "--select", PERIODS)
    assert good.code == 0, good.text
    # A refusal, as it is not tried again.
    fault = {"kind": "status", "path": "/solana", "status": 403}
    httpx.post(demo.url("SIMULATOR", "/control/faults"), json=fault, timeout=10).raise_for_status()
    bad = cdp(environment, "refresh", "--select", PERIODS)
    assert bad.code == 1, bad.text
    httpx.delete(demo.url("SIMULATOR", "/control/faults"), timeout=10).raise_for_status()
    wrong = environment["DATABASE_URL"].replace("canary:", "nobody-such:")
    refused = cdp({**environment, "DATABASE_URL": wrong}, "refresh", "--select", PERIODS)
    assert refused.code == 1, refused.text
    said += [up.text, good.text, bad.text, refused.text, cdp(environment, "config").text]
    secrets = (PASSWORD, TOKEN, server["password"], server["api_ro_password"])
    again = cdp(environment, "refresh", "--select", PERIODS)
    assert again.code == 0, again.text
    return Used(demo, secrets, "\n".join([*said, cdp(environment, "status").text]))


def test_the_terminal_shows_no_secret(used: Used) -> None:
    assert [secret for secret in used.secrets if secret in used.said] == []


def test_the_terminal_of_a_wrong_password_shows_a_sentence_and_no_traceback(used: Used) -> None:
    assert "Traceback" not in used.said


def test_no_log_and_no_file_but_those_made_for_it_holds_a_secret(used: Used) -> None:
    files = [path for path in used.demo.state.rglob("*") if path.is_file()]
    logs = [path for path in files if path.name not in KEEPERS and "data" not in path.parts]
    assert len(logs) > 10
    assert [path for path in logs if _holds(path, used.secrets)] == []


def test_files_made_to_hold_a_secret_are_for_their_owner_alone(used: Used) -> None:
    found = [path for path in used.demo.state.rglob("*") if path.name in KEEPERS]
    assert len(found) == len(KEEPERS)
    assert [path for path in found if path.stat().st_mode & 0o077] == []


def test_no_command_line_holds_a_secret(used: Used) -> None:
    lines = processes_of(used.demo.environment)
    assert len(lines) >= 6
    assert [line for line in lines if any(secret in line for secret in used.secrets)] == []


def test_no_page_of_the_ui_shows_a_secret(used: Used) -> None:
    text = json.dumps(graphql.ask(used.demo, PAGES))
    assert "warehouse" in text
    assert PERIODS.replace("/", '"') not in used.secrets
    assert [secret for secret in used.secrets if secret in text] == []


def test_no_page_of_the_query_layer_shows_a_secret(used: Used) -> None:
    paths = ("/health", "/health/ready", "/health/ingestion", "/docs")
    urls = [used.demo.url("QUERY", path) for path in paths]
    urls.append(used.demo.url("QUERY_METRICS", "/metrics"))
    text = "".join(httpx.get(url, timeout=30).text for url in urls)
    assert [secret for secret in used.secrets if secret in text] == []


@pytest.mark.parametrize("database", ["warehouse", "dagster"])
def test_no_row_of_any_table_holds_a_secret(used: Used, database: str) -> None:
    server = json.loads((used.demo.state / "postgres.json").read_text())
    with _connect(server, database) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 20
        found = [
            (table, secret)
            for schema, table in tables
            for secret in used.secrets
            if connection.execute(
                sql.SQL("select exists (select from {} t where t::text like %s)").format(
                    sql.Identifier(schema, table)
                ),
                [f"%{secret}%"],
            ).fetchone()
            != (False,)
        ]
    assert found == []


def _holds(path: Path, secrets: tuple[str, ...]) -> bool:
    content = path.read_bytes()
    return any(secret.encode() in content for secret in secrets)


def _make_role(server: dict[str, str]) -> None:
    with _connect(server, "postgres") as connection:
        connection.execute(
            sql.SQL("create role canary superuser login password {}").format(sql.Literal(PASSWORD))
        )


def _connect(server: dict[str, str], database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host="127.0.0.1",
        port=server["port"],
        user="postgres",
        password=server["password"],
        dbname=database,
        autocommit=True,
    )
