"""Locations and names: what an answer says, and what is only a failure of the moment."""

from __future__ import annotations

import csv
import gzip
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from cdp_assets.errors import CdpError, InvalidSourceResponse, SourceUnavailable
from cdp_assets.filplus.providers.ip_info.location import ip_addresses
from resources.http.dns import resolve
from resources.http.http_client import HttpClient
from resources.http.response_validation import EndpointNotFound
from resources.http.retry import RetryPolicy
from resources.sources.ipinfo import IpLocator, Location, read_location


def body(**document: Any) -> bytes:
    return json.dumps(document).encode()


def test_a_location_is_the_two_halves_of_loc_as_written() -> None:
    assert read_location(body(loc="39.0430,-77.4870", country="US", region="", city=None)) == (
        Location("39.0430", "-77.4870", "US", None, None)
    )
    assert read_location(body(country="US")) == Location(None, None, "US", None, None)


def test_a_location_tells_the_address_its_network_and_its_zone() -> None:
    told = {"ip": "1.1.1.1", "org": "AS64500 Example", "postal": "10115", "timezone": "UTC"}
    assert read_location(body(country="DE", city="Berlin", **told)) == Location(
        None, None, "DE", None, "Berlin", "1.1.1.1", "AS64500 Example", "10115", "UTC"
    )


def test_a_bogon_has_no_location() -> None:
    assert read_location(body(ip="10.0.0.7", bogon=True)) is None
    assert read_location(body(bogon=False, country="US")) is not None


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"x",
        body(loc="here"),
        body(loc="91,0"),
        body(loc="0,181"),
        body(loc="1;2"),
        body(country=5),
    ],
)
def test_an_answer_that_is_no_location_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_location(document)


@pytest.mark.parametrize(
    ("status", "text", "failure"),
    [
        (404, b'{"status":404,"error":{"title":"Wrong ip"}}', None),
        (404, b"<html>Not Found</html>", EndpointNotFound),
        (404, b'{"detail":"Not Found"}', EndpointNotFound),
        (200, b'{"ip":"45.1.1.1","country":"US"}', None),
        (200, b'{"ip":"45.1.1.1","bogon":true}', None),
        (200, b"{}", InvalidSourceResponse),
        (200, b'{"ip":"45.1.1.2","country":"US"}', InvalidSourceResponse),
        (200, b'{"status":429,"error":{"title":"Rate limit exceeded"}}', SourceUnavailable),
    ],
)
def test_only_what_the_service_says_of_the_address_is_an_answer(
    status: int, text: bytes, failure: type[CdpError] | None
) -> None:
    with HttpClient(
        "ipinfo",
        "https://ip.test",
        policy=RetryPolicy(tries=1),
        transport=httpx.MockTransport(lambda _: httpx.Response(status, content=text)),
    ) as http:
        outcome = IpLocator(http).locate("45.1.1.1")
    assert type(outcome.failure) is (failure or type(None))


def test_every_recorded_place_comes_through_unchanged(shared_data: Path) -> None:
    with gzip.open(shared_data / "filecoin/ip/provider_ip_geo_2022-08.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2_309
    for row in rows:
        lat, long, city = row["latitude"], row["longitude"], row["city_en"]
        loc = f"{lat},{long}" if lat else None  # some addresses were found without a place
        found = read_location(body(ip=row["ip"], loc=loc, country=row["country"], city=city))
        assert found == Location(
            lat or None,
            long or None,
            row["country"] or None,
            None,
            city or None,
            row["ip"],
        )


def test_addresses_come_in_order_names_resolved_each_once() -> None:
    names = {"a.example.org": ["1.1.1.1", "2001:db8::1"], "b.example.org": []}
    multiaddrs = [
        "/ip4/9.9.9.9/tcp/1",
        "/dns4/a.example.org/tcp/1",
        "/p2p/x",
        "/dns/b.example.org/tcp/1",
        "/ip4/9.9.9.9/tcp/2",
        "/ip4/999.1.1.1/tcp/2",
        "/ip6/2001:0db8::1/tcp/1",
    ]
    assert ip_addresses(multiaddrs, lambda n: names[n]) == ["9.9.9.9", "1.1.1.1", "2001:db8::1"]


def test_a_resolver_that_fails_counts_only_where_no_address_came_before() -> None:
    def down(_: str) -> list[str]:
        raise SourceUnavailable("the name could not be looked up")

    assert ip_addresses(["/ip4/9.9.9.9/tcp/1", "/dns4/a.b/tcp/1"], down) == ["9.9.9.9"]
    with pytest.raises(SourceUnavailable):
        ip_addresses(["/dns4/a.b/tcp/1", "/ip4/9.9.9.9/tcp/1"], down)


def test_a_name_that_does_not_exist_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(code: int) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise socket.gaierror(code, "x")

        monkeypatch.setattr(socket, "getaddrinfo", refuse)

    answer(socket.EAI_NONAME)
    assert resolve("nobody.example.org") == []
    answer(socket.EAI_AGAIN)
    with pytest.raises(SourceUnavailable, match="could not be looked up"):
        resolve("somebody.example.org")


def test_the_loopback_name_resolves_with_ipv4_first() -> None:
    assert resolve("localhost")[0] == "127.0.0.1"
    assert resolve("x" * 300) == []
