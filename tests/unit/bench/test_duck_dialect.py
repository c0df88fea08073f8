"""The reference statements in DuckDB's words: what changes and what stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench.duck_dialect import translated
from bench.statements import Statement, all_statements

AS_OF = datetime(2024, 3, 14, 12, 5, tzinfo=UTC)


def test_heights_become_instants_without_a_zone() -> None:
    query = (
        "select date_trunc('hour', to_timestamp(30 * height::bigint + 1598306400))::timestamp(3)"
    )
    (made,) = translated(Statement("t", query), AS_OF)
    assert made == (
        "create table reference.t as select date_trunc('hour', "
        "make_timestamp((30 * height::bigint + 1598306400) * 1000000))::timestamp"
    )


def test_the_clock_is_a_literal() -> None:
    query = "select 1 where hour >= %(as_of)s at time zone 'UTC' - interval '14 days'"
    (made,) = translated(Statement("t", query), AS_OF)
    assert made.endswith("where hour >= timestamp '2024-03-14 12:05:00' - interval '14 days'")


def test_a_formula_of_each_week_becomes_one_statement_per_week_up_to_the_clock() -> None:
    (acc,) = [s for s in all_statements() if s.table == "client_provider_distribution_weekly_acc"]
    made = list(translated(acc, AS_OF))
    assert [text.split(" as ")[0].split(" select ")[0] for text in made] == [
        "create table reference.client_provider_distribution_weekly_acc",
        "insert into reference.client_provider_distribution_weekly_acc",
        "insert into reference.client_provider_distribution_weekly_acc",
    ]
    for text, week in zip(made, ("2024-02-26", "2024-03-04", "2024-03-11"), strict=True):
        assert text.count(f"timestamp '{week} 00:00:00'") == 2
        assert "w.week" not in text


@pytest.mark.parametrize("statement", all_statements(), ids=lambda s: s.table)
def test_nothing_that_only_postgres_knows_is_left(statement: Statement) -> None:
    for text in translated(statement, AS_OF):
        for word in ("to_timestamp", "lateral", "%(", "at time zone", "::numeric", "timestamp(3)"):
            assert word not in text
        assert text.count("generate_series") == text.count("unnest(generate_series")
