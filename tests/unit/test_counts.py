"""Differences of counts in words, and the file that they are kept in."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp_assets.cli.table_fingerprints import Count, Key, differences, read_counts, write_counts
from cdp_assets.errors import BadConfiguration

BEFORE: dict[Key, Count] = {
    ("filplus/a", "2026-08-03", ""): Count(10),
    ("filplus/a", "", "size"): Count(10, 7, "00000abc"),
    ("filplus/a", "", "name"): Count(10, 3, "000000ff"),
}
SIZE, NAME = ("filplus/a", "", "size"), ("filplus/a", "", "name")


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        pytest.param(
            {("filplus/a", "2026-08-03", ""): Count(8)},
            "filplus/a partition 2026-08-03: 10 -> 8 rows (-2)",
            id="rows of a partition",
        ),
        pytest.param(
            {SIZE: Count(9, 6, "00000abd")},
            "filplus/a column size: 10 -> 9 values (-1), 7 -> 6 different",
            id="values",
        ),
        pytest.param(
            {NAME: Count(10, 3, "000000fe")},
            "filplus/a column name: as many values, different content",
            id="content alone",
        ),
        pytest.param(
            {("filplus/b", "", ""): Count(1_000)},
            "filplus/b partition: new, 1,000 rows",
            id="a new table without partitions",
        ),
    ],
)
def test_a_change_is_told_by_table_partition_and_column(
    changed: dict[Key, Count], line: str
) -> None:
    assert list(differences(BEFORE, BEFORE)) == []
    assert list(differences(BEFORE, {**BEFORE, **changed})) == [line]


def test_what_is_gone_is_told() -> None:
    assert list(differences(BEFORE, {})) == [
        "filplus/a column name: gone, 10 values",
        "filplus/a column size: gone, 10 values",
        "filplus/a partition 2026-08-03: gone, 10 rows",
    ]


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    write_counts(path, BEFORE)
    assert read_counts(path) == BEFORE
    first = path.read_bytes()
    write_counts(path, dict(reversed(BEFORE.items())))
    assert path.read_bytes() == first


def test_a_file_that_is_absent_or_another_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"nowhere.csv: there is no such file"):
        read_counts(tmp_path / "nowhere.csv")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(BadConfiguration, match="this is no file of counts"):
        read_counts(other)
