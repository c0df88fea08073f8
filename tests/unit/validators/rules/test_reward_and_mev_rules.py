"""Shares of staking rewards and MEV, and the flags that say how they are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.validators.rules.mev_rules import ObservedMev
from cdp_assets.validators.rules.reward_rules import gross_of_net


def test_the_share_is_the_floor_of_the_gross_where_the_source_has_no_other() -> None:
    """The figures of a real validator in epoch 842 (validator §5, E1)."""
    found = ObservedMev(84_304_172_435, None, 1_000, flags=frozenset({"X"}))
    assert (found.total, found.is_estimated) == (8_430_417_243, True)
    assert found.all_flags == {"X", "ESTIMATED"}


def test_a_share_that_the_source_reports_wins_over_gross_and_rate() -> None:
    found = ObservedMev(84_304_172_435, 5, 1_000, flags=frozenset({"X"}))
    assert (found.total, found.is_estimated, found.all_flags) == (5, False, {"X"})
    assert ObservedMev(None, 0).total == 0


@pytest.mark.parametrize("unknown", [ObservedMev(None, None, 1), ObservedMev(1, None, None)])
def test_a_share_of_which_nothing_is_known_is_an_error_of_ours(unknown: ObservedMev) -> None:
    with pytest.raises(ValueError, match="^neither the share, nor gross and rate are known$"):
        _ = unknown.total


@pytest.mark.parametrize(
    ("net", "percent", "expected"),
    [
        (95, 5, (100, 5, False)),  # a gross of 101 pays 95, too
        (0, 5, (0, 0, False)),
        (94, 5, (99, 4, True)),
        (1, 50, (2, 1, False)),  # a gross of 3 pays 1, too
        (1, 99, (100, 99, False)),
        (7, 0, (7, 0, True)),
        (7, 100, None),
        (7, 101, None),
        (2**256 - 1, 0, (2**256 - 1, 0, True)),
    ],
)
def test_the_gross_of_a_net_reward(
    net: int, percent: int, expected: tuple[int, int, bool] | None
) -> None:
    assert gross_of_net(net, percent) == expected


@given(st.integers(0, 2**80), st.integers(0, 99))
def test_the_gross_pays_the_net_and_no_smaller_one_does(net: int, percent: int) -> None:
    found = gross_of_net(net, percent)
    assert found is not None
    gross, commission, is_exact = found
    kept = 100 - percent
    assert gross * kept // 100 == net
    assert gross == 0 or (gross - 1) * kept // 100 < net
    assert commission == gross * percent // 100
    assert is_exact is ((gross + 1) * kept // 100 > net)
