"""Bounds of editions, to the second (compliance §1.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cdp_assets.filplus.registry.editions import EDITIONS, edition_of
from cdp_assets.units import FILPLUS_START_HEIGHT, height_to_time

FIFTH, SIXTH = datetime(2024, 3, 1, tzinfo=UTC), datetime(2025, 7, 11, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("instant", "number"),
    [(FIFTH - SECOND, 4), (FIFTH, 5), (SIXTH - SECOND, 5), (SIXTH, 6), (SIXTH + 400 * SECOND, 6)],
)
def test_an_edition_holds_its_start_and_not_its_end(instant: datetime, number: int) -> None:
    seconds = int(instant.timestamp())
    assert edition_of(instant).number == number
    assert edition_of(seconds).number == number
    assert edition_of(seconds * 1000).number == number


def test_the_starts_are_those_of_the_specification() -> None:
    assert height_to_time(FILPLUS_START_HEIGHT) == EDITIONS[1].start == FIFTH
    assert height_to_time(5_129_520) == EDITIONS[2].start == SIXTH
    assert int(SIXTH.timestamp()) == 1_752_192_000


def test_only_the_sixth_edition_allows_fewer_replicas() -> None:
    assert [(e.number, e.low_replica, e.high_replica) for e in EDITIONS] == [
        (4, 4, 10),
        (5, 4, 10),
        (6, 4, 8),
    ]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        edition_of(datetime(2025, 1, 1))  # noqa: DTZ001
