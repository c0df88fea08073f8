"""One violation per expectation of the suites: a row of its own, or an empty table.

Scope: planting; not here: what is expected (``cdp_assets/quality/suites.yaml``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import psycopg

from cdp_assets.partitions import floor_week
from cdp_assets.quality.closed_day import ClosedDay
from cdp_assets.quality.suites import Expectation, Suite
from tests.integration.quality import planting

_KEYS = {
    "text": "'f0{}'",
    "bigint": "{}",
    "integer": "{}",
    "uuid": "gen_random_uuid()",
}
_OF_ROWS = "expect_table_row_count_to_be_between"


def plant_rows(
    connection: psycopg.Connection, suites: Sequence[Suite], day: ClosedDay
) -> dict[str, str]:
    """Plant a row per expectation about rows; return by check the text that its key holds."""
    connection.execute("set session_replication_role = replica")
    planted = {}
    number = 900_000
    for suite in suites:
        for each in suite.expectations:
            if each.expect == _OF_ROWS:
                continue
            number += 2
            for row in _violations(connection, suite, each, day, number):
                connection.execute(row)  # type: ignore[call-overload]
            named = set(suite.key) - each.columns() - _time(suite)
            kinds = {c.name: c.type for c in planting.columns_of(connection, suite.table)}
            shown = str(number) if {kinds[name] for name in named} - {"uuid"} else ""
            planted[f"{suite.asset_key}:{each.name}"] = shown
    return planted


def plant_emptiness(connection: psycopg.Connection, suites: Sequence[Suite]) -> list[Suite]:
    """Empty the tables that must have rows; return their suites with these expectations alone."""
    connection.execute("set session_replication_role = replica")
    found = []
    for suite in suites:
        wanted = tuple(e for e in suite.expectations if e.expect == _OF_ROWS)
        if wanted:
            connection.execute(f"delete from {suite.table}")  # type: ignore[arg-type]
            found.append(suite.model_copy(update={"expectations": wanted}))
    return found


def _time(suite: Suite) -> set[str]:
    return {suite.window.column} if suite.window and suite.window.span != "newest" else set()


def _violations(
    connection: psycopg.Connection, suite: Suite, each: Expectation, day: ClosedDay, number: int
) -> Iterator[str]:
    bad = _bad_values(each)
    repeats = each.expect.endswith("_to_be_unique")
    for place in range(2 if repeats else 1):
        values = {
            column.name: _KEYS[column.type].format(number + place)
            for column in planting.columns_of(connection, suite.table)
            if column.type in _KEYS
            and column.name in _keys(connection, suite)
            and not (column.words and column.type == "text")
        }
        if suite.window is not None and suite.window.span != "newest":
            start = day.start
            if suite.window.span == "week":
                start = floor_week(day.end) - timedelta(days=7)
            values[suite.window.column] = f"'{start:%Y-%m-%d}'"
        yield planting.row(connection, suite.table, {**values, **bad})


def _keys(connection: psycopg.Connection, suite: Suite) -> set[str]:
    """Return the columns of the table's key and of the suite's."""
    cursor = connection.execute(
        "select a.attname::text from pg_index i join pg_attribute a "
        "on a.attrelid = i.indrelid and a.attnum = any(i.indkey) "
        "where i.indrelid = %s::regclass and i.indisunique",
        [suite.table],
    )
    return {*suite.key, *(row[0] for row in cursor)}


def _bad_values(each: Expectation) -> dict[str, str]:
    """Return values, as SQL, of the columns of an expectation that break it."""
    given = each.arguments
    match each.expect:
        case "expect_column_values_to_match_regex":
            return {given["column"]: "'no such id'"}
        case "expect_column_values_to_be_in_set":
            return {given["column"]: "'no such'"}
        case "expect_column_values_to_not_be_null":
            return {given["column"]: "null"}
        case "expect_column_values_to_be_unique":
            return {given["column"]: "'f0777'"}
        case "expect_column_values_to_be_between":
            bound = given.get("min_value")
            bad = given["max_value"] + 1 if bound is None else bound - 1
            return {given["column"]: str(bad)}
        case "expect_column_pair_values_a_to_be_greater_than_b":
            return {given["column_A"]: "1", given["column_B"]: "2"}
        case _:
            raise AssertionError(f"{each.name}: nothing is planted for {each.expect}")
