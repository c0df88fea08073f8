"""The addresses of an IPNI publisher: which are asked, in which order, and what each lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from cdp_assets.filplus.providers.ipni.crawl import Crawler, CrawlReport
from cdp_assets.filplus.providers.ipni.store import store_publishers
from resources.http.http_client import HttpClient
from resources.http.public_network import NOT_PUBLIC, PublicTransport
from resources.http.retry import RetryPolicy
from resources.sources.ipni import ListedProvider
from simulator.providers.ipni import IpniNetwork
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import NOW, Station
from tests.integration.filplus.providers.crawled import A, B, broken, fault_at

pytestmark = pytest.mark.integration


def test_addresses_inside_are_asked_only_for_an_indexer_inside(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1]])
    network.publish(B, [[1]])
    port = station.simulator.url.rsplit(":", 1)[1]
    listed = [
        ListedProvider(A, A, (f"/dns4/127.1/tcp/{port}/http",), network.published[A].head),
        ListedProvider(B, B, (f"/dns4/b.example/tcp/{port}/http",), network.published[B].head),
    ]
    station.simulator.world.journal.clear()

    def opened(url: str, only_public: bool) -> HttpClient:
        transport = PublicTransport(lambda _: ["127.0.0.1"]) if only_public else None
        return HttpClient("publisher", url, policy=RetryPolicy(tries=1), transport=transport)

    with station.warehouse.connect(autocommit=True) as connection:
        store_publishers(connection, listed, NOW)
        walk = Crawler(connection, opened, only_public=True, as_of=NOW, blocks=10)
        assert walk.run(listed).failed == {A: NOT_PUBLIC, B: NOT_PUBLIC}
        assert station.simulator.world.journal.paths.total() == 0
        walk = Crawler(connection, opened, only_public=False, as_of=NOW, blocks=10)
        assert list(walk.run(listed[:1]).failed) == []
    assert station.simulator.world.journal.paths.total() == 2


PRIVATE = "/ip4/10.0.0.4/tcp/3104/http"
SECOND = "/dns/sp.example.org/tcp/3104/http"


class ToTheSimulator(httpx.HTTPTransport):
    """Connects to the simulator for one public address; any other one refuses connections."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_served = request.url.host == "8.8.8.8"
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port if is_served else 1)
        return super().handle_request(request)


def walk_of(station: Station, addresses: Sequence[str], *, blocks: int = 10) -> CrawlReport:
    """Walk the chain of A at its listed addresses; only public ones may be connected to."""
    head = station.simulator.world.ipni.published[A].head
    listed = [ListedProvider(A, A, tuple(addresses), head)]
    port = int(station.simulator.url.rsplit(":", 1)[1])
    names = {
        "sp.example.org": ["8.8.8.8"],
        "dead.example.org": ["9.9.9.9"],
        "inside.example.org": ["127.0.0.1"],
    }

    def opened(url: str, only_public: bool) -> HttpClient:
        assert only_public
        transport = PublicTransport(
            lambda name: names.get(name, [name] if name[0].isdigit() else []),
            inner=ToTheSimulator(port),
        )
        return HttpClient("publisher", url, policy=RetryPolicy(tries=1), transport=transport)

    with station.warehouse.connect(autocommit=True) as connection:
        store_publishers(connection, listed, NOW)
        return Crawler(connection, opened, only_public=True, as_of=NOW, blocks=blocks).run(listed)


@pytest.mark.parametrize(
    ("first", "spent"),
    [
        (PRIVATE, 0),
        ("/ip4/127.0.0.1/tcp/3104/http", 0),
        ("/dns4/localhost/tcp/3104/http", 0),
        ("/ip4/8.8.8.8/tcp/3104", 0),
        ("/dns4/unresolvable.example.org/tcp/80/http", 1),
        ("/dns4/dead.example.org/tcp/3104/http", 1),
        ("/dns4/inside.example.org/tcp/80/http", 1),
        ("/dns4/sp.example.org/tcp/80/http/http-path/%2Fipni-provider%2Fnobody", 1),
    ],
)
def test_an_address_that_does_not_serve_is_skipped_to_the_next(
    station: Station, network: IpniNetwork, first: str, spent: int
) -> None:
    network.publish(A, [[1], [2]])
    report = walk_of(station, [first, SECOND])
    assert report.failed == {}
    assert station.rows(
        "select sum(entries_number)::int, count(*)::int from raw_ipni.advertisement"
    ) == [(3, 2)]
    assert report.fetched == 4 + spent  # what is never connected to costs nothing of the budget


def test_of_addresses_that_all_serve_only_the_first_is_requested(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1], [2]])
    station.simulator.world.journal.clear()
    assert walk_of(station, [SECOND, "/dns4/dead.example.org/tcp/80/http"]).failed == {}
    assert station.simulator.world.journal.paths.total() == 4


