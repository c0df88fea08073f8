"""The day that the daily job looks at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.quality.closed_day import closed_day

NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)


def test_it_is_the_last_day_that_has_ended() -> None:
    day = closed_day(NOON)
    assert (day.start, day.end) == (
        datetime(2026, 8, 11, tzinfo=UTC),
        datetime(2026, 8, 12, tzinfo=UTC),
    )


def test_at_midnight_the_day_before_has_just_ended() -> None:
    assert closed_day(datetime(2026, 8, 12, tzinfo=UTC)).start == datetime(2026, 8, 11, tzinfo=UTC)
    last_second = datetime(2026, 8, 11, 23, 59, 59, tzinfo=UTC)
    assert closed_day(last_second).start == datetime(2026, 8, 10, tzinfo=UTC)


def test_days_are_those_of_utc() -> None:
    east = NOON.replace(hour=1).astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert closed_day(east).start == datetime(2026, 8, 11, tzinfo=UTC)


def test_statements_get_timestamps_without_a_zone() -> None:
    assert closed_day(NOON, "2026-08-01").values() == {
        "day": datetime.fromisoformat("2026-08-01"),
        "next_day": datetime.fromisoformat("2026-08-02"),
        "now": datetime.fromisoformat("2026-08-12T12:00"),
    }


@pytest.mark.parametrize("day", ["2026-08-12", "2027-01-01", "2026-08-01T10:00", "yesterday"])
def test_a_day_that_has_not_ended_or_is_none_is_refused(day: str) -> None:
    with pytest.raises(BadConfiguration, match=f"{day} is no UTC day"):
        closed_day(NOON, day)
