"""Row security: each role sees the rows of validator §12, by a login of the query layer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.integration.stack import rights_world as world
from tests.integration.stack.rights_world import USERS, Claims, Row, json_list, session

pytestmark = pytest.mark.integration
Rows = dict[str, list[Row]]
PARTNERS = ("partner_p", "partner_q")
# What two partners on one chain both see: facts of the chain, without validator or partner.
OF_THE_CHAIN = {"validators.chain_registry", "validators.canonical_periods", "validators.fx_rates"}
COVERAGE = [
    f"governance.ctx_{covered}"
    for covered in (
        "ranges",
        "accounts_of_periods",
        "validators_of_periods",
        "periods",
        "released_statements",
    )
]
_SCOPED = """
select n.nspname || '.' || c.relname as name, c.relrowsecurity and c.relforcerowsecurity
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema$)'
    and exists (
        select
        from pg_attribute a
        where a.attrelid = c.oid and not a.attisdropped and a.attname in (
            'chain_id', 'introducer_id', 'validator_key', 'allowed_chain_ids', 'staker_address'
        )
    )
"""

# How far each chain is, without validator, partner or amount: health routes read it without claims.
OPEN_TO_HEALTH = {"ops.chain_progress"}


@pytest.fixture(scope="module")
def dsn(server: EmbeddedServer, migrated_template: str) -> Iterator[str]:
    """A warehouse with two chains, one of them added after the migrations, and the world."""
    yield from fresh_database(server, migrated_template)


@pytest.fixture(scope="module")
def rows(dsn: str) -> Rows:
    """The rows of the world by table."""
    with psycopg.connect(dsn) as connection:
        for chain in world.CHAINS:
            connection.execute("select validators.add_chain(%s)", [chain])
        connection.execute(f"update ops.clock set as_of = '{world.NOW.isoformat()}'".encode())
        written = world.insert(connection)
    del written["governance.range_numbers"]  # granted to no reader
    return written


@pytest.fixture(scope="module")
def reader(server: EmbeddedServer, dsn: str, rows: Rows) -> Iterator[psycopg.Connection]:
    """A login as the query layer has it. Only staging is granted for the test: no reader has it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"alter role api_ro password '{server.api_ro_password}'".encode())
        connection.execute("grant usage on schema staging to api_ro")
        connection.execute("grant select on staging.staging_payloads to api_ro")
    address = server.dsn(dsn.rpartition("/")[2], user="api_ro")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def seen(reader: psycopg.Connection, claims: Claims | None, rows: Rows) -> dict[str, object]:
    """Return what a session with claims sees of each table."""
    with session(reader, claims) as connection:
        return {table: world.visible(connection, table, of) for table, of in rows.items()}


def test_every_secured_table_has_rows_in_this_world(dsn: str, rows: Rows) -> None:
    with psycopg.connect(dsn) as connection:
        secured = connection.execute(
            "select oid::regclass::text from pg_class where relrowsecurity and not relispartition"
        ).fetchall()
    assert {table for (table,) in secured} - rows.keys() == {"governance.range_numbers"}


@pytest.mark.parametrize("person", USERS)
def test_a_role_sees_the_rows_of_the_matrix(
    reader: psycopg.Connection, rows: Rows, person: str
) -> None:
    found = seen(reader, Claims.of(person), rows)
    for table, of in rows.items():
        wanted = [row for row in of if world.expected(table, person, row)]
        assert found[table] == world.as_seen(of, wanted), table


@pytest.mark.parametrize("person", USERS)
def test_a_scope_takes_away_the_chains_and_validators_that_it_does_not_name(
    reader: psycopg.Connection, rows: Rows, person: str
) -> None:
    claims = Claims.of(person)._replace(chains='["alpha-net"]', validators='["v1", "v4"]')
    found = seen(reader, claims, rows)
    for table, of in rows.items():
        wanted = [
            row
            for row in of
            if world.expected(table, person, row)
            and row.get("chain_id", "alpha-net") == "alpha-net"
            and (table not in _WITH_VALIDATOR or row.get("validator_key") in ("v1", "v4"))
        ]
        assert found[table] == world.as_seen(of, wanted), table


_WITH_VALIDATOR = {
    "validators.canonical_validator_identities", "validators.canonical_validator_fees",
    "validators.canonical_validator_mev", "validators.canonical_validator_meta",
    "validators.canonical_stake_rewards", "validators.canonical_client_stakes",
    "validators.validator_pnl", "validators.partner_commission_lines",
    # The total of a statement is a sum over validators.
    "validators.partner_statement_items", "validators.partner_commission_statements",
    "validators.reconciliation_reports",
    "staging.staging_payloads", "governance.overrides",
}  # fmt: skip


def test_i15_what_two_partners_see_is_disjoint(reader: psycopg.Connection, rows: Rows) -> None:
    of_p, of_q = (seen(reader, Claims.of(person), rows) for person in PARTNERS)
    shared = {table for table in rows if of_p[table] & of_q[table]}  # type: ignore[operator]
    assert shared == OF_THE_CHAIN
    assert sum(bool(found) for found in of_p.values()) > 14


