"""Datacap left and contract limits of clients: once a day, contracts of applications, failures."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from cdp_assets.filplus.providers.lotus.assets import CLIENT_STATUS, lotus_client_status
from simulator.providers.lotus import Lotus
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import NOW, TODAY, TOMORROW, Station, failure_of

pytestmark = pytest.mark.integration
CLIENTS = [f"f0{3_100_000 + 7 * n}" for n in range(1, 61)]
CONTRACT = "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy"
ETHEREUM = "0xd388ab098ed3e84c0d808776440b48f685198498"


@pytest.fixture
def known(station: Station) -> Station:
    """Sixty clients, one with two allocators; two with a contract, one with a mistyped one."""
    for number, client in enumerate([*CLIENTS, CLIENTS[0], None, ""]):
        station.rows(
            "insert into raw_dmob.verified_client (id, address_id, _sync_version) "
            "values (%s, %s, 1)",
            number,
            client,
        )
    with psycopg.connect(station.warehouse.url) as owner:
        owner.execute("drop table if exists filplus.allocator_client_bookkeeping cascade")
        owner.execute(
            "create table filplus.allocator_client_bookkeeping "
            "(allocator_id text, client_id text, client_contract_address text)"
        )
        owner.execute("grant select, insert on filplus.allocator_client_bookkeeping to cdp_writer")
        for client, contract in (
            (CLIENTS[0], f" {CONTRACT} "),
            (CLIENTS[1], ETHEREUM),
            (CLIENTS[2], CONTRACT + "x"),
            (CLIENTS[3], None),
        ):
            owner.execute(
                "insert into filplus.allocator_client_bookkeeping values ('f01', %s, %s)",
                [client, contract],
            )
    return station


def stored(station: Station) -> dict[str, tuple[object, ...]]:
    rows = station.rows(
        "select client, available_datacap, contract_address, max_deviation_bps "
        "from raw_lotus.client_status"
    )
    return {row[0]: row[1:] for row in rows}


def failed(station: Station) -> dict[str, str]:
    return dict(
        station.rows(
            "select entity, reason from ops.failed_entities where asset_key = %s", CLIENT_STATUS
        )
    )


def test_every_client_has_a_row_and_contracts_their_limit(known: Station) -> None:
    assert known.run(lotus_client_status, TODAY).success
    rows = stored(known)
    assert set(rows) == set(CLIENTS)
    assert 0 < sum(row[0] is None for row in rows.values()) < 40
    with_limit = {c: row for c, row in rows.items() if row[2] is not None}
    assert set(with_limit) == set(CLIENTS[:2])
    assert {row[1] for row in with_limit.values()} == {ETHEREUM}
    assert list(failed(known)) == [CLIENTS[2]]
    assert "checksum" in failed(known)[CLIENTS[2]] or "no f410" in failed(known)[CLIENTS[2]]
    before = known.rows("select t::text from raw_lotus.client_status t order by 1")
    known.simulator.world.journal.clear()
    assert known.run(lotus_client_status, TODAY).success
    assert known.simulator.world.journal.paths.total() == 0  # once a day
    known.at(NOW + timedelta(days=1))
    assert known.run(lotus_client_status, "2026-03-01", TODAY).success
    assert known.simulator.world.journal.paths.total() == 0
    assert known.rows("select t::text from raw_lotus.client_status t order by 1") == before


def test_a_batch_that_fails_is_listed_and_asked_again(known: Station) -> None:
    known.simulator.world.faults.rules[:] = [FaultRule("status", body=CLIENTS[-1], status=503)]
    assert known.run(lotus_client_status, TODAY).success
    assert len(stored(known)) == 59
    assert failed(known)[CLIENTS[-1]] == "returned 503"
    known.simulator.world.faults.rules.clear()
    assert known.run(lotus_client_status, TODAY).success
    assert len(stored(known)) == 60
    assert CLIENTS[-1] not in failed(known)


def test_a_node_that_is_down_changes_nothing(known: Station) -> None:
    assert known.run(lotus_client_status, TODAY).success
    before = stored(known)
    known.at(NOW + timedelta(days=1))
    known.simulator.world.faults.rules[:] = [FaultRule("status", status=403)]
    assert "returned 403" in failure_of(known.run(lotus_client_status, TOMORROW))["cause"]
    assert stored(known) == before


def test_a_limit_that_no_column_holds_costs_only_its_client(
    known: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lotus, "_eth_call", lambda *_: "0x" + "f" * 64)
    assert known.run(lotus_client_status, TODAY).success
    assert set(stored(known)) == set(CLIENTS)
    assert {row[2] for row in stored(known).values()} == {None}
    assert failed(known)[CLIENTS[0]] == f"the contract's deviation is {2**256 - 1}"
