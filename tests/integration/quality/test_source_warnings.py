"""Warnings of the landed source: on small made rows, and with the counts of the real data."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.checks.sql_check import evaluate
from cdp_assets.quality.closed_day import closed_day
from cdp_assets.quality.source_warnings import CHECKS, DEAL_WARNINGS, evaluate_deals
from resources.postgres.warehouse import Warehouse
from tests.integration.filplus.deals.test_real_data import (  # noqa: F401 - fixtures
    NOW,
    landing,
    real_dmob,
    recorded,
)
from tests.integration.filplus.dmob.conftest import Landing

pytestmark = pytest.mark.integration

WARN = dg.AssetCheckSeverity.WARN
DAY = closed_day(NOW)
# One row that has the dirt; a clean row stands beside it.
CLEAN_DEAL: dict[str, Any] = {
    "deal_id": 0,
    "client_id": 100,
    "provider_id": 200,
    "piece_id": 1,
    "piece_size": 32,
    "term_start": 3_700_000,
    "started_at": "2024-03-01 15:20",
    "created_at": "2024-03-02",
    "slashed_epoch": 0,
    "removed": False,
    "sector_id": "7",
    "type": "claim",
    "_sync_version": 1,
}
DIRT: dict[str, dict[str, Any]] = {
    "actor_ids_without_prefix": {"_unparsed": '{"clientId": "f0100"}'},
    "term_start_not_null": {"term_start": None, "started_at": None},
    "term_starts_are_heights": {"term_start": 4_294_967_295, "started_at": None},
    "deals_are_in_a_sector": {"sector_id": "0"},
    "sectors_are_numbers": {"sector_id": "null"},
    "sector_not_null": {"sector_id": None},
    "deal_types_are_known": {"type": "verifiedDeal"},
    "deals_begin_before_they_are_recorded": {"created_at": "2024-03-01 15:19"},
    "deals_are_not_slashed": {"slashed_epoch": 4_000_000},
    "deals_are_not_removed": {"removed": True},
}
# Counts of the data README ("Real dirt"), dumps of 2026-03-01 and 2025-03-01, deals of 2025-11.
REAL_DEALS = {
    "actor_ids_without_prefix": 0,
    "term_start_not_null": 102,
    "term_starts_are_heights": 110,
    "deals_are_in_a_sector": 495,
    "sectors_are_numbers": 222,
    "sector_not_null": 39,
    "deal_types_are_known": 0,
    "deals_begin_before_they_are_recorded": 359,
    "deals_are_not_slashed": 74,
    "deals_are_not_removed": 0,
}
REAL_CLAIMS = {
    "raw_dmob/verifier:initial_allowances_are_the_sum_of_grants": 29,
    "raw_dmob/verified_client:initial_allowances_are_the_sum_of_grants": 7,
    "raw_dmob/verified_client:clients_have_one_allocator": 80,
    "raw_dmob/verifier_allowance:grants_add_datacap": 175 + 29,
    "raw_dmob/verifier_allowance:addresses_have_one_spelling": 4,
}
# Made rows for the other tables: what is written, and the first sample.
MADE = {
    "raw_dmob/verifier:initial_allowances_are_the_sum_of_grants": (
        "insert into raw_dmob.verifier (id, address_id, initial_allowance, _sync_version) "
        "values (1, 'f01', 100, 1), (2, 'f02', 100, 1);"
        "insert into raw_dmob.verifier_allowance (id, address_id, allowance, _sync_version) "
        "values (1, 'f01', 150, 1), (2, 'f01', -50, 1), (3, 'f02', 99, 1)",
        {"address_id": "f02", "initial_allowance": "100", "granted": "99"},
    ),
    "raw_dmob/verified_client:initial_allowances_are_the_sum_of_grants": (
        "insert into raw_dmob.verified_client (id, address_id, verifier_address_id, "
        "initial_allowance, _sync_version) values (1, 'f01', 'f05', 7, 1), (2, 'f01', 'f06', 7, 1);"
        "insert into raw_dmob.verified_client_allowance (id, address_id, verifier_address_id, "
        "allowance, _sync_version) values (1, 'f01', 'f05', 7, 1)",
        {"address_id": "f01", "verifier_address_id": "f06", "granted": "0"},
    ),
    "raw_dmob/verified_client:clients_have_one_allocator": (
        "insert into raw_dmob.verified_client (id, address_id, verifier_address_id, "
        "_sync_version) values (1, 'f01', 'f05', 1), (2, 'f01', 'f06', 1), (3, 'f02', 'f05', 1)",
        {"address_id": "f01", "allocators": "2"},
    ),
    "raw_dmob/verifier_allowance:grants_add_datacap": (
        "insert into raw_dmob.verifier_allowance (id, address_id, allowance, _sync_version) "
        "values (1, 'f01', 1, 1), (2, 'f01', 0, 1)",
        {"id": "2", "allowance": "0"},
    ),
    "raw_dmob/verifier_allowance:addresses_have_one_spelling": (
        "insert into raw_dmob.verifier_allowance (id, dc_source, _sync_version) "
        "values (1, '0xaB', 1), (2, '0xaB', 1), (3, 'f080', 1), (4, '0xAB', 1), (5, '0xAB', 1); "
        "delete from raw_dmob.verifier_allowance where id in (2, 5)",
        {"dc_source": "0xAB", "grants": "1"},
    ),
    "filplus/allocator_registry:pathway_types_current": (
        (
            "update filplus.allocator_registry set metapathway_type = 'Manual' "
            "where allocator_id = 'f02'"
        ),
        {"allocator_id": "f02", "metapathway_type": "Manual"},
    ),
    "filplus/allocator_registry_archive:pathway_types_current": (
        "insert into filplus.allocator_registry_archive (allocator_id, allocator_address, "
        "json_path, registry_info, metapathway_type, data_type, audits, blob_sha) values "
        "('f08', 'f2f08', 'Allocator_Archive/8.json', '{}', 'Manual', 'openData', '[]', 'x')",
        {"allocator_id": "f08", "metapathway_type": "Manual"},
    ),
    "filplus/allocator_registry:bookkeeping_is_on_github": (
        "update filplus.allocator_registry set bookkeeping_repository = null, registry_info = "
        '\'{"allocator_id": "f02", "application": {"allocation_bookkeeping": "a site"}}\' '
        "where allocator_id = 'f02'",
        {"allocator_id": "f02", "location": "a site"},
    ),
    "filplus/allocator_registry:files_name_their_allocator": (
        "update filplus.allocator_registry set registry_info = '{\"allocator_id\": null}' "
        "where allocator_id = 'f02'",
        {"allocator_id": "f02", "json_path": "Allocators/f02.json"},
    ),
    "filplus/allocator_registry:datacap_amounts_are_numbers": (
        'update filplus.allocator_registry set registry_info = \'{"allocator_id": "f02", '
        '"audits": [{"datacap_amount": 5}, {"datacap_amount": "10"}]}\' '
        "where allocator_id = 'f02'",
        {"allocator_id": "f02", "datacap_amount": "10"},
    ),
    "filplus/allocator_registry_archive:addresses_are_of_one_allocator": (
        "insert into filplus.allocator_registry_archive select 'f09', allocator_address, "
        "'Allocator_Archive/9.json', registry_info, rejected, data_type, status, "
        "metapathway_type, audit, data_types, required_sps, required_replicas, "
        "tranche_schedule, 'other/repository', audits, null, null, 'x' "
        "from filplus.allocator_registry where allocator_id = 'f02'",
        {"allocator_address": "f2f02", "ids": "['f02', 'f09']"},
    ),
    "filplus/allocator_registry_archive:repositories_are_of_one_allocator": (
        "update filplus.allocator_registry set bookkeeping_repository = 'one/repository'",
        {"bookkeeping_repository": "one/repository", "ids": "['f01', 'f02']"},
    ),
    "filplus/allocator_client_bookkeeping:requested_amounts_are_positive": (
        "insert into filplus.allocator_client_bookkeeping (allocator_id, client_id, "
        "client_address, json_path, bookkeeping_info, declared_providers, confirms_open_data, "
        "blob_sha) values ('f01', 'f03', 'f1x', 'applications/f1x.json', '{\"Allocation "
        'Requests": [{"Allocation Amount": "50TiB"}, {"Allocation Amount": "-9 B"}]}\', '
        "'{}', true, 'x'), ('f01', 'f04', 'f1y', 'applications/f1y.json', '{}', '{}', true, 'x')",
        {"client_id": "f03", "amount": "-9 B"},
    ),
}
BROKEN_ROWS = {"raw_dmob/verifier_allowance:addresses_have_one_spelling": 2}
BY_NAME = {f"{check.asset_key}:{check.name}": check for check in CHECKS}


@pytest.fixture
def reader(warehouse_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A warehouse with two registered allocators and no other row."""
    with psycopg.connect(warehouse_dsn) as owner:
        owner.execute(
            "insert into filplus.allocator_registry (allocator_id, allocator_address, json_path, "
            "registry_info, metapathway_type, data_type, bookkeeping_repository, audits, blob_sha) "
            "select a, 'f2' || a, 'Allocators/' || a || '.json', "
            "json_build_object('allocator_id', a), 'AMA', 'openData', 'owner/' || a, '[]', 'x' "
            "from unnest(array['f01', 'f02']) a"
        )
    with Warehouse(url=warehouse_dsn).connect(autocommit=True) as connection:
        yield connection