ALL = Claims.of("admin")
NO_ROWS = {
    "no claims": None,
    "no user": ALL._replace(user_id=None),
    "no role": ALL._replace(role=None),
    "an unknown role": ALL._replace(role="owner"),
    "an unknown user": ALL._replace(user_id=str(uuid.UUID(int=9))),
    "a user that is no id": ALL._replace(user_id="1 or true"),
    "a partner without introducer": ALL._replace(role="partner"),
    "a partner whose introducer is no id": ALL._replace(role="partner", introducer_id="x"),
}
NO_SCOPED_ROWS = {
    "no chains": ALL._replace(chains=None),
    "an empty list of chains": ALL._replace(chains="[]"),
    "chains that are no list": ALL._replace(chains="alpha-net"),
    "chains as an object": ALL._replace(chains='{"alpha-net": 1}'),
}


@pytest.mark.parametrize("claims", NO_ROWS.values(), ids=NO_ROWS)
def test_a_missing_claim_shows_no_row(
    reader: psycopg.Connection, rows: Rows, claims: Claims | None
) -> None:
    found = seen(reader, claims, rows)
    assert [table for table, of in found.items() if of] == []


@pytest.mark.parametrize("claims", NO_SCOPED_ROWS.values(), ids=NO_SCOPED_ROWS)
def test_without_a_chain_no_row_of_a_chain_is_shown(
    reader: psycopg.Connection, rows: Rows, claims: Claims
) -> None:
    found = seen(reader, claims, rows)
    assert [t for t, of in found.items() if of and "chain_id" in rows[t][0]] == []
    assert found["governance.users"]


@pytest.mark.parametrize("validators", [None, "[]", "v1", "{}"])
def test_without_a_validator_no_row_of_a_validator_is_shown(
    reader: psycopg.Connection, rows: Rows, validators: str | None
) -> None:
    found = seen(reader, ALL._replace(validators=validators), rows)
    assert [table for table in _WITH_VALIDATOR if found[table]] == []
    assert found["validators.canonical_periods"]


@pytest.mark.parametrize(
    "change",
    [
        "is_active = false",
        "disabled_at = '{now}'",
        "valid_until = '{now}'",
        "valid_from = '{later}'",
    ],
)
def test_a_user_who_may_not_act_sees_no_row(
    dsn: str, reader: psycopg.Connection, rows: Rows, change: str
) -> None:
    later = world.NOW + timedelta(hours=1)
    set_to = change.format(now=world.NOW.isoformat(), later=later.isoformat())
    with psycopg.connect(dsn, autocommit=True) as owner:
        for person in ("auditor", "partner_p", "admin"):
            key = [USERS[person]]
            before = owner.execute("select u from governance.users u where user_id = %s", key)
            assert before.fetchone() is not None
            owner.execute(f"update governance.users set {set_to} where user_id = %s".encode(), key)
            try:
                found = seen(reader, Claims.of(person), rows)
            finally:
                owner.execute(
                    "update governance.users set is_active = true, disabled_at = null, "
                    "valid_from = %s, valid_until = %s where user_id = %s",
                    [world.NOW - timedelta(1), world.NOW + timedelta(1), *key],
                )
            assert [table for table, of in found.items() if of] == []


def test_every_table_of_chains_partners_and_validators_is_secured(dsn: str, rows: Rows) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("select validators.add_chain('gamma-net')")
        found = dict(connection.execute(_SCOPED).fetchall())
        connection.rollback()
    assert {name for name, is_secured in found.items() if not is_secured} == OPEN_TO_HEALTH
    assert "validators.validator_pnl__gamma_net" in found
    assert "staging.staging_mev" in found
    assert len(found) > 40


def test_a_leaf_is_granted_to_no_reader_and_shows_no_more_than_its_parent(
    dsn: str, reader: psycopg.Connection, rows: Rows
) -> None:
    leaf, parent = "validators.validator_pnl__alpha_net", "validators.validator_pnl"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f"select from {leaf}".encode())
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"grant select on {leaf} to api_ro".encode())
        try:
            for person in USERS:
                with session(reader, Claims.of(person)):
                    through_leaf = world.visible(reader, leaf, rows[parent])
                    of_chain = world.visible(reader, parent, rows[parent])
                wanted = {row: n for row, n in of_chain.items() if row[0] == "alpha-net"}
                assert through_leaf == wanted
            assert not world.visible(reader, leaf, rows[parent])
        finally:
            owner.execute(f"revoke select on {leaf} from api_ro".encode())


