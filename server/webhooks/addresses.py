"""Which addresses the server calls: public ones, unless its owner allows private ones.

The name is resolved once and the connection goes to the address that was looked at, so that a name which
changes its mind in between (DNS rebinding, CVE-2026-64849) leads nowhere.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from trackstack.server.errors import invalid

MAX_URL_CHARACTERS = 2048

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):
    """The host has no address that may be called; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = self.port == (443 if self.scheme == "https" else 80)
        return host if default else f"{host}:{self.port}"


def parse(url: str, private: bool) -> Target:
    """Raises ApiError for what is no web address, or one that carries a password.

    Plain http is for private networks only.
    """
    schemes = ("https", "http") if private else ("https",)
    if not url.strip():
        raise invalid(f"Webhook URL cannot be empty or just whitespace: {url[:100]!r}")
    if len(url) > MAX_URL_CHARACTERS or not url.isascii() or any(c <= " " or c in '\\"<>\x7f' for c in url):
        raise invalid(
            "Invalid webhook URL: it must be an ASCII URL of at most 2048 characters, without spaces."
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise invalid(f"Invalid webhook URL {url[:100]!r}.") from None
    if parts.scheme not in schemes:
        raise invalid(
            f"Invalid webhook URL scheme: {parts.scheme!r}. Allowed schemes are: {', '.join(schemes)}."
        )
    if not host:
        raise invalid(f"Webhook URL must include a hostname: {url[:100]!r}")
    if "@" in parts.netloc or parts.fragment:
        raise invalid("Invalid webhook URL: it must not hold a user name, password or fragment.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


async def resolve(target: Target, private: bool) -> str:
    """An address to connect to. Raises Unreachable if there is none, or if any of them may not be called."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"Webhook URL's host {target.host!r} cannot be resolved.") from None
    addresses = [str(item[4][0]) for item in found]
    if not private and not all(map(is_public, addresses)):
        raise Unreachable(
            f"Webhook URL must not resolve to a non-public IP address. {target.host!r} does so."
        )
    return addresses[0]


async def check(url: str, private: bool) -> None:
    """Raises ApiError for a URL that names nothing that may be called; it is looked at again when it is."""
    try:
        await resolve(parse(url, private), private)
    except Unreachable as error:
        raise invalid(str(error)) from None


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the open internet, whatever it is wrapped in."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour or address.teredo:
            return False
        if address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        else:
            address = address.ipv4_mapped or address
    return address.is_global and not address.is_multicast
