"""Reading the tables of measured distributions."""

from __future__ import annotations

import pytest

from simulator.dmob.calibration import CURRENT_TYPES, GRANT_BYTES, PIECE_SIZES, TIB, quantile


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 32 << 30), (0.5, 32 << 30), (0.75, 100 * TIB), (1.0, 3_860 * TIB)]
)
def test_known_points_of_a_distribution_come_back_as_they_are(share: float, expected: int) -> None:
    assert quantile(GRANT_BYTES, share) == pytest.approx(expected)


def test_a_distribution_never_falls() -> None:
    values = [quantile(GRANT_BYTES, place / 100) for place in range(101)]
    assert values == sorted(values)


def test_piece_sizes_add_up_to_a_thousand_powers_of_two() -> None:
    assert sum(count for _, count in PIECE_SIZES) == 1_000
    assert all(size.bit_count() == 1 for size, _ in PIECE_SIZES)


def test_two_thirds_of_the_current_edition_are_direct_onboarding() -> None:
    direct = sum(kind.direct for kind in CURRENT_TYPES)
    assert round(1_000 * direct / sum(kind.rows for kind in CURRENT_TYPES)) == 665
