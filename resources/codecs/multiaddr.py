"""Multiaddrs: binary to text, and the HTTP address of an IPNI publisher (compliance §2.2).

Scope: the codes that providers really publish, and the publisher rule; not here: requesting a
publisher (``resources.sources.ipni``) or locating an address (``resources.sources.ipinfo``).
"""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

import libipld

from resources.codecs.text_sanitizing import is_plain

_LENGTH_PREFIXED = -1
# Code: name and bytes of the value (multiformats/multicodec table.csv); -1: length before it.
_PROTOCOLS: dict[int, tuple[str, int]] = {
    4: ("ip4", 4),
    6: ("tcp", 2),
    33: ("dccp", 2),
    41: ("ip6", 16),
    42: ("ip6zone", _LENGTH_PREFIXED),
    53: ("dns", _LENGTH_PREFIXED),
    54: ("dns4", _LENGTH_PREFIXED),
    55: ("dns6", _LENGTH_PREFIXED),
    56: ("dnsaddr", _LENGTH_PREFIXED),
    132: ("sctp", 2),
    273: ("udp", 2),
    290: ("p2p-circuit", 0),
    421: ("p2p", _LENGTH_PREFIXED),
    443: ("https", 0),
    448: ("tls", 0),
    449: ("sni", _LENGTH_PREFIXED),
    454: ("noise", 0),
    460: ("quic", 0),
    461: ("quic-v1", 0),
    465: ("webtransport", 0),
    466: ("certhash", _LENGTH_PREFIXED),
    477: ("ws", 0),
    478: ("wss", 0),
    480: ("http", 0),
    481: ("http-path", _LENGTH_PREFIXED),
}
_HOST = re.compile(r"^/(ip4|ip6|dns4|dns6|dns)/([^/]+)(?:/tcp/([0-9]{1,5}))?(?:/|$)")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(?:\.{_LABEL})*\.?")  # RFC 1035, §2.3.4


class NotMultiaddr(ValueError):
    """The bytes or text are not a readable multiaddr."""


@dataclass(frozen=True, slots=True)
class Host:
    """Where a multiaddr points: ``kind`` is ip4, ip6, dns, dns4 or dns6; port null: not given."""

    kind: str
    name: str
    port: int | None


def decode_multiaddr(data: bytes) -> str:
    """Return the text of a binary multiaddr.

    Raises:
        NotMultiaddr: Broken off, or with a protocol that is not known.
    """
    text, at = "", 0
    while at < len(data):
        code, at = read_varint(data, at)
        if code not in _PROTOCOLS:
            raise NotMultiaddr(f"protocol {code} is unknown")
        name, size = _PROTOCOLS[code]
        if size == _LENGTH_PREFIXED:
            size, at = read_varint(data, at)
        if at + size > len(data):
            raise NotMultiaddr("broken off")
        value, at = data[at : at + size], at + size
        text += f"/{name}" + (f"/{_value(name, value)}" if size else "")
    if not text:
        raise NotMultiaddr("empty")
    return text


def decode_base64_multiaddr(text: str) -> str:
    """Return the text of a multiaddr as a Lotus node writes it.

    Raises:
        NotMultiaddr: No base64, or no multiaddr.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:  # a character that is not ASCII is no binascii.Error
        raise NotMultiaddr(f"{text[:40]!r} is no base64") from None
    return decode_multiaddr(data)


def host_of(text: str) -> Host | None:
    """Return where a multiaddr points; null when it names no host, or an invalid one."""
    found = _HOST.match(text)
    if found is None or not _can_be(found[1], found[2]):
        return None
    port = int(found[3]) if found[3] else None
    if port is not None and port > 65535:
        return None
    return Host(found[1], found[2], port)


def _can_be(kind: str, host: str) -> bool:
    try:
        if kind == "ip4":
            ipaddress.IPv4Address(host)
        elif kind == "ip6":
            return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False
    return kind == "ip4" or _NAME.fullmatch(host) is not None


def publisher_base_url(address: str) -> str | None:
    """Return the HTTP address of a publisher; null when the multiaddr names none.

    The rule is that of compliance §2.2: base64 is decoded, ``/dns/`` counts as ``/dns4/``, and the
    form of Curio (``http-path`` with ``ipni-provider``) keeps its path behind the host.
    """
    try:
        text = address if address.startswith("/") else decode_base64_multiaddr(address)
    except NotMultiaddr:
        return None
    text = re.sub(r"^/dns/", "/dns4/", text)
    suffix = ""
    if "/http-path" in text and "ipni-provider" in text:
        text = re.sub("/{2,}", "/", text.replace("%2F", "/").replace("%2f", "/"))
        suffix = text[text.index("/ipni-provider/") :] if "/ipni-provider/" in text else ""
        text = text[: text.index("/http-path")]
        if "/tcp/" not in text:
            text = re.sub(r"/https$", "/tcp/443/https", text)
            text = re.sub(r"/http$", "/tcp/80/http", text)
    parts = text.split("/")
    host = host_of(text)
    if host is None or not {"http", "https"} & set(parts):
        return None
    scheme = "https" if "https" in parts else "http"
    name = f"[{host.name}]" if host.kind == "ip6" else host.name
    port = f":{host.port}" if host.port is not None else ""
    return f"{scheme}://{name}{port}{suffix.rstrip('/')}"


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned varint of multiformats at an offset, and the offset after it.

    Raises:
        NotMultiaddr: Broken off, or longer than nine bytes.
    """
    number = shift = 0
    while True:
        if at >= len(data) or shift > 56:
            raise NotMultiaddr("broken off in a number")
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def base58_text(data: bytes) -> str:
    """Return bytes in base58 of Bitcoin's alphabet, as peer ids are written."""
    return libipld.encode_multibase("z", data)[1:]


def _value(name: str, value: bytes) -> str:
    if name in ("ip4", "ip6"):
        return str(ipaddress.ip_address(value))
    if name in ("tcp", "udp", "dccp", "sctp"):
        return str(int.from_bytes(value, "big"))
    if name == "p2p":
        return base58_text(value)
    if name == "certhash":
        return "u" + base64.urlsafe_b64encode(value).decode().rstrip("=")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise NotMultiaddr(f"{name} is not text") from None
    if name == "http-path":
        # Publishers escape it themselves or not; either way the text holds one escape.
        return quote(unquote(text), safe="")
    if "/" in text:
        raise NotMultiaddr(f"{name} contains a slash")
    if not is_plain(text):
        raise NotMultiaddr(f"{name} contains a NUL")
    return text
