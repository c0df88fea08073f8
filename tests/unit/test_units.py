"""Units: heights and times, display amounts and native ones. Numbers from the specification."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.units import (
    FILPLUS_START_HEIGHT,
    SOL_DECIMALS,
    height_to_time,
    time_to_height,
    to_native,
)


@pytest.mark.parametrize(
    ("height", "instant"),
    [
        (0, datetime(2020, 8, 24, 22, tzinfo=UTC)),
        (FILPLUS_START_HEIGHT, datetime(2024, 3, 1, tzinfo=UTC)),  # compliance §1.3
        (5_129_520, datetime(2025, 7, 11, tzinfo=UTC)),  # compliance §1.3, edition 6
    ],
)
def test_heights_are_the_instants_of_the_specification(height: int, instant: datetime) -> None:
    assert height_to_time(height) == instant
    assert time_to_height(instant) == height


@given(st.integers(0, 10**8), st.integers(0, 29))
def test_every_second_of_an_epoch_has_its_height(height: int, seconds: int) -> None:
    assert time_to_height(height_to_time(height) + timedelta(seconds=seconds)) == height


def test_float_dust_of_a_source_is_rounded_to_the_nearest_lamport() -> None:
    # validator §1, R6: a real value
    assert to_native(Decimal("450.830856398999"), SOL_DECIMALS) == 450_830_856_399


@given(st.integers(-(10**30), 10**30))
def test_whole_amounts_survive_both_ways_beyond_what_a_double_holds(native: int) -> None:
    display = Decimal(f"{native}E-{SOL_DECIMALS}")  # exact: arithmetic would round to 28 digits
    assert to_native(display, SOL_DECIMALS) == native
