"""The UI lists the newest partitions of a definition, none beyond its end."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from cdp_assets.core.dagster_compat import PartitionLoadingContext, TemporalContext
from cdp_assets.stack.webserver import keys_up_to_the_end

LONG_AFTER = datetime(2026, 11, 29, 23, 40, tzinfo=UTC)
START = datetime(2024, 2, 19, tzinfo=UTC)


def _after(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 8, day, hour, tzinfo=UTC)


def _page(definition: dg.TimeWindowPartitionsDefinition, moment: datetime, limit: int) -> list[str]:
    context = PartitionLoadingContext(
        temporal_context=TemporalContext(effective_dt=moment, last_event_id=None),
        dynamic_partitions_store=None,
    )
    return list(keys_up_to_the_end(definition, context, limit, ascending=False).results)


@pytest.mark.parametrize(
    ("definition", "newest"),
    [
        pytest.param(
            dg.HourlyPartitionsDefinition(START, _after(14, 13), end_offset=1),
            ["2026-08-14-12:00", "2026-08-14-11:00", "2026-08-14-10:00"],
            id="hours",
        ),
        pytest.param(
            dg.DailyPartitionsDefinition(START, _after(15), end_offset=1),
            ["2026-08-14", "2026-08-13", "2026-08-12"],
            id="days",
        ),
        pytest.param(
            dg.WeeklyPartitionsDefinition(START, _after(17), day_offset=1, end_offset=1),
            ["2026-08-10", "2026-08-03", "2026-07-27"],
            id="weeks",
        ),
    ],
)
def test_the_newest_partitions_end_with_the_definition(
    definition: dg.TimeWindowPartitionsDefinition, newest: list[str]
) -> None:
    assert _page(definition, LONG_AFTER, 3) == newest


def test_without_an_end_the_running_hour_is_the_newest() -> None:
    hours = dg.HourlyPartitionsDefinition(START, end_offset=1)
    assert _page(hours, LONG_AFTER, 2) == ["2026-11-29-23:00", "2026-11-29-22:00"]
