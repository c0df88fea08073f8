"""Multiaddrs and the address of a publisher (compliance §2.2), also over recorded addresses."""

from __future__ import annotations

import base64
import csv
import gzip
import ipaddress
from pathlib import Path

import pytest

from resources.codecs.multiaddr import (
    Host,
    NotMultiaddr,
    decode_base64_multiaddr,
    decode_multiaddr,
    host_of,
    publisher_base_url,
)

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
PEER = "12D3KooWHKeaNCnYByQUMS2n5PAZ1KZ9xKXqsb4bhpxVJ6bBJg5V"


def varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def binary(text: str) -> bytes:
    """The binary form, written apart from the code under test."""
    parts, out = text.split("/")[1:], b""
    while parts:
        name = parts.pop(0)
        code = {
            "ip4": 4,
            "tcp": 6,
            "ip6": 41,
            "dns": 53,
            "dns4": 54,
            "p2p": 421,
            "https": 443,
            "http": 480,
            "http-path": 481,
        }[name]
        out += varint(code)
        if name in ("http", "https"):
            continue
        value = parts.pop(0)
        if name in ("ip4", "ip6"):
            out += ipaddress.ip_address(value).packed
        elif name == "tcp":
            out += int(value).to_bytes(2, "big")
        elif name == "p2p":
            number = 0
            for letter in value:
                number = number * 58 + ALPHABET.index(letter)
            data = b"\0" * (len(value) - len(value.lstrip("1")))
            data += number.to_bytes((number.bit_length() + 7) // 8, "big")
            out += varint(len(data)) + data
        else:
            out += varint(len(value)) + value.encode()
    return out


@pytest.mark.parametrize(
    "text",
    [
        f"/dns/f010479.twinquasar.io/tcp/443/https/p2p/{PEER}",
        "/ip4/65.49.28.210/tcp/28137",
        "/ip6/2001:db8::1/tcp/80/http",
        "/dns4/curio.example.org/https/http-path/ipni-provider%2F12D3",
    ],
)
def test_the_binary_form_gives_the_text_back(text: str) -> None:
    assert decode_multiaddr(binary(text)) == text
    assert decode_base64_multiaddr(base64.b64encode(binary(text)).decode()) == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04\x01\x02",
        b"\x06\x01",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x35\x09abc",
        b"\x36\x02\xff\xff",
        b"\x35\x03a/b",
    ],
    ids=["empty", "short ip", "short port", "endless number", "short name", "no text", "slash"],
)
def test_bytes_that_are_no_multiaddr_are_refused(data: bytes) -> None:
    with pytest.raises(NotMultiaddr):
        decode_multiaddr(data)


def test_text_that_is_no_base64_is_refused() -> None:
    with pytest.raises(NotMultiaddr, match="base64"):
        decode_base64_multiaddr("not base64!")


# Compliance §2.2, clause by clause.
PUBLISHERS = {
    "/ip4/1.2.3.4/tcp/3104/http": "http://1.2.3.4:3104",
    "/ip4/1.2.3.4/http": "http://1.2.3.4",
    "/dns4/boost.example.org/tcp/443/https": "https://boost.example.org:443",
    "/dns/boost.example.org/tcp/80/http/p2p/" + PEER: "http://boost.example.org:80",
    "/ip6/2001:db8::1/tcp/3104/http": "http://[2001:db8::1]:3104",
    # Curio: escapes decoded, double slash collapsed, cut, suffix kept, port added.
    f"/dns/curio.example.org/https/http-path/%2Fipni-provider%2F{PEER}": (
        f"https://curio.example.org:443/ipni-provider/{PEER}"
    ),
    f"/dns4/curio.example.org/http/http-path/ipni-provider%2F{PEER}": (
        f"http://curio.example.org:80/ipni-provider/{PEER}"
    ),
    f"/dns4/curio.example.org/tcp/12310/https/http-path/%2Fipni-provider%2F{PEER}": (
        f"https://curio.example.org:12310/ipni-provider/{PEER}"
    ),
    "/ip4/1.2.3.4/tcp/24001": None,
    "/ip4/1.2.3.4/tcp/99999/http": None,
    "/p2p/" + PEER: None,
    **dict.fromkeys(
        [
            "/ip6/zzz/tcp/80/http",
            "/ip6/fe80::1%x/tcp/80/http",
            "/ip4/999.1.1.1/tcp/1/http",
            "/dns4/[x/tcp/80/http",
            "/dns4/a..b/tcp/80/http",
            f"/dns4/{'a' * 70}.org/http",
            f"/dns4/{'a.' * 130}org/http",
            "/dns4/u@b.org/http",
            "/dns4/a\0b/http",
            "/dns4/ä.org/http",
            "/dns4/-/http",
            "/dns4/a.org\n/http",
        ]
    ),
    "": None,
    "no base64!": None,
}


@pytest.mark.parametrize(("address", "url"), PUBLISHERS.items(), ids=list(PUBLISHERS))
def test_a_publisher_is_asked_where_its_multiaddr_says(address: str, url: str | None) -> None:
    assert publisher_base_url(address) == url
    if url is not None and "%2F" not in address:
        assert publisher_base_url(base64.b64encode(binary(address)).decode()) == url


def test_a_host_is_read_from_every_kind_of_address() -> None:
    assert host_of("/ip4/1.2.3.4/tcp/24001/p2p/x") == Host("ip4", "1.2.3.4", 24001)
    assert host_of("/dns4/a.example.org") == Host("dns4", "a.example.org", None)
    assert host_of("/p2p/12D3") is None
    assert host_of("/ip4/1.2.3.4/udp/24001") == Host("ip4", "1.2.3.4", None)


def test_every_recorded_address_survives_both_forms(shared_data: Path) -> None:
    with gzip.open(shared_data / "filecoin/ipni/retrieval_templates_2023-11.csv.gz", "rt") as file:
        recorded = {(r["provider_multiaddr"], r["protocol"]) for r in csv.DictReader(file)}
    http = {}
    for address, protocol in recorded:
        assert decode_multiaddr(binary(address)) == address
        assert host_of(address) is not None
        url = publisher_base_url(address)
        assert (url is None) == (protocol != "http")
        if url is not None:
            http[url] = address
    assert sorted(http) == [
        "http://212.6.53.122:80",
        "http://85.11.148.122:24007",
        "https://f010479.twinquasar.io:443",
        "https://f0773157:443",
    ]
    assert len({address for address, _ in recorded}) == 58
