"""Rows of the registers that are added, changed and deleted later."""

from __future__ import annotations

import psycopg
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.register_mutations import REGISTERS, mutate_registers
from tests.conftest import fresh_database
from tests.integration.simulator.conftest import Connection, fingerprint

pytestmark = pytest.mark.integration


def _rows(connection: Connection, table: str) -> dict[int, str]:
    return dict(connection.execute(f'select "id", t::text from {table} t').fetchall())


def test_of_each_register_rows_are_added_changed_and_deleted(copy: Connection) -> None:
    copy.execute(  # one client in a hundred has a contract: too few to pick from
        """insert into client_contract ("addressId", "address", "addressEth")
        select 'f0' || n, 'f4' || n, '0x' || n from generate_series(1, 9) n"""
    )
    before = {table: _rows(copy, table) for table in REGISTERS}
    for seed in range(4):
        mutate_registers(copy, seed)
    for table, old in before.items():
        new = _rows(copy, table)
        assert set(new) - set(old), table
        assert set(old) - set(new), table
        assert any(old[key] != new[key] for key in old.keys() & new.keys()), table


def test_grants_lie_before_and_in_the_programme(copy: Connection) -> None:
    (last,) = copy.execute('select max("id") from verified_client_allowance').fetchone() or (0,)
    for seed in range(6):
        mutate_registers(copy, seed)
    query = 'select "height" >= 3698160 from verified_client_allowance where "id" > %s'
    sides = [row[0] for row in copy.execute(query, [last])]
    assert {True, False} == set(sides)


def test_the_same_seed_does_the_same(server: EmbeddedServer, small_template: str) -> None:
    results = []
    for seed in (5, 5, 6):
        for dsn in fresh_database(server, small_template):
            with psycopg.connect(dsn, autocommit=True) as connection:
                mutate_registers(connection, seed)
                results.append([fingerprint(connection, table) for table in REGISTERS])
    assert results[0] == results[1]
    assert all(one != other for one, other in zip(results[0], results[2], strict=True))


def test_a_database_of_another_origin_is_refused(database: Connection) -> None:
    with pytest.raises(ValueError, match=r"not created by simulator\.dmob\.database\.create_dmob"):
        mutate_registers(database, 1)