def test_the_reasons_of_all_addresses_are_told_and_each_is_within_the_budget(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1]])
    dead = [f"/dns4/dead.example.org/tcp/{port}/http" for port in range(1, 30)]
    report = walk_of(station, [PRIVATE, *dead[:2]])
    assert report.failed[A] == (
        f"none of its publisher's 3 addresses serves it (1: {NOT_PUBLIC}; "
        "2: no response (ConnectError); 3: no response (ConnectError))"
    )
    report = walk_of(station, dead, blocks=5)
    assert (report.fetched, report.failed, report.unfinished) == (5, {}, [A])
    assert "16 addresses" in walk_of(station, dead, blocks=50).failed[A]


def test_a_chain_is_walked_on_at_the_next_address_when_one_fails_on_the_way(
    station: Station, network: IpniNetwork
) -> None:
    cids = network.publish(A, [[1], [2], [4]], kind="curio")
    curio = f"/dns4/sp.example.org/tcp/80/http/http-path/%2Fipni-provider%2F{A}"
    fault_at(station, FaultRule("status", status=503), f"/ipni-provider/{A}/ipni/v1/ad/{cids[1]}")
    station.simulator.world.faults.rules.append(
        FaultRule("status", path=f"/ipni-provider/{A}/ipni/v1/ad/head", status=503)
    )
    assert walk_of(station, [curio, SECOND]).failed == {}
    assert station.rows("select sum(entries_number)::int from raw_ipni.advertisement") == [(7,)]
    assert broken(station) == {}


def test_a_publisher_that_limits_requests_is_left_alone_at_its_other_addresses(
    station: Station, network: IpniNetwork
) -> None:
    network.publish(A, [[1]], kind="curio")
    fault_at(station, FaultRule("status", status=429), "/ipni-provider/")
    curio = f"/dns4/sp.example.org/tcp/80/http/http-path/%2Fipni-provider%2F{A}"
    assert walk_of(station, [curio, SECOND]).failed == {A: "returned 429"}


def test_a_publisher_that_moved_is_walked_where_its_newest_advertisement_is(
    station: Station, network: IpniNetwork
) -> None:
    (cid,) = network.publish(A, [[5]], kind="curio")
    fault_at(station, FaultRule("status", status=404), f"/ipni-provider/{A}/ipni/v1/ad/{cid}")
    curio = f"/dns4/sp.example.org/tcp/80/http/http-path/%2Fipni-provider%2F{A}"
    assert walk_of(station, [curio, SECOND]).failed == {}
    assert station.rows("select entries_number::int from raw_ipni.advertisement") == [(5,)]
    assert broken(station) == {}


def curio_of(provider: str) -> str:
    return f"/dns4/sp.example.org/tcp/80/http/http-path/%2Fipni-provider%2F{provider}"


def lacks(station: Station, provider: str, cid: str, rule: FaultRule) -> None:
    """Have the address below one provider's path fail for one block."""
    station.simulator.world.faults.rules.append(
        replace(rule, path=f"/ipni-provider/{provider}/ipni/v1/ad/{cid}")
    )


LACKS = [
    FaultRule("status", status=404),
    FaultRule("status", status=410),
    FaultRule("status", status=503),
    FaultRule("truncated"),
]


@pytest.mark.parametrize("rule", LACKS, ids=lambda rule: f"{rule.kind} {rule.status}")
def test_what_the_first_address_lacks_is_requested_from_the_next(
    station: Station, network: IpniNetwork, rule: FaultRule
) -> None:
    cids = network.publish(A, [[1], [2], [2, 2]], kind="curio")
    first = network.blocks[cids[2]]["Entries"]["/"]
    lacks(station, A, cids[1], rule)
    lacks(station, A, network.blocks[first]["Next"]["/"], rule)
    assert walk_of(station, [curio_of(A), SECOND], blocks=20).failed == {}
    assert station.rows("select sum(entries_number)::int from raw_ipni.advertisement") == [(7,)]
    assert broken(station) == {}


def test_addresses_that_each_lack_another_block_serve_the_chain_together(
    station: Station, network: IpniNetwork
) -> None:
    cids = network.publish(A, [[1], [2], [4]], kind="curio")
    network.publish(B, [[8]], kind="curio")
    lacks(station, A, cids[1], LACKS[0])
    lacks(station, B, cids[0], LACKS[0])
    assert walk_of(station, [curio_of(A), curio_of(B)], blocks=20).failed == {}
    assert station.rows("select sum(entries_number)::int from raw_ipni.advertisement") == [(7,)]
    assert broken(station) == {}


@pytest.mark.parametrize(
    ("others", "hours"), [([], 168), ([SECOND], 168), (["/dns4/dead.example.org/tcp/80/http"], 20)]
)
def test_a_block_is_gone_only_when_no_address_has_it(
    station: Station, network: IpniNetwork, others: list[str], hours: int
) -> None:
    cids = network.publish(A, [[1], [2], [4]], kind="curio")
    network.gone.add(cids[1])
    assert walk_of(station, [*others, curio_of(A)], blocks=20).failed == {}
    assert station.rows(
        "select reason, extract(epoch from retry_at - last_failed_at)::int / 3600 "
        "from raw_ipni.broken_link"
    ) == [("gone: the publisher responds with 404", hours)]
    assert station.rows("select sum(entries_number)::int from raw_ipni.advertisement") == [(4,)]