def test_every_warning_has_made_rows() -> None:
    assert set(DIRT) == set(REAL_DEALS) == {check.name for check, _ in DEAL_WARNINGS}
    assert set(MADE) == set(BY_NAME)
    assert {check.severity for check in CHECKS} == {WARN}


@pytest.mark.parametrize("name", sorted(DIRT))
def test_a_deal_with_dirt_is_counted_and_its_clean_neighbour_is_not(
    reader: psycopg.Connection[Any], name: str
) -> None:
    _land(reader, {"id": 1, **CLEAN_DEAL})
    assert {found.check_name: _count(found) for found in evaluate_deals(reader)} == dict.fromkeys(
        DIRT, 0
    )
    _land(reader, {"id": 2, **CLEAN_DEAL, **DIRT[name]})
    results = {found.check_name: found for found in evaluate_deals(reader)}
    assert {n for n, found in results.items() if _count(found)} == {name}
    found = results[name]
    assert (found.passed, found.severity) == (False, WARN)
    assert found.description.startswith("Different: 1 of 2 landed deals. ")
    assert [row["id"] for row in found.metadata["samples"].value] == ["2"]
    assert [row[0] for row in reader.execute(_sql(found))] == [2]


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_made_row_is_warned_of_with_its_key(reader: psycopg.Connection[Any], name: str) -> None:
    check = BY_NAME[name]
    assert evaluate(reader, check, DAY.values()).passed
    statement, sample = MADE[name]
    reader.execute(statement.encode())
    found = evaluate(reader, check, DAY.values())
    assert (found.passed, found.severity) == (False, WARN)
    assert _count(found) == BROKEN_ROWS.get(name, 1)
    first = found.metadata["samples"].value[0]
    assert {key: first[key] for key in sample} == sample
    assert len(reader.execute(_sql(found)).fetchall()) == _count(found)
    assert json.dumps(found.metadata["samples"].value)


