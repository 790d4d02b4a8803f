"""What protects a service on loopback from pages in its user's browser: checks of Host and Origin.

Without the first, a page may rebind its own name to 127.0.0.1 and read everything (CVE-2025-14279); without
the second, it may post forms (CVE-2023-43472).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:/@\[\]]+))(?::[0-9]{1,5})?")


class ForeignRequest(Exception):
    """A request for another host, or of another site's page."""


def names(text: str) -> frozenset[str]:
    """The items of a comma-separated setting, in lower case."""
    return frozenset(item.strip().lower() for item in text.split(",") if item.strip())


class BrowserGuard:
    """Refuses requests for foreign hosts, and those that foreign pages make.

    Of `hosts`, `*` allows all, `*.example.org` every name below that one, and any other `*` stands for a
    single label. `setting` is the name of the setting that holds them, for who forgot one.
    """

    def __init__(self, hosts: Iterable[str], origins: Iterable[str], setting: str) -> None:
        self._hosts = frozenset(hosts)
        self._wild = [_pattern(host) for host in self._hosts if "*" in host]
        self._origins = frozenset(origins)
        self._setting = setting
        self._known = lru_cache(maxsize=1024)(self._allows)

    def check(self, hosts: list[bytes], origins: list[bytes], site: bytes | None) -> None:
        """Raises ForeignRequest; takes the values of Host, Origin and Sec-Fetch-Site."""
        if len(hosts) != 1 or not self._known(hosts[0]):
            raise ForeignRequest(f"Invalid Host header. Names of this server belong into {self._setting}.")
        if not origins:
            if site == b"cross-site":
                raise ForeignRequest("Cross-origin request blocked")
            return
        origin = origins[0].decode("latin-1").lower()
        same = urlsplit(origin).netloc == hosts[0].decode("latin-1").lower()
        if len(origins) != 1 or not (same or origin in self._origins):
            raise ForeignRequest("Cross-origin request blocked")

    def _allows(self, header: bytes) -> bool:
        if "*" in self._hosts:
            return True
        match = _HOST.fullmatch(header.decode("latin-1").lower())
        if match is None:
            return False
        host = match[1] or match[2]
        if host in self._hosts or host == "localhost":
            return True
        if any(pattern.fullmatch(host) for pattern in self._wild):
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or address.is_private


def _pattern(host: str) -> re.Pattern[str]:
    below = host.startswith("*.")
    labels = r"[^.]+".join(re.escape(part) for part in host.removeprefix("*.").split("*"))
    return re.compile(rf"([^.]+\.)+{labels}" if below else labels)
