"""Strangers' addresses: which lie outside, and that nothing inside is ever connected to."""

from __future__ import annotations

import httpx
import pytest

from cdp_assets.errors import PermanentFailure, SourceUnavailable
from resources.http.dns import resolve
from resources.http.http_client import HttpClient, Request
from resources.http.public_network import PublicTransport, is_public_address, looks_public
from resources.http.retry import RetryPolicy


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.7", "169.254.169.254", "100.64.0.1", "224.0.0.1", "0.0.0.0", "::1",
     "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1%1", "fec0::1",
     "ff02::1", "fd00::1", "a name", ""],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1111"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80",
        "http://10.0.0.7",
        "http://[::1]:80",
        "http://localhost",
        "http://localhost.",
        "http://localhost.localdomain",
        "http://127.1",
        "http://0x7f.1",
        "http://2130706433",
        "http://db.internal",
        "http://db.internal.",
        "http://169.254.169.254",
        "http://postgres:5432",
        "http://[x",
        "http://",
    ],
)
def test_a_text_that_names_our_own_network_does_not_look_public(url: str) -> None:
    assert not looks_public(url)


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8:3104", "https://boost.example.org", "https://cid.contact."]
)
def test_a_text_that_may_lie_outside_looks_public(url: str) -> None:
    assert looks_public(url)


class Wire(httpx.BaseTransport):
    """Answers every request but those to refused addresses, and keeps them."""

    def __init__(self, *refused: str) -> None:
        self.sent: list[httpx.Request] = []
        self.refused = refused

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.host in self.refused:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={})


def ask(transport: httpx.BaseTransport, url: str = "https://boost.example.org:8443/a") -> object:
    policy = RetryPolicy(tries=1)
    with HttpClient("publisher", url, policy=policy, transport=transport) as http:
        return http.send(Request(name="block", path="/b")).failure


@pytest.mark.parametrize("found", [["10.0.0.7"], ["8.8.8.8", "127.0.0.1"], ["::ffff:10.0.0.1"]])
def test_a_name_that_leads_inside_is_not_connected_to(found: list[str]) -> None:
    wire = Wire()
    failure = ask(PublicTransport(lambda _: found, inner=wire))
    assert isinstance(failure, PermanentFailure)
    assert "not public" in failure.message
    assert wire.sent == []


@pytest.mark.parametrize("host", ["127.1", "localhost.", "0x7f000001"])
def test_the_systems_own_spellings_of_loopback_are_seen_through(host: str) -> None:
    wire = Wire()
    failure = ask(PublicTransport(resolve, inner=wire), f"http://{host}:9")
    assert isinstance(failure, PermanentFailure | SourceUnavailable)
    assert wire.sent == []


def test_the_address_that_was_checked_is_connected_to_under_the_hosts_name() -> None:
    wire = Wire("2606:4700::1111")
    assert ask(PublicTransport(lambda _: ["2606:4700::1111", "8.8.8.8"], inner=wire)) is None
    assert [str(sent.url) for sent in wire.sent] == [
        "https://[2606:4700::1111]:8443/a/b",
        "https://8.8.8.8:8443/a/b",
    ]
    for sent in wire.sent:
        assert sent.headers["host"] == "boost.example.org:8443"
        assert sent.extensions["sni_hostname"] == "boost.example.org"


def test_a_name_without_address_and_one_that_no_address_answers_for_are_unavailable() -> None:
    for transport in (
        PublicTransport(lambda _: [], inner=Wire()),
        PublicTransport(lambda _: ["8.8.8.8"], inner=Wire("8.8.8.8")),
    ):
        assert isinstance(ask(transport), SourceUnavailable)