@pytest.mark.parametrize("role", ["cdp_owner", "cdp_writer"])
def test_the_pipeline_sees_and_writes_every_row(dsn: str, rows: Rows, role: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(f"set role {role}")
        for table, of in rows.items():
            assert world.visible(connection, table, of) == world.as_seen(of, of), table
        connection.execute(
            "update validators.canonical_validator_fees set is_current = false, "
            "superseded_at = recorded_at, superseded_by = 2 where period_id = '1'"
        )
        connection.execute(
            "insert into validators.fx_rates values ('gamma-net', 'EUR', now(), 1, 's')"
        )
        connection.execute("insert into governance.clients values ('new', 'New', now())")
        connection.rollback()


def test_a_reader_cannot_write_a_secured_table(reader: psycopg.Connection, rows: Rows) -> None:
    reader.execute("set default_transaction_read_only = off")
    try:
        for statement in (
            "update governance.users set role = 'admin'",
            "delete from validators.reconciliation_reports",
            "insert into governance.clients values ('x', 'X', now())",
        ):
            with session(reader, ALL), pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement)
    finally:
        reader.execute("reset default_transaction_read_only")


def test_claims_are_read_once_per_statement_and_not_once_per_row(
    reader: psycopg.Connection, rows: Rows
) -> None:
    with session(reader, Claims.of("partner_p")):
        plan = "\n".join(
            line for (line,) in reader.execute("explain select * from validators.validator_pnl")
        )
    filters = [line for line in plan.splitlines() if "Filter:" in line]
    assert filters
    assert not any("ctx_" in line for line in filters), plan
    assert "InitPlan" in plan


def test_what_an_agreement_covers_is_known_to_users_of_the_partner_alone(
    reader: psycopg.Connection,
) -> None:
    own = Claims.of("partner_p")
    for covered in COVERAGE:
        statement = f"select from {covered}()".encode()
        with session(reader, own):
            assert reader.execute(statement).fetchall()
        for person in ("partner_q", "ops"):
            with session(reader, own._replace(user_id=str(USERS[person]))):
                assert not reader.execute(statement).fetchall()


def test_a_partner_limited_to_a_validator_sees_its_released_items_and_no_total(
    reader: psycopg.Connection, rows: Rows
) -> None:
    claims = Claims.of("partner_p")._replace(validators='["v1"]')
    with session(reader, claims):
        items, statements = (
            reader.execute(f"select count(*) from validators.{table}".encode()).fetchone()
            for table in ("partner_statement_items", "partner_commission_statements")
        )
    assert (items, statements) == ((2,), (0,))
    found = seen(reader, claims._replace(validators='["v2"]'), rows)
    assert not found["validators.partner_statement_items"]


@pytest.mark.parametrize(
    "column",
    ["override_amount_native", "override_reason", "override_user_id", "override_timestamp",
     "override_stale"],
)  # fmt: skip
def test_who_overrode_a_line_and_why_is_no_column_of_analysts(dsn: str, column: str) -> None:
    table = "validators.partner_commission_lines"
    with psycopg.connect(dsn) as owner:
        privilege = "select has_column_privilege(%s, %s, %s, 'select')"
        for role, may in (("analyst", False), ("api_ro", True)):
            assert owner.execute(privilege, [role, table, column]).fetchone() == (may,)
        for shown in ("final_amount_native", "override_id", "line_id"):
            assert owner.execute(privilege, ["analyst", table, shown]).fetchone() == (True,)


@pytest.mark.parametrize("role", ["api_ro", "metrics"])
def test_the_counts_of_verifications_are_readable(dsn: str, role: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(f"set role {role}".encode())
        connection.execute("select entries, is_unbroken from ops.audit_verifications")


def test_an_analyst_sees_only_by_claims_of_their_own(
    server: EmbeddedServer, dsn: str, rows: Rows
) -> None:
    name = f"analyst_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"create role {name} login password 'secret' in role analyst".encode())
        try:
            owner.execute(
                "update governance.users set username = %s where user_id = %s",
                [name, USERS["finance"]],
            )
            address = dsn.replace(server.dsn("x").split("@")[0], f"postgresql://{name}:secret")
            with psycopg.connect(address, autocommit=True) as analyst:
                table = "validators.validator_pnl"
                of = rows[table]
                for person in USERS:
                    with session(analyst, Claims.of(person)):
                        found = world.visible(analyst, table, of)
                    assert found == world.as_seen(of, of if person == "finance" else [])
                with session(analyst, Claims.of("partner_p")):
                    for covered in COVERAGE:
                        assert not analyst.execute(f"select from {covered}()".encode()).fetchall()
                posing = Claims.of("finance")._replace(role="admin")
                with session(analyst, posing):
                    assert not world.visible(analyst, table, of)
                owner.execute(
                    "update governance.users set allowed_chain_ids = '{beta-net}' "
                    "where user_id = %s",
                    [USERS["finance"]],
                )
                with session(analyst, Claims.of("finance")):
                    assert not world.visible(analyst, table, of)
                with session(analyst, Claims.of("finance")._replace(chains=json_list("beta-net"))):
                    assert world.visible(analyst, table, of)
        finally:
            owner.execute(f"drop role {name}".encode())
            owner.execute(
                "update governance.users set username = 'finance', allowed_chain_ids = null "
                "where user_id = %s",
                [USERS["finance"]],
            )
