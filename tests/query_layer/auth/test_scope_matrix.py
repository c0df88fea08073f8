"""The scope matrix: every role, every address of the registry, own rows, other's rows, no rows.

Generated from the registry, so that it grows with it. What a role should see is written from the
specifications' tables (``rights_world.expected``, ``test_roles.TABLE``), not from our policies.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
import pytest

from query_layer import registry
from query_layer.auth.roles import role_book
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.integration.stack import rights_world
from tests.integration.stack.rights_world import NOW, USERS, P, Q
from tests.query_layer.auth.people import bearer
from tests.query_layer.auth.people import token as token_of
from tests.query_layer.auth.test_roles import TABLE
from tests.query_layer.caller import unlimited
from tests.query_layer.client import Client, running
from tests.query_layer.conftest import database_with_mart
from tests.query_layer.warehouse import Mart

pytestmark = pytest.mark.anyio
PARTNERS = {"partner_p": P, "partner_q": Q}
# Of these only the name differs between what a partner asks for and what an unknown id gets.
_CHANGING = re.compile(r'"(correlationId|timestamp)":"[^"]*"')
_FILLED = {"chain_id": "alpha-net", "validator_key": "v1", "period_id": "1", "agreement_id": "x"}


class Address(NamedTuple):
    """One address of the registry.

    Attributes:
        path: With parameters in braces.
        parameters: A good value of each.
        scope: That it needs.
        asset_key: That it reads.
        export: Scope that a file of it needs beside; empty: it is no file.
    """

    path: str
    parameters: dict[str, str]
    scope: str
    asset_key: str
    export: str = ""

    def is_open_to(self, person: str) -> bool:
        """Return whether a person has the scopes."""
        scopes = scopes_of(person)
        is_file = not self.export or bool({"export", self.export} & scopes)
        return self.scope in scopes and is_file

    def of(self, introducer: uuid.UUID) -> str:
        """Return the address with the parameters of a partner."""
        filled = self.parameters | {"introducer_id": str(introducer)}
        return self.path.format_map(filled)


def addresses() -> list[Address]:
    """Return every address that serves an asset."""
    found = [
        Address(
            route.path,
            {p.name: _FILLED.get(p.name, p.example) for p in getattr(route, "parameters", ())},
            getattr(route, "asset", route).scope,
            getattr(route, "asset", route).key,
        )
        for route in getattr(registry, "ROUTES", registry.ASSETS.values())
    ]
    assert found
    files = [
        Address(
            f"/v1/export/{asset.name}",
            {},
            asset.scope,
            asset.key,
            "export:aggregates" if asset.is_aggregate else "export",
        )
        for asset in registry.ASSETS.values()
    ]
    return [*found, *files]


@pytest.fixture(scope="module")
def rights(server: EmbeddedServer, ready_template: str) -> Iterator[Mart]:
    """A full warehouse with two partners, and users of every role."""
    for mart in database_with_mart(server, ready_template):
        with psycopg.connect(mart.owner, autocommit=True) as connection:
            for chain in rights_world.CHAINS:
                connection.execute("select validators.add_chain(%s)", [chain])
            rights_world.insert(connection)
            connection.execute("update ops.clock set as_of = %s", [NOW])
            for role in set(TABLE) - set(rights_world.STAFF) - {"partner"}:
                connection.execute(
                    "insert into governance.users (user_id, email, role, created_at) "
                    "values (%s, %s, %s, %s)",
                    [_user(role), f"{role}@example.org", role, NOW],
                )
            connection.execute(
                "update governance.users set valid_from = %s where role = 'auditor'",
                [NOW - timedelta(days=1)],
            )
        yield mart


def _user(person: str) -> uuid.UUID:
    return USERS.get(person) or uuid.uuid5(uuid.NAMESPACE_URL, f"other {person}")


PEOPLE = ("anonymous", *rights_world.STAFF, *PARTNERS, "developer", "designer", "executor",
          "viewer", "executive")  # fmt: skip


def headers_of(person: str) -> dict[str, str]:
    """Return the credential of a person."""
    return {} if person == "anonymous" else bearer(token_of("any", sub=str(_user(person))))


def scopes_of(person: str) -> set[str]:
    """Return the scopes of a person by the table of query_layer.md §5.1."""
    if person == "anonymous":
        return {"cdp:read"}
    role = "partner" if person in PARTNERS else person
    return {*TABLE[role].split(), "catalog"}


@asynccontextmanager
async def serving(mart: Mart) -> Any:
    """Run the service over the rights world, without limits that a matrix would meet."""
    async with running(mart.settings(CDP_AS_OF=NOW.isoformat()), registry.ROUTES) as client:
        client.service.rate_limits.count = unlimited  # type: ignore[method-assign]
        yield client


@pytest.mark.parametrize("person", PEOPLE)
async def test_a_scope_decides_who_reaches_an_address(rights: Mart, person: str) -> None:
    async with serving(rights) as client:
        for address in addresses():
            answer = await client.http.get(address.of(P), headers=headers_of(person))
            if address.is_open_to(person):
                assert answer.status_code not in (401, 403, 500, 503), (address, answer.text)
            else:
                code = "TOKEN_MISSING" if person == "anonymous" else "SCOPE_DENIED"
                assert answer.json()["error"]["code"] == code, address
                assert answer.json()["data"] is None


async def _all_bodies(client: Client, person: str, introducer: uuid.UUID) -> dict[str, str]:
    """Return the body of every address that a person reaches."""
    bodies = {}
    for address in addresses():
        if address.is_open_to(person):
            answer = await client.http.get(address.of(introducer), headers=headers_of(person))
            bodies[address.path] = answer.text
    return bodies


@pytest.mark.parametrize("person", PARTNERS)
async def test_a_partner_is_shown_nothing_of_the_other(rights: Mart, person: str) -> None:
    own = PARTNERS[person]
    (other,) = set(PARTNERS.values()) - {own}
    marks = (str(other), f"agreement {other.int}", f"client {other.int}", f"account {other.int}")
    async with serving(rights) as client:
        bodies = await _all_bodies(client, person, own)
        shown = {path for path, body in bodies.items() if str(own) in body}
        for path, body in bodies.items():
            assert [mark for mark in marks if mark in body] == [], path
    with_partner = {
        address.path
        for address in addresses()
        if address.scope in ("commission:read", "agreement:read") and address.is_open_to(person)
    }
    assert bool(shown) == bool(with_partner)


@pytest.mark.parametrize("person", PARTNERS)
async def test_another_partner_is_as_unknown_as_no_partner(rights: Mart, person: str) -> None:
    own = PARTNERS[person]
    (other,) = set(PARTNERS.values()) - {own}
    nobody = uuid.UUID(int=99)
    async with serving(rights) as client:
        for address in addresses():
            if "introducer_id" not in address.parameters:
                continue
            answers = [
                await client.http.get(address.of(introducer), headers=headers_of(person))
                for introducer in (other, nobody)
            ]
            texts = [
                _CHANGING.sub("", answer.text.replace(str(who), "ID"))
                for answer, who in zip(answers, (other, nobody), strict=True)
            ]
            assert answers[0].status_code == answers[1].status_code
            assert texts[0] == texts[1], address


async def test_whoever_reads_partner_data_is_in_the_access_log(rights: Mart) -> None:
    rights.forget_reads()
    recorded = role_book().recorded
    wanted = {(a.of(P), a.asset_key) for a in addresses() if a.scope in recorded or a.export}
    async with serving(rights) as client:
        await _all_bodies(client, "admin", P)
    rows = rights.run("select resource, asset_key from audit.access_log")
    assert {tuple(row) for row in rows} == wanted


def _tables(mart: Mart) -> list[str]:
    """Return every table, leaf and view outside of the catalogue."""
    return [
        name
        for (name,) in mart.run(
            "select oid::regclass::text from pg_class where relkind in ('r', 'p', 'v') "
            "and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)' order by 1"
        )
    ]


def test_a_leaf_is_for_no_login(rights: Mart) -> None:
    leaves = [
        row[0]
        for row in rights.run("select inhrelid::regclass::text from pg_inherits i "
                              "join pg_class c on c.oid = inhrelid and c.relkind = 'r'")
    ]  # fmt: skip
    assert len(leaves) > 20
    for login in (rights.reader, rights.auth, rights.audit):
        with psycopg.connect(login, autocommit=True) as connection:
            for leaf in leaves:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select from {leaf} limit 1".encode())


def test_the_side_logins_read_no_table(rights: Mart) -> None:
    for login in (rights.auth, rights.audit):
        with psycopg.connect(login, autocommit=True) as connection:
            found = connection.execute(
                "select relname from pg_class where relkind in ('r', 'p', 'v') "
                "and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)' "
                "and has_any_column_privilege(oid, 'select')"
            ).fetchall()
        assert found == []


def test_in_sql_a_role_sees_the_rows_of_the_matrix_and_no_other(rights: Mart) -> None:
    """Every view of ``api_v1`` that a reader may select, with the claims of each person."""
    views = [name for name in _tables(rights) if name.startswith("api_v1.")]
    assert len(views) > 30
    statement = "select coalesce(json_agg(v)::text, '') from (select * from {} limit 1000) v"
    with psycopg.connect(rights.reader, autocommit=True) as connection:
        for person, partner in PARTNERS.items():
            (other,) = set(PARTNERS.values()) - {partner}
            marks = (str(other), f"agreement {other.int}", f"account {other.int}")
            with rights_world.session(connection, rights_world.Claims.of(person)):
                for view in views:
                    text = connection.execute(statement.format(view).encode()).fetchone()
                    assert not [mark for mark in marks if mark in str(text)], (person, view)
        for view in views:
            text = connection.execute(statement.format(view).encode()).fetchone()
            assert not [p for p in (P, Q) if str(p) in str(text)], view


async def test_an_executive_sees_results_of_validators_and_nothing_of_partners(
    rights: Mart,
) -> None:
    claims = rights_world.Claims(str(_user("executive")), "executive")
    seen = {}
    with (
        psycopg.connect(rights.reader, autocommit=True) as connection,
        rights_world.session(connection, claims),
    ):
        for table in ("validator_pnl", "canonical_periods", "fx_rates", "chain_registry",
                      "partner_commission_lines", "canonical_client_stakes"):  # fmt: skip
            found = connection.execute(f"select count(*) > 0 from validators.{table}".encode())
            seen[table] = found.fetchone() == (True,)
    assert [table for table, is_seen in seen.items() if not is_seen] == [
        "partner_commission_lines",
        "canonical_client_stakes",
    ]
