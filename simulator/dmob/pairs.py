"""Which client stores with which provider, and how much: the pair set of a simulated network.

Scope: actor ids, the pair set and each pair's share of the deals; not here: deal rows (``deals``)
and grants (``clients``). The set is a function of seed, clients, providers and pairs alone, so two
databases of different length share it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import cycle

from simulator.dmob.calibration import (
    DEALS_PER_CLIENT,
    PROVIDERS_PER_CLIENT,
    TOP_PROVIDER_SHARE,
    quantile,
)
from simulator.randomness import stream

SHARES = 1 << 16  # draws of the deal statement have 16 bits

# Ranges that never meet: allocators below 900,000, providers below 3,000,000, then clients.
_FIRST_PROVIDER, _PROVIDER_STEP = 1_000_000, 11
_FIRST_CLIENT, _CLIENT_STEP = 3_100_000, 7
MAX_PROVIDERS = 180_000

_CLIENT_BITS, _GROUP_BITS = (
    36,
    28,
)  # piece number = client · 2^36 + replica group · 2^28 + running number


@dataclass(frozen=True)
class Pair:
    """One (client, provider) pair.

    Attributes:
        client: Client number, from 1.
        provider: Provider number, from 1.
        slots: Slots of the draw that this pair owns: its share of all deals is slots / slot count.
        first_slot: First of its slots, from 0.
        piece_base: Where the numbers of its pieces begin; pairs with an equal base share pieces
            (replicas).
        partner_base: The base of another client, whose pieces this one stores now and then.
        shared: Deals out of 65,536 that store a piece of the partner (CID sharing).
        duplicated: Deals out of 65,536 that store a piece which this pair stored before.
    """

    client: int
    provider: int
    slots: int
    first_slot: int
    piece_base: int
    partner_base: int
    shared: int
    duplicated: int


def client_id(number: int) -> int:
    """Return the bare actor id of a client number (from 1)."""
    return _FIRST_CLIENT + _CLIENT_STEP * number


def provider_id(number: int) -> int:
    """Return the bare actor id of a provider number (from 1)."""
    return _FIRST_PROVIDER + _PROVIDER_STEP * number


def build_pairs(seed: int, clients: int, providers: int, pairs: int | None) -> list[Pair]:
    """Draw the pair set, ordered by (client, place of the provider inside the client).

    Every client and every provider has at least one pair. Without ``pairs`` the number of
    providers per client follows the calibration; with it the set has exactly that size.

    Raises:
        ValueError: The requested size cannot hold every actor, or exceeds clients × providers.
    """
    rng = stream("pairs", seed, clients, providers, pairs)
    ranks = list(range(clients))
    rng.shuffle(ranks)
    chosen = _choose_providers(rng, ranks, providers, pairs)
    size_of_client = [quantile(DEALS_PER_CLIENT, (rank + 0.5) / clients) for rank in ranks]
    weights = [
        [size_of_client[client] * share for share in _shares(rng, len(chosen[client]))]
        for client in range(clients)
    ]
    slots = _slots_of(weights, sum(map(len, chosen)))
    partners = _bigger_clients(ranks)
    duplication = [_duplication(rng) for _ in range(providers)]
    result: list[Pair] = []
    first_slot = 0
    for client in range(clients):
        shared = SHARES * 3 // 100 if rng.random() < 0.1 else 0  # [R] usually none, else a few %
        # [R] pieces spread over one to ten providers; three clients in ten have single copies.
        replicas = 1 if rng.random() < 0.3 else rng.randint(2, 10)
        for place, provider in enumerate(chosen[client]):
            group = place // replicas
            result.append(
                Pair(
                    client=client + 1,
                    provider=provider + 1,
                    slots=slots[client][place],
                    first_slot=first_slot,
                    piece_base=((client + 1) << _CLIENT_BITS) + (group << _GROUP_BITS),
                    partner_base=(partners[client] + 1) << _CLIENT_BITS,
                    shared=shared if partners[client] != client else 0,
                    duplicated=duplication[provider],
                )
            )
            first_slot += slots[client][place]
    return result


def slot_count(pairs: int) -> int:
    """Return the size of the draw: the power of two that gives each pair room for its weight."""
    return max(1_024, 1 << (4 * pairs - 1).bit_length())


def _choose_providers(
    rng: random.Random, ranks: list[int], providers: int, pairs: int | None
) -> list[list[int]]:
    clients = len(ranks)
    smallest = max(clients, providers)
    if pairs is not None and not smallest <= pairs <= clients * providers:
        raise ValueError(
            f"pairs = {pairs}: each of {clients} clients and {providers} providers needs one, and "
            f"there are at most {clients * providers}; give {smallest} to {clients * providers}"
        )
    popularity = list(range(providers))
    rng.shuffle(popularity)
    chosen: list[list[int]] = [[] for _ in range(clients)]
    for number in range(smallest):
        chosen[number % clients].append(popularity[number % providers])
    wanted = _provider_counts(rng, ranks, providers)
    target = pairs or max(smallest, sum(wanted))
    turns = [client for client in range(clients) for _ in range(wanted[client])]
    rng.shuffle(turns)
    missing = target - smallest
    members = [set(row) for row in chosen]
    for client in cycle(turns):
        if not missing:
            break
        if len(members[client]) == providers:
            continue
        place = int(providers * rng.random() ** 1.5)
        while popularity[place] in members[client]:
            place = (place + 1) % providers
        members[client].add(popularity[place])
        chosen[client].append(popularity[place])
        missing -= 1
    return chosen


def _provider_counts(rng: random.Random, ranks: list[int], providers: int) -> list[int]:
    """Give big clients more providers than small ones, with the calibrated distribution."""
    clients = len(ranks)
    noisy = sorted(
        range(clients), key=lambda client: (ranks[client] + rng.gauss(0, clients / 4), client)
    )
    counts = [0] * clients
    for place, client in enumerate(noisy):
        count = round(quantile(PROVIDERS_PER_CLIENT, (place + 0.5) / clients))
        counts[client] = min(providers, count)
    return counts


def _shares(rng: random.Random, providers: int) -> list[float]:
    """Split a client over its providers: the calibrated largest share, then harmonic."""
    top = quantile(TOP_PROVIDER_SHARE, rng.random())
    if providers == 1:
        return [1.0]
    top = min(max(top, 1 / providers), 0.98)
    rest = [1 / place for place in range(1, providers)]
    return [top] + [(1 - top) * value / sum(rest) for value in rest]


def _slots_of(weights: list[list[float]], pairs: int) -> list[list[int]]:
    """Share the slots by weight; every pair gets one, the remainder goes to the largest pair."""
    total = slot_count(pairs)
    everything = sum(map(sum, weights))
    slots = [[1 + int((total - pairs) * value / everything) for value in row] for row in weights]
    _, client, place = max(
        (value, -client, -place)
        for client, row in enumerate(weights)
        for place, value in enumerate(row)
    )
    slots[-client][-place] += total - sum(map(sum, slots))
    return slots


def _bigger_clients(ranks: list[int]) -> list[int]:
    """Return for each client one with more deals (the largest: itself)."""
    by_rank = {rank: client for client, rank in enumerate(ranks)}
    top = len(ranks) - 1
    return [by_rank[top - (top - rank) // 2] for rank in ranks]


def _duplication(rng: random.Random) -> int:
    """[R] Duplicates inside one provider: none for most, 0.01-0.8 % often, 7-20 % for a few."""
    draw = rng.random()
    if draw < 0.70:
        return 0
    low, high = (7, 524) if draw < 0.96 else (SHARES * 7 // 100, SHARES // 5)
    return rng.randint(low, high)
