"""Our rebuild beside DuckDB's: what stands in which line, and what the whole is."""

from __future__ import annotations

from bench.rebuild import lines, total

REBUILD = {
    "weekly models": {"seconds": 10.0, "tables": {"a": 6.0, "inner": 8.0}},
    "tables by piece": {"seconds": 5.0, "tables": {"b + inner_too + c": 5.0}},
}
DUCK = {name: {"seconds": seconds} for name, seconds in (("a", 3.0), ("b", 1.0), ("c", 1.5))}


def test_tables_that_are_made_together_are_compared_together() -> None:
    found = {line.name: line for line in lines(REBUILD, DUCK)}
    assert found["b + inner_too + c"].theirs == 2.5
    assert found["b + inner_too + c"].ratio == 2.0
    assert found["inner"].theirs is None
    assert found["inner"].ratio is None


def test_the_whole_is_wall_time_of_the_steps_not_the_sum_of_overlapping_tables() -> None:
    whole = total(lines(REBUILD, DUCK))
    assert (whole.ours, whole.theirs) == (15.0, 5.5)


def test_without_duckdb_there_is_no_ratio() -> None:
    whole = total(lines(REBUILD, {}))
    assert whole.theirs is None
    assert whole.ratio is None
