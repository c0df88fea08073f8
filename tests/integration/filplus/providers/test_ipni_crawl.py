"""The walk of IPNI chains: complete, resumable; loops, breaks and strangers lose nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cdp_assets.filplus.providers.ipni.assets import ipni_advertisements
from cdp_assets.settings import publish_environment
from simulator.providers.ipni import IpniNetwork
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import NOW, Station, checks_of, failure_of
from tests.integration.filplus.providers.crawled import (
    A,
    B,
    C,
    advertised,
    broken,
    failed,
    fault_at,
)

pytestmark = pytest.mark.integration


def test_every_advertisement_is_counted_in_json_and_cbor_and_removals_are_rows(
    station: Station, network: IpniNetwork
) -> None:
    boost = network.publish(A, [[10, 5], [3], [], [7]], removals=[3])
    curio = network.publish(B, [[1_000, 999, 1]], kind="curio")
    made = station.run(ipni_advertisements)
    assert made.success
    assert station.rows(
        "select id, previous_id, publisher_id, entries_number, is_rm "
        "from filplus.ipni_publisher_advertisement order by publisher_id, entries_number"
    ) == [
        (boost[2], boost[1], A, 0, False),
        (boost[1], boost[0], A, 3, False),
        (boost[3], boost[2], A, 7, True),
        (boost[0], None, A, 15, False),
        (curio[0], None, B, 2_000, False),
    ]
    assert all(passed for passed, _ in checks_of(made).values())
    first = station.rows("select t::text from filplus.ipni_publisher_advertisement t order by 1")
    station.simulator.world.journal.clear()
    assert station.run(ipni_advertisements).success
    assert station.simulator.world.journal.paths.total() == 1  # the list; nothing is new
    network.publish(A, [[2]])
    assert station.run(ipni_advertisements).success
    after = station.rows("select t::text from filplus.ipni_publisher_advertisement t order by 1")
    assert set(first) < set(after)
    assert len(after) == len(first) + 1


@pytest.mark.parametrize(
    ("check", "breach"),
    [
        (
            "equal_entries_have_equal_numbers",
            "update raw_ipni.advertisement set entries_cid = 'the same' returning 1",
        ),
        (
            "chains_do_not_fork",
            "update raw_ipni.advertisement set previous_cid = 'the same' returning 1",
        ),
        (
            "providers_are_peer_ids",
            "update raw_ipni.advertisement set provider_id = 'bafynobody' returning 1",
        ),
    ],
)
def test_what_the_walk_has_read_fits_together_or_a_warning_says_so(
    station: Station, network: IpniNetwork, check: str, breach: str
) -> None:
    network.publish(A, [[1], [2, 2]])
    assert checks_of(station.run(ipni_advertisements))[check][0]
    station.rows(breach)
    made = station.run(ipni_advertisements)
    assert made.success
    assert not checks_of(made)[check][0]


def test_a_huge_chain_is_walked_over_many_runs_and_starves_nobody(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1]] * 400)
    network.publish(B, [[5, 5]])
    publish_environment({"CDP_IPNI_BLOCKS_PER_RUN": "250"})
    made = station.run(ipni_advertisements)
    assert made.success
    assert checks_of(made)["crawl_budget_sufficient"] == (False, "1 chain goes on in the next run.")
    assert advertised(station)[-1] == (B, 10, 1)
    runs = 1
    while advertised(station)[0] != (A, 400, 400):
        runs += 1
        assert runs < 6
        assert station.run(ipni_advertisements).success
    # 400 advertisements, 400 entry blocks and the other chain's 3, each fetched exactly once.
    fetched = [n for path, n in station.simulator.world.journal.paths.items() if "/ad/" in path]
    assert (sum(fetched), len(fetched), runs) == (803, 803, 4)


def test_counting_goes_on_inside_a_long_chain_of_entries(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[2] * 50])
    publish_environment({"CDP_IPNI_BLOCKS_PER_RUN": "20"})
    assert station.run(ipni_advertisements).success
    assert advertised(station) == []  # not counted to the end: no number yet
    assert station.rows("select counted_blocks from raw_ipni.advertisement") == [(19,)]
    for _ in range(2):
        assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 100, 1)]


def test_chains_that_loop_end_and_are_named(station: Station, network: IpniNetwork) -> None:
    network.publish(A, [[1], [2], [3]], loops=True)
    network.publish(B, [[4]], loops=True)
    looping = network.publish(C, [[5], [1] * 7, [6]], entries_loop=1)[1]
    made = station.run(ipni_advertisements)
    assert made.success
    assert advertised(station) == [(A, 6, 3), (B, 4, 1), (C, 11, 2)]
    assert list(broken(station)) == [looping]
    assert "its entries loop" in broken(station)[looping]
    assert checks_of(made)["no_chain_is_broken"][0] is False


def test_a_gone_advertisement_ends_a_chain_and_comes_back_a_week_later(
    station: Station, network: IpniNetwork
) -> None:
    cids = network.publish(A, [[1], [2], [4]])
    network.publish(B, [[8]])
    network.gone.add(cids[1])
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 4, 1), (B, 8, 1)]
    assert "gone" in broken(station)[cids[1]]
    assert failed(station) == {}
    network.gone.clear()
    station.simulator.world.journal.clear()
    station.at(NOW + timedelta(days=6))
    assert station.run(ipni_advertisements).success
    assert station.simulator.world.journal.paths.total() == 1  # not asked every day
    station.at(NOW + timedelta(days=8))
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 7, 3), (B, 8, 1)]
    assert broken(station) == {}


def test_a_gone_block_of_entries_loses_only_its_advertisement(
    station: Station, network: IpniNetwork
) -> None:
    cids = network.publish(A, [[1], [2, 2], [4]])
    first = network.blocks[cids[1]]["Entries"]["/"]
    network.gone.add(network.blocks[first]["Next"]["/"])
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 5, 2)]
    assert "block 2 of entries" in broken(station)[cids[1]]


def test_an_address_without_the_endpoint_is_told_from_one_that_lost_an_advertisement(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1]], kind="no endpoint")
    network.publish(B, [[1]], kind="libp2p only")
    network.publish(C, [[1]])
    made = station.run(ipni_advertisements)
    assert made.success
    assert failed(station) == {
        A: "no endpoint: the address responds with 404 for its head, too",
        B: "no address of its publisher speaks HTTP",
    }
    assert broken(station) == {}  # nothing is known to be gone
    assert checks_of(made)["publishers_reachable"] == (
        False,
        "2 of 3 could not be stored, or only in part; the rest is.",
    )
    assert advertised(station) == [(C, 1, 1)]


FAULTS = [
    FaultRule("status", status=503),
    FaultRule("status", status=451),
    FaultRule("drop"),
    FaultRule("truncated"),
]


@pytest.mark.parametrize("rule", FAULTS, ids=lambda rule: f"{rule.kind} {rule.status}")
def test_a_publisher_that_fails_is_asked_again_by_the_next_run(
    station: Station, network: IpniNetwork, rule: FaultRule
) -> None:
    network.publish(A, [[1], [2], [4]], kind="curio")
    network.publish(B, [[8]])
    fault_at(station, rule, f"/ipni-provider/{A}/")
    assert station.run(ipni_advertisements).success
    assert list(failed(station)) == [A]
    assert advertised(station) == [(B, 8, 1)]
    assert broken(station) == {}
    station.simulator.world.faults.rules.clear()
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 7, 3), (B, 8, 1)]
    assert failed(station) == {}


@pytest.mark.parametrize("rule", FAULTS, ids=lambda rule: f"{rule.kind} {rule.status}")
def test_a_block_that_always_fails_stops_neither_its_chain_nor_the_counting(
    station: Station, network: IpniNetwork, rule: FaultRule
) -> None:
    cids = network.publish(A, [[1], [2], [4, 4], [16]])
    first = network.blocks[cids[2]]["Entries"]["/"]
    fault_at(station, rule, network.blocks[first]["Next"]["/"])
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 19, 3)]
    assert "block 2 of entries" in broken(station)[cids[2]]
    network.publish(B, [[1], [2], [4]])
    cids = network.publish(B, [[8]])
    fault_at(station, rule, cids[0])
    for _ in range(2):
        assert station.run(ipni_advertisements).success
        assert advertised(station) == [(A, 19, 3)]  # the head itself: nothing to go on with
    assert failed(station) == {}
    station.simulator.world.faults.rules.clear()
    station.at(NOW + timedelta(days=1))
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 27, 4), (B, 15, 4)]
    assert broken(station) == {}


def test_a_block_that_goes_on_failing_is_asked_ever_more_rarely(
    station: Station, network: IpniNetwork
) -> None:
    cids = network.publish(A, [[1], [2]])
    fault_at(station, FAULTS[0], cids[0])
    waits = []
    for _ in range(6):
        assert station.run(ipni_advertisements).success
        ((wait, due),) = station.rows(
            "select retry_at - last_failed_at, retry_at from raw_ipni.broken_link"
        )
        waits.append(wait / timedelta(hours=1))
        station.at(due)
    assert waits == [20, 40, 80, 160, 168, 168]
    assert advertised(station) == [(A, 2, 1)]


def test_410_means_gone_as_404_does(station: Station, network: IpniNetwork) -> None:
    cids = network.publish(A, [[1], [2], [4]])
    fault_at(station, FaultRule("status", status=410), cids[0])
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 6, 2)]
    assert broken(station) == {cids[0]: "gone: the publisher responds with 410"}
    assert failed(station) == {}


STRANGE = {
    "no IPv6 address": "/ip6/zzz/tcp/80/http",
    "half a bracket": "/dns4/[x/tcp/80/http",
    "an empty label": "/dns4/a..b/tcp/80/http",
    "a long label": f"/dns4/{'a' * 70}.com/tcp/80/http",
    "no IPv4 address": "/ip4/999.1.1.1/tcp/1/http",
    "a NUL": "/dns4/a\0b/tcp/1/http",
    "a control character": "/dns4/a.example/http/http-path/%2Fipni-provider%2Fx\x07",
}


@pytest.mark.parametrize("address", STRANGE.values(), ids=list(STRANGE))
def test_a_strangers_address_does_not_stop_the_walk_of_the_others(
    station: Station, network: IpniNetwork, address: str
) -> None:
    network.publish(A, [[1]])
    network.publish(B, [[8]])
    network.addresses[A] = [address]
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(B, 8, 1)]
    assert list(failed(station)) == [A]


@pytest.mark.parametrize(
    "change",
    [
        {"ContextID": {"/": {"bytes": "a\0"}}},
        {"ContextID": {"/": {"bytes": "a" * 9_999}}},
        {"Provider": "a\0bcdefgh"},
        {"Provider": "a" * 9_999},
    ],
)
def test_a_strangers_text_does_not_stop_the_walk_of_the_others(
    station: Station, network: IpniNetwork, change: dict[str, Any]
) -> None:
    (cid,) = network.publish(A, [[1]])
    network.publish(B, [[8]])
    network.blocks[cid].update(change)
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(B, 8, 1)]
    assert list(broken(station)) == [cid]


def test_a_shared_chain_goes_on_when_the_one_it_was_walked_for_leaves(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1]] * 10)
    network.share(B, chain_of=A)
    publish_environment({"CDP_IPNI_BLOCKS_PER_RUN": "4"})
    assert station.run(ipni_advertisements).success
    assert station.rows("select distinct walked_for from raw_ipni.advertisement") == [(A,)]
    del network.published[A]
    publish_environment({"CDP_IPNI_BLOCKS_PER_RUN": "400"})
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 10, 10)]
    network.publish(C, [[1]])
    network.share(A, chain_of=B)
    assert station.run(ipni_advertisements).success
    assert station.rows(
        "select walked_for, count(*)::int from raw_ipni.advertisement group by 1 order by 1"
    ) == [(B, 10), (C, 1)]


def test_a_chain_is_handed_on_through_others_that_left(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1], [1]])
    publish_environment({"CDP_IPNI_BLOCKS_PER_RUN": "1"})
    assert station.run(ipni_advertisements).success  # the newest one only
    for provider, before in ((B, A), (C, B)):
        network.share(provider, chain_of=before)
        del network.published[before]
        network.publish(provider, [[1]])
        assert station.run(ipni_advertisements).success
    publish_environment({"CDP_IPNI_BLOCKS_PER_RUN": "400"})
    assert station.run(ipni_advertisements).success
    assert station.rows(
        "select walked_for, count(entries_number)::int from raw_ipni.advertisement group by 1"
    ) == [(C, 4)]


def test_an_unreadable_advertisement_is_kept_as_evidence(
    station: Station, network: IpniNetwork
) -> None:
    cids = network.publish(A, [[1], [2]])
    del network.blocks[cids[0]]["Provider"]
    assert station.run(ipni_advertisements).success
    assert advertised(station) == [(A, 2, 1)]
    assert "names no provider" in broken(station)[cids[0]]
    kept = station.rows(
        "select is_complete, body is not null from raw_ipni.responses where entities = %s",
        [cids[0]],
    )
    assert kept == [(False, True)]


def test_an_indexer_that_is_down_or_not_named_changes_nothing(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1]])
    assert station.run(ipni_advertisements).success
    station.simulator.world.faults.rules[:] = [FaultRule("status", path="cid-contact", status=500)]
    failure = failure_of(station.run(ipni_advertisements))
    assert "returned 500" in failure["cause"]
    assert advertised(station) == [(A, 1, 1)]
    publish_environment({"CDP_CID_CONTACT_URL": ""})
    assert failure_of(station.run(ipni_advertisements))["key"] == "CDP_CID_CONTACT_URL"


def test_the_generated_network_is_walked_to_the_end_with_its_dirt_named(station: Station) -> None:
    assert station.run(ipni_advertisements).success
    published = station.simulator.world.ipni.published
    assert set(failed(station)) == {
        p.provider for p in published.values() if p.kind in ("no endpoint", "libp2p only")
    }
    assert station.rows("select count(*) > 100 from filplus.ipni_publisher_advertisement") == [
        (True,)
    ]
    assert station.rows(
        "select count(*)::int from raw_ipni.advertisement where entries_number is null "
        "and ad_cid not in (select cid from raw_ipni.broken_link)"
    ) == [(0,)]
