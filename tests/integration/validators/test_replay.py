"""`cdp replay`: stored responses give the stored rows again, and an edited row is named."""

from __future__ import annotations

import psycopg
import pytest

from cdp_assets.validators.verification.replay import replay
from tests.integration.validators.conftest import Station, load_epoch, validator

pytestmark = pytest.mark.integration


def test_staging_gives_the_rows_again_and_an_edited_row_is_named(station: Station) -> None:
    load_epoch(station.node, [validator("A", 1_000_003, slots=48), validator("B", 999, slots=48)])
    station.observed_and_ended(933)
    station.fees(933)
    before = station.query("select count(*) from ops.asset_partition_status")
    found = {
        result.what.split()[0]: result for result in replay(station.warehouse, station.registry)
    }
    assert {name: result.broken for name, result in found.items() if result.broken} == {}
    assert found["canonical_validator_fees"].rows == 1
    assert found["canonical_validator_identities"].rows == 1
    assert station.query("select count(*) from ops.asset_partition_status") == before
    with psycopg.connect(station.dsn, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "update validators.canonical_validator_fees set content_hash = 'edited' "
            "where validator_key = 'A'"
        )
    fees = next(r for r in replay(station.warehouse, station.registry) if "fees" in r.what)
    assert fees.broken == ("933 933 A",)