def test_the_real_source_is_warned_of_with_the_counts_of_its_readme(landing: Landing) -> None:  # noqa: F811
    landing.sync()
    results = {found.check_name: found for found in evaluate_deals(landing.warehouse)}
    assert {name: _count(found) for name, found in results.items()} == REAL_DEALS
    assert {len(r.metadata["samples"].value) for r in results.values() if not r.passed} == {5}
    assert {r.severity for r in results.values()} == {WARN}
    counts = {
        name: _count(evaluate(landing.warehouse, BY_NAME[name], DAY.values()))
        for name in REAL_CLAIMS
    }
    assert counts == REAL_CLAIMS


def test_the_complete_dump_of_clients_has_the_counts_of_its_readme(
    reader: psycopg.Connection[Any], shared_data: Path
) -> None:
    dumps = {
        "verified_client": "verified_client_2022-12-01_all_notaries",
        "verified_client_allowance": "verified_client_allowance_2022-12-01_all_notaries",
    }
    for relation, dump in dumps.items():
        file = shared_data / "filecoin" / "dmob" / f"{dump}.csv.gz"
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        amount = "initialAllowance" if relation == "verified_client" else "allowance"
        names = "id, address_id, verifier_address_id, _sync_version, "
        names += "initial_allowance" if relation == "verified_client" else "allowance"
        copy = f"copy raw_dmob.{relation} ({names}) from stdin".encode()
        with reader.cursor() as cursor, cursor.copy(copy) as sink:
            for number, row in enumerate(rows):
                sink.write_row(
                    [number, row["addressId"], row["verifierAddressId"], 1, row[amount] or None]
                )
    found = {
        check.name: evaluate(reader, check, DAY.values())
        for check in CHECKS
        if check.asset_key == "raw_dmob/verified_client"
    }
    assert {name: _count(each) for name, each in found.items()} == {
        "initial_allowances_are_the_sum_of_grants": 5,
        "clients_have_one_allocator": 152,
    }


def _land(connection: psycopg.Connection[Any], deal: dict[str, Any]) -> None:
    names = ", ".join(deal)
    values = ", ".join(f"%({name})s" for name in deal)
    connection.execute(
        f"insert into raw_dmob.unified_verified_deal ({names}) values ({values})".encode(), deal
    )


def _count(found: dg.AssetCheckResult) -> int:
    return int(found.metadata["failing_rows"].value)


def _sql(found: dg.AssetCheckResult) -> bytes:
    matched = re.fullmatch(r"```sql\n(.*)\n```", found.metadata["sql"].value, re.DOTALL)
    assert matched is not None
    return matched[1].encode()
