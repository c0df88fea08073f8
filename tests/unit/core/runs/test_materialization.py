"""Rows written in place are told apart from new ones by the counts of a table alone."""

from __future__ import annotations

import pytest

from cdp_assets.core.runs.materialization import updated_in_place


@pytest.mark.parametrize(
    ("before", "after", "written", "deleted", "updated"),
    [
        pytest.param(0, 10, 10, 0, 0, id="a first load inserts all"),
        pytest.param(10, 10, 3, 0, 3, id="the same number: all were there"),
        pytest.param(10, 12, 5, 0, 3, id="two more: three were there"),
        pytest.param(10, 10, 4, 4, 0, id="deleted and inserted again"),
        pytest.param(10, 8, 1, 2, 1, id="two gone and one changed"),
    ],
)
def test_rows_updated_follow_from_the_counts(
    before: int, after: int, written: int, deleted: int, updated: int
) -> None:
    assert updated_in_place(before, after, written, deleted) == updated
