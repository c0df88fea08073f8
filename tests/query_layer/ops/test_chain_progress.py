"""Progress of a chain: no hole is hidden by a newer success (validator §14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from tests.integration.stack import rights_world
from tests.query_layer.conftest import database_with_mart
from tests.query_layer.warehouse import Mart

NOON = datetime(2026, 11, 8, 12, tzinfo=UTC)
_PERIODS = """
delete from validators.canonical_periods where period_id <> '1';
insert into validators.canonical_periods
select (
    jsonb_populate_record(
        p,
        jsonb_build_object('period_id', n::text, 'period_ordinal', n)
        || jsonb_build_object('status', case n when 7 then 'OPEN' else 'FINAL' end)
    )
).*
from validators.canonical_periods p
cross join generate_series(2, 7) n
where p.chain_id = 'alpha-net' and p.period_id = '1' and p.is_current;
insert into ops.asset_catalog (asset_key, description, owner, asset_group, layer, cadence)
select 'validators/alpha_net/' || name, '', '', 'g', 'mart', 'period'
from unnest(array['canonical_validator_fees', 'canonical_validator_mev', 'canonical_periods']) name
on conflict do nothing;
delete from ops.asset_partition_status
"""
_BUILT = """
insert into ops.asset_partition_status
    (asset_key, partition_key, state, is_final, row_count, version, as_of, code_version, run_id,
     materialized_at)
select 'validators/alpha_net/' || %s, period, %s, true, 1, 1, %s, 'c', 'r', %s
from unnest(%s::text[]) period
"""


@pytest.fixture
def chain(server: EmbeddedServer, ready_template: str) -> Iterator[Mart]:
    """A chain with six ended periods and a running one."""
    for mart in database_with_mart(server, ready_template):
        with psycopg.connect(mart.owner, autocommit=True) as connection:
            for name in rights_world.CHAINS:
                connection.execute("select validators.add_chain(%s)", [name])
            rights_world.insert(connection)
            connection.execute("set session_replication_role = replica")
            for statement in _PERIODS.split(";"):
                connection.execute(statement.encode())
        yield mart


def progress(mart: Mart) -> tuple[object, ...]:
    """Record and return the progress of the chain."""
    mart.run("select ops.record_chain_progress(%s)", NOON)
    [row] = mart.run(
        "select expected_period, latest_ingested, lag_periods, gaps, last_success "
        "from ops.chain_progress where chain_id = 'alpha-net'"
    )
    return tuple(row)


def test_a_hole_is_a_gap_and_stops_what_counts_as_ingested(chain: Mart) -> None:
    def build(table: str, *periods: str, state: str = "MATERIALIZED") -> None:
        chain.run(_BUILT, f"canonical_validator_{table}", state, NOON, NOON, list(periods))

    assert progress(chain) == ("6", None, 6, [], None)
    build("fees", "1", "2", "3", "4", "5", "6")
    assert progress(chain) == ("6", None, 6, [], None)  # the other table has none of them
    build("mev", "1", "2", "5")
    build("mev", "4", state="FAILED")
    assert progress(chain) == ("6", "2", 4, ["3", "4"], NOON)
    build("mev", "3", "6")
    chain.run("update ops.asset_partition_status set state = 'MATERIALIZED'")
    assert progress(chain) == ("6", "6", 0, [], NOON)
