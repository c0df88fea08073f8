"""Read-only in fact: the role cannot write, a role that could is refused, claims do not leak."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from query_layer.auth.claims import ANONYMOUS
from query_layer.errors import ApiError, Code
from query_layer.read.database import Database, Reader, require_reader
from query_layer.settings import StartRefused
from tests.query_layer.client import Client, running
from tests.query_layer.test_limits import locked
from tests.query_layer.warehouse import PATH, Mart, Provider

pytestmark = pytest.mark.anyio

WRITES = [
    "insert into filplus.providers_weekly_acc values ('2026-11-02', 'f0666', 1, 1, 1)",
    "update filplus.providers_weekly_acc set total_deal_size = 0",
    "delete from filplus.providers_weekly_acc",
    "truncate filplus.providers_weekly_acc",
    "update ops.asset_version set version = 99",
    "create table api_v1.planted (n int)",
    "select ops.bump_version('filplus/providers_weekly_acc', 'planted')",
    "set role cdp_writer",
]


@pytest.mark.parametrize("write", WRITES)
def test_a_planted_write_fails_by_privilege_with_the_read_only_switch_off(
    mart: Mart, write: str
) -> None:
    mart.write_week([Provider("f01")])
    with psycopg.connect(mart.reader, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(write)
    assert mart.run("select provider, total_deal_size from filplus.providers_weekly_acc") == [
        ("f01", 2048)
    ]


@pytest.fixture
def role(mart: Mart) -> Iterator[str]:
    """A login role that may read the mart and nothing else; its address is ``address_of``."""
    mart.run("create role planted login password 'planted'")
    mart.run("grant usage on schema api_v1, filplus, ops to planted")
    yield "planted"
    mart.run("drop owned by planted")
    mart.run("drop role planted")


def address_of(mart: Mart, role: str) -> str:
    """Return the mart's address for a role whose password is its name."""
    return mart.reader.replace(mart.reader.split("//")[1].split("@")[0], f"{role}:{role}")


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        pytest.param("alter role planted superuser", "it is a superuser", id="superuser"),
        pytest.param("alter role planted bypassrls", "it bypasses row security", id="bypassrls"),
        pytest.param(
            "grant insert on filplus.providers_weekly_acc to planted",
            "it may write filplus.providers_weekly_acc",
            id="insert on the mart",
        ),
        pytest.param(
            "grant truncate on ops.runs to planted", "it may write ops.runs", id="truncate in ops"
        ),
        pytest.param("grant cdp_writer to planted", "it may write ", id="may become a writer"),
    ],
)
async def test_a_role_that_is_more_than_a_reader_is_refused(
    mart: Mart, role: str, grant: str, reason: str
) -> None:
    mart.run(grant)
    settings = mart.settings(database_url=address_of(mart, role))
    with pytest.raises(StartRefused) as caught:
        async with running(settings):
            pass
    assert f"the database role planted is not a reader, {reason}" in str(caught.value)
    assert "CDP_QUERY_ALLOW_WRITING_ROLE=on" in str(caught.value)


async def test_a_reader_is_let_in(mart: Mart, role: str) -> None:
    async def name(reader: Reader) -> str:
        return str((await reader.fetch("select current_user::text as name"))[0]["name"])

    database = Database(mart.settings(database_url=address_of(mart, role)))
    await database.open()
    await require_reader(database, mart.settings())
    assert await database.read(ANONYMOUS, name) == role
    await database.close()


async def test_with_the_development_switch_a_writing_role_still_cannot_write_here(
    mart: Mart,
) -> None:
    settings = mart.settings(database_url=mart.owner, allow_writing_role="on")
    async with running(settings) as client:

        async def write(reader: Reader) -> None:
            await reader.fetch("delete from ops.asset_catalog")

        with pytest.raises(ApiError) as caught:
            await client.service.database.read(ANONYMOUS, write)
    assert caught.value.code is Code.INTERNAL_ERROR
    assert getattr(caught.value.__cause__, "sqlstate", None) == "25006"  # read_only_sql_transaction


async def test_the_reader_sees_neither_landing_nor_staging(mart: Mart) -> None:
    with psycopg.connect(mart.reader) as connection:
        for schema in ("raw_dmob", "raw_url_finder", "staging", "intermediate"):
            [allowed] = connection.execute(
                "select has_schema_privilege(%s, 'usage')", [schema]
            ).fetchone() or [None]
            assert allowed is False, schema


async def test_claims_hold_in_their_transaction_and_not_after(mart: Mart) -> None:
    settings = mart.settings(pool_min=1, pool_max=1)
    partner = replace(
        ANONYMOUS,
        user_id="u1",
        role="partner",
        org_id="o1",
        introducer_id="i1",
        chains=("solana",),
        validators=None,
    )
    names = ["user_id", "role", "org_id", "introducer_id", "chains", "validators"]
    query = "select " + ", ".join(f"current_setting('app.{name}', true)" for name in names)

    async def look(reader: Reader) -> list[str]:
        return list((await reader.fetch(query))[0])

    async with running(settings) as client:
        inside = await client.service.database.read(partner, look)
        after = list(await client.service.database._pool.fetchrow(query))
        anonymous = await client.service.database.read(ANONYMOUS, look)
    assert inside == ["u1", "partner", "o1", "i1", '["solana"]', "null"]
    assert after == [""] * 6
    assert anonymous == ["", "anonymous", "", "", "[]", "[]"]


async def test_the_time_limits_hold_in_their_transaction(client: Client) -> None:
    async def look(reader: Reader) -> list[str]:
        shown = ("statement_timeout", "lock_timeout", "transaction_read_only")
        return [await reader.fetchval(f"show {name}") for name in shown]

    assert await client.service.database.read(ANONYMOUS, look) == ["5s", "1s", "on"]


async def test_identities_do_not_share_answers() -> None:
    other = replace(ANONYMOUS, introducer_id="i1")
    wider = replace(ANONYMOUS, scopes=ANONYMOUS.scopes | {"pnl:read"})
    assert len({claims.fingerprint for claims in (ANONYMOUS, other, wider)}) == 3


async def test_the_correlation_id_of_a_request_is_found_in_the_database(
    client: Client, mart: Mart
) -> None:
    with locked(mart):
        asking = asyncio.create_task(
            client.http.get(PATH, headers={"X-Correlation-ID": "find-me.1"})
        )
        for _ in range(1_000):
            found = await asyncio.to_thread(
                mart.run,
                "select usename from pg_stat_activity where application_name = 'find-me.1'",
            )
            if found:
                break
    assert found == [("api_ro",)]
    assert (await asking).status_code == 200
