"""Every asset check turns red on a planted violation; one that cannot is no check.

Statements are tried on the worked example with a row in every table, each mutation undone; suites
of Great Expectations validate one copy with all their violations; the rest is given bad facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import psycopg
import pytest

from cdp_assets.quality import row_counts
from cdp_assets.quality.check_homes import about
from cdp_assets.quality.expectations import validate
from cdp_assets.quality.row_count_rules import RowCountRule
from cdp_assets.quality.suites import load_suites
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.warehouse import Warehouse
from tests.conftest import fresh_database
from tests.integration.quality import planting
from tests.integration.quality.fact_checks import red_and_green
from tests.integration.quality.planted_by_hand import PLANTED
from tests.integration.quality.planted_suites import plant_emptiness, plant_rows
from tests.integration.quality.sql_checks import DAY, PlantedCheck, of_dbt, of_python

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def world(server: EmbeddedServer, built_template: str) -> Iterator[tuple[str, list[PlantedCheck]]]:
    """A database with a row in every table, and the checks that are one statement."""
    for dsn in fresh_database(server, built_template):
        checks = [*of_dbt(dsn), *of_python()]  # dbt skips tests after one that is red
        with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC") as owner:
            owner.execute("select validators.add_chain('solana-mainnet')")
            planting.fill(owner, planting.tables_of(owner))
        yield dsn, checks


def test_every_check_has_a_planted_violation(world: tuple[str, list[PlantedCheck]]) -> None:
    """A new check has to be found by one of the four ways below, or this names it.

    A check that exists once per chain is one statement: planted for one chain, it counts for all.
    """
    from cdp_assets.definitions import defs

    declared = _declared(defs)
    watched = {f"{table}:{check}" for table, check in declared if check == row_counts.CHECK}
    planted = (
        {check.key for check in world[1]}
        | _of_suites()
        | watched
        | {_name(red) for red, _ in red_and_green()}
    )
    assert {_of_any_chain(f"{table}:{check}") for table, check in declared} == {
        _of_any_chain(key) for key in planted
    }


def test_a_planted_row_turns_each_statement_red(world: tuple[str, list[PlantedCheck]]) -> None:
    dsn, checks = world
    never = []
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC") as owner:
        owner.execute("set session_replication_role = replica")
        tables = planting.tables_of(owner)
        for check in checks:
            by_hand = PLANTED.get(check.key, ())
            if not planting.turn_red(
                owner, check.statement, check.values, check.table, tables, by_hand
            ):
                never.append(check.key)
    assert never == []
    assert PLANTED.keys() <= {check.key for check in checks}, "planted for a check that is gone"


def test_a_statement_without_a_false_branch_is_found(world: tuple[str, list[PlantedCheck]]) -> None:
    statement = (
        "select * from filplus.allocator where case when is_virtual then false else false end"
    )
    with psycopg.connect(world[0], autocommit=True) as owner:
        tables = planting.tables_of(owner)
        assert planting.turn_red(owner, statement, None, "filplus.allocator", tables) is None


def test_bad_facts_turn_each_other_check_red_and_good_ones_do_not() -> None:
    found = list(red_and_green())
    assert [_name(red) for red, _ in found if red.passed] == []
    assert [_name(green) for _, green in found if not green.passed] == []


def test_a_planted_row_turns_each_expectation_red(built: Warehouse) -> None:
    with psycopg.connect(built.url, autocommit=True) as owner:
        keys = plant_rows(owner, load_suites(), DAY)
    rows = {_name(result): result for result in validate(built, load_suites(), DAY)}
    unseen = {
        name: str(rows[name].metadata["samples"].value)[:200]
        for name, key in keys.items()
        if rows[name].passed or key not in str(rows[name].metadata["samples"].value)
    }
    assert unseen == {}
    with psycopg.connect(built.url, autocommit=True) as owner:
        emptied = plant_emptiness(owner, load_suites())
    empty = {_name(r): r.passed for r in validate(built, emptied, DAY)}
    assert set(empty.values()) == {False}
    assert keys.keys() | empty.keys() == _of_suites()


def test_ten_times_the_rows_turn_each_row_count_red(built: Warehouse) -> None:
    from cdp_assets.definitions import defs

    keys = [table for table, check in _declared(defs) if check == row_counts.CHECK]
    with psycopg.connect(built.url, autocommit=True) as owner:
        owner.execute("delete from ops.asset_partition_status")
        owner.cursor().executemany(
            "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
            "window_end, state, is_final, row_count, version, input_versions, as_of, "
            "code_version, run_id, materialized_at) select %s, 'd' || n, "
            "%s::timestamptz - n * interval '7 days', %s::timestamptz - n * interval '7 days', "
            "'MATERIALIZED', true, case n when 0 then 1000 else 100 end, 1, '{}', now(), '1', "
            "'r', now() from generate_series(0, 8) n",
            [[key, DAY.end - timedelta(days=1), DAY.end] for key in keys],
        )
    with built.connect(autocommit=True) as reader:
        found = list(row_counts.evaluate(reader, keys, DAY.end, 8, RowCountRule(3, 4, 20)))
    assert len(found) == len(keys)
    assert [_name(result) for result in found if result.passed] == []


def _declared(defs: dg.Definitions) -> list[tuple[str, str]]:
    """Return the table and the name of every check, wherever it hangs."""
    graph = defs.resolve_asset_graph()
    return [about(graph.get_check_spec(key)) for key in sorted(graph.asset_check_keys)]


def _of_any_chain(key: str) -> str:
    """Return the key of a check without the chain, if its table is the part of one."""
    schema, _, table = key.rpartition(":")[0].partition("/")
    return f"{schema}/{table.rpartition('/')[2]}:{key.rpartition(':')[2]}"


def _of_suites() -> set[str]:
    return {f"{s.asset_key}:{each.name}" for s in load_suites() for each in s.expectations}


def _name(result: dg.AssetCheckResult) -> str:
    assert result.asset_key is not None
    return f"{result.asset_key.to_user_string()}:{result.check_name}"
