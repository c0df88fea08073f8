"""Thresholds are data: what the file must not say."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.reconciliation.comparison import Check
from cdp_assets.validators.reconciliation.thresholds import FILE, load_thresholds


def test_the_file_has_the_defaults_of_the_page() -> None:
    found = load_thresholds()
    drift = found.of(Check.VERSION_DRIFT, is_estimate=False)
    assert (drift.warning, drift.error) == (Fraction(1, 100), Fraction(1, 10))
    assert found.of(Check.PERIOD_OVER_PERIOD, is_estimate=False).error is None
    assert found.of(Check.CROSS_SOURCE, is_estimate=False).warning == Fraction(1, 1000)
    assert found.of(Check.CROSS_SOURCE, is_estimate=True).error == Fraction(2, 100)
    assert found.of(Check.VERSION_DRIFT, is_estimate=True) == drift


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("warning_bps: 100,", "warning_bps: 1.5,", "version_drift.warning_bps"),
        ("warning_bps: 100,", "warning_bps: 2000,", "version_drift"),
        ("warning_bps: 100,", "warning_bps: 0,", "version_drift.warning_bps"),
        ("zero_shock: ERROR", "zero_shock: MAYBE", "fixed.zero_shock"),
        ("  relay_value: WARNING", "", "fixed.relay_value"),
        ("network_total:", "network:", "network_total"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(
    tmp_path: Path, before: str, after: str, key: str
) -> None:
    file = tmp_path / "thresholds.yaml"
    file.write_text(FILE.read_text().replace(before, after, 1))
    with pytest.raises(BadConfiguration) as caught:
        load_thresholds(file)
    assert key in str(caught.value)
