"""The pair set: its size, who is in it, and what it depends on."""

from __future__ import annotations

from collections import Counter

import pytest

from simulator.dmob.calibration import PROVIDERS_PER_CLIENT, quantile
from simulator.dmob.pairs import build_pairs, client_id, provider_id, slot_count


def test_every_client_and_every_provider_has_a_pair() -> None:
    pairs = build_pairs(seed=1, clients=40, providers=70, pairs=None)
    assert {pair.client for pair in pairs} == set(range(1, 41))
    assert {pair.provider for pair in pairs} == set(range(1, 71))


def test_a_wanted_number_of_pairs_is_met_exactly_and_without_repeats() -> None:
    pairs = build_pairs(seed=1, clients=20, providers=30, pairs=217)
    assert len({(pair.client, pair.provider) for pair in pairs}) == len(pairs) == 217


@pytest.mark.parametrize("pairs", [29, 601], ids=["too few for all", "more than there can be"])
def test_an_impossible_number_of_pairs_is_refused(pairs: int) -> None:
    with pytest.raises(ValueError, match="give 30 to 600"):
        build_pairs(seed=1, clients=20, providers=30, pairs=pairs)


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others() -> None:
    assert build_pairs(5, 20, 30, None) == build_pairs(5, 20, 30, None)
    assert build_pairs(5, 20, 30, None) != build_pairs(6, 20, 30, None)


def test_slots_fill_the_draw_without_a_hole_and_each_pair_has_one() -> None:
    pairs = build_pairs(seed=3, clients=50, providers=40, pairs=None)
    expected_first = 0
    for pair in pairs:
        assert pair.first_slot == expected_first
        assert pair.slots >= 1
        expected_first += pair.slots
    assert expected_first == slot_count(len(pairs))


def test_few_clients_hold_most_of_the_deals() -> None:
    slots: Counter[int] = Counter()
    for pair in build_pairs(seed=3, clients=1_000, providers=800, pairs=None):
        slots[pair.client] += pair.slots
    shares = sorted(slots.values(), reverse=True)
    assert 0.65 < sum(shares[:100]) / sum(shares) < 0.90  # 85 % in the real dump


def test_the_median_client_has_two_to_four_providers_as_in_the_real_dump() -> None:
    counts = Counter(pair.client for pair in build_pairs(3, 1_000, 800, None))
    median = sorted(counts.values())[500]
    assert 2 <= median <= 4
    assert quantile(PROVIDERS_PER_CLIENT, 0.5) == 2


def test_actor_ids_of_clients_and_providers_never_meet() -> None:
    assert provider_id(180_000) < client_id(1)
