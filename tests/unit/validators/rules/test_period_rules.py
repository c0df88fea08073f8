"""Period arithmetic; vectors of validator.md §2 and vectors.json PER."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.validators.rules.period_rules import (
    ChainHead,
    Period,
    PeriodPlanner,
    age_of,
    block_window,
    epoch_period,
    ordinal_of,
    period_before,
    slot_range,
    slots_in_epoch,
    status_of,
)
from resources.sources.solana.solana_responses import EpochSchedule
from tests.unit.validators.vectors import VECTORS

MAINNET = EpochSchedule(432_000, 432_000, False, 0, 0)
WITH_WARMUP = EpochSchedule(8_192, 8_192, True, 8, 8_160)  # the devnet-like default of the node
SLOT_RANGE_REFUSED = (
    r"^('.*' is not a slot range such as 9235680-9437279"
    r"|slot range '.*' is reversed or has leading zeros)$"
)
LAGS = {"EXEC_FEES": 1, "VOTE_REWARDS": 1, "COMMISSION": 1, "MEV_TIPS": 2}


def test_epoch_850_is_the_recorded_vector() -> None:
    vector = VECTORS["PER"]
    period = epoch_period(vector["epoch"], MAINNET)
    assert (period.start_slot, period.end_slot) == (vector["start_slot"], vector["end_slot"])
    window = block_window(vector["eth_window"])
    assert window.start_slot == vector["eth_window_start_slot"]
    assert 1_606_824_023 + 12 * window.start_slot == vector["eth_window_start_ts"]


def test_the_real_snapshot_of_epoch_796_was_taken_at_its_last_slot() -> None:
    assert epoch_period(796, MAINNET).end_slot == 344_303_999


@pytest.mark.parametrize(
    ("epoch", "start", "slots"),
    [
        (0, 0, 32),
        (1, 32, 64),
        (2, 96, 128),
        (7, 4_064, 4_096),
        (8, 8_160, 8_192),
        (9, 16_352, 8_192),
    ],
)
def test_warm_up_epochs_double_until_the_first_normal_one(
    epoch: int, start: int, slots: int
) -> None:
    period = epoch_period(epoch, WITH_WARMUP)
    assert (period.start_slot, slots_in_epoch(epoch, WITH_WARMUP)) == (start, slots)
    assert period.end_slot == start + slots - 1


@given(st.integers(0, 3_000), st.sampled_from([MAINNET, WITH_WARMUP]))
def test_epochs_have_neither_gap_nor_overlap(epoch: int, schedule: EpochSchedule) -> None:
    period, after = epoch_period(epoch, schedule), epoch_period(epoch + 1, schedule)
    assert after.start_slot == period.end_slot + 1


def test_an_epoch_has_its_number_as_id_and_ordinal() -> None:
    assert epoch_period(850, MAINNET) == Period("EPOCH", "850", 850, 367_200_000, 367_631_999)


def test_normal_epochs_follow_the_schedules_own_fields() -> None:
    """validator §2: the formula uses the fields of the schedule, not constants."""
    odd = EpochSchedule(10, 10, False, 2, 1_000)
    assert [epoch_period(n, odd).start_slot for n in (2, 3)] == [1_000, 1_010]


def test_an_earlier_period_has_earlier_slots() -> None:
    assert period_before(epoch_period(850, MAINNET), 2) == epoch_period(848, MAINNET)
    assert period_before(block_window(1282), 1) == block_window(1281)
    with pytest.raises(ValueError, match="no rule gives the slot range"):
        period_before(slot_range("9235680-9437279"), 1)


def test_a_window_is_7200_slots_from_genesis() -> None:
    assert block_window(0) == Period("BLOCK_WINDOW", "0", 0, 0, 7_199)
    assert block_window(3, slots_per_epoch=1) == Period("BLOCK_WINDOW", "3", 3, 675, 899)


def test_a_slot_range_is_read_and_ordered_by_its_first_slot() -> None:
    found = slot_range("9235680-9437279")
    assert (found.start_slot, found.end_slot, found.ordinal) == (9_235_680, 9_437_279, 9_235_680)
    assert found.end_slot - found.start_slot + 1 == 201_600
    assert found == Period("SLOT_RANGE", "9235680-9437279", 9_235_680, 9_235_680, 9_437_279)
    assert slot_range("5-5") == Period("SLOT_RANGE", "5-5", 5, 5, 5)


@pytest.mark.parametrize("text", ["", "5", "7-5", "-1-5", "1-2-3", "01-5", "1 - 5", "a-b"])
def test_what_is_no_slot_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=SLOT_RANGE_REFUSED):
        slot_range(text)
    with pytest.raises(ValueError, match=SLOT_RANGE_REFUSED):
        ordinal_of("SLOT_RANGE", text)


def test_periods_are_ordered_by_number_and_not_by_text() -> None:
    assert ordinal_of("EPOCH", "99") < ordinal_of("EPOCH", "100")
    assert ordinal_of("SLOT_RANGE", "99-199") < ordinal_of("SLOT_RANGE", "100-101")


@pytest.mark.parametrize("text", ["", "07", "-1", "8.5", "８", "850 "])
def test_what_is_no_period_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^'.*' is not a period id such as 850$"):
        ordinal_of("EPOCH", text)


def test_the_health_example_of_the_seed() -> None:
    ages = {n: age_of(n - 800, 53, is_running=True) for n in (850, 851)}  # 800 to 852 have begun
    assert ages == {850: 2, 851: 1}


def test_the_gap_after_the_last_range_counts_as_one_period() -> None:
    assert [age_of(place, 3, is_running=False) for place in range(3)] == [3, 2, 1]
    assert [age_of(place, 3, is_running=True) for place in range(3)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("head_slot", "head_epoch", "expected"),
    [
        pytest.param(367_200_000, 850, "OPEN", id="its first slot"),
        pytest.param(367_631_999, 850, "OPEN", id="its last slot"),
        pytest.param(367_632_000, 851, "ENDED", id="one slot later"),
        pytest.param(368_063_999, 851, "ENDED", id="the end of the next"),
        pytest.param(368_064_000, 852, "FINAL", id="past the longest lag"),
    ],
)
def test_the_status_follows_the_head(head_slot: int, head_epoch: int, expected: str) -> None:
    assert status_of(epoch_period(850, MAINNET), head_slot, head_epoch - 850, LAGS) == expected


def test_epochs_are_planned_from_the_first_that_is_accounted_for_to_the_running_one() -> None:
    planner = PeriodPlanner("EPOCH", 848)
    assert planner.epochs(850, MAINNET) == tuple(epoch_period(n, MAINNET) for n in (848, 849, 850))
    assert planner.epochs(848, MAINNET) == (epoch_period(848, MAINNET),)
    assert planner.epochs(847, MAINNET) == ()


def test_windows_are_planned_up_to_the_one_of_the_head() -> None:
    planner = PeriodPlanner("BLOCK_WINDOW", 1)
    assert planner.upto(7_199) == ()
    assert planner.upto(7_200) == (block_window(1),)
    assert planner.upto(21_599) == (block_window(1), block_window(2))
    short = planner.upto(899, slots_per_epoch=1)
    assert short == tuple(block_window(n, slots_per_epoch=1) for n in (1, 2, 3))


def test_ranges_are_planned_by_their_first_slot_once_they_have_begun() -> None:
    planner = PeriodPlanner("SLOT_RANGE", 100, ("1000-1999", "100-199", "90-99", "200-299"))
    assert planner.upto(99) == ()
    assert planner.upto(100) == (slot_range("100-199"),)
    assert [found.period_id for found in planner.upto(1_000)] == ["100-199", "200-299", "1000-1999"]
    assert [found.period_id for found in planner.upto(999)] == ["100-199", "200-299"]


def test_epochs_cannot_be_planned_without_the_chains_schedule() -> None:
    with pytest.raises(
        ValueError, match="^the periods of type EPOCH follow from the chain's schedule$"
    ):
        PeriodPlanner("EPOCH", 0).upto(5)


def test_where_a_chain_is() -> None:
    ranges = (slot_range("0-9"), slot_range("100-199"))
    assert ChainHead(150, ranges).running == ranges[1]
    assert ChainHead(199, ranges).running == ranges[1]
    assert ChainHead(200, ranges).running is None
    assert ChainHead(5, ()).running is None
    passed = [ChainHead(slot, ranges).passed_percent for slot in (100, 101, 150, 199, 200)]
    assert passed == [0, 1, 50, 99, 0]
    assert ChainHead(2, (slot_range("0-2"),)).passed_percent == 66
