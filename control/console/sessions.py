"""Sign-ins to the console: a random key in a cookie, and who holds it in memory.

Nothing of a session is on the disk, and the cookie says nothing of the token. A token that is revoked ends
its sessions at once; a control plane that starts anew knows none.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trackstack.control.access.callers import Caller

_MOST = 10_000


@dataclass(frozen=True)
class Session:
    """Who signed in; `expires` by the clock of the sessions."""

    caller: Caller
    expires: float


class Sessions:
    """The sessions by the SHA-256 of their keys; beyond ten thousand the oldest end."""

    def __init__(self, lifetime_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.lifetime_s = lifetime_s
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def open(self, caller: Caller) -> str:
        """The key of a new session."""
        now = self._clock()
        self._sessions = {key: each for key, each in self._sessions.items() if now < each.expires}
        if len(self._sessions) >= _MOST:
            del self._sessions[next(iter(self._sessions))]
        key = secrets.token_urlsafe(32)
        self._sessions[_kept(key)] = Session(caller, now + self.lifetime_s)
        return key

    def find(self, key: str) -> Session | None:
        """The session of that key, if it has not ended."""
        session = self._sessions.get(_kept(key))
        return session if session and self._clock() < session.expires else None

    def close(self, key: str) -> None:
        """End the session of that key."""
        self._sessions.pop(_kept(key), None)


def _kept(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True)
class Cookie:
    """A cookie of the console's: out of scripts' reach, for this host and port alone.

    Browsers share cookies among the ports of a host, so the name carries the port. Where pages come by TLS,
    it has the prefix that keeps other hosts of the domain from setting it (RFC 6265bis).
    """

    name: str
    secure: bool

    @classmethod
    def of(cls, name: str, host: str, *, secure: bool) -> "Cookie":
        """The cookie of that name for pages of `host`."""
        port = host.rpartition(":")[2]
        own = f"{name}-{port}" if port.isascii() and port.isdigit() else name
        return cls(f"__Host-{own}" if secure else own, secure)

    def read(self, cookies: Mapping[str, str]) -> str:
        """Its value among a request's; empty where there is none."""
        return cookies.get(self.name, "")

    def write(self, value: str, max_age_s: int, *, site: str = "Strict") -> str:
        """The Set-Cookie header that sets it."""
        secure = "; Secure" if self.secure else ""
        return f"{self.name}={value}; Max-Age={max_age_s}; Path=/; HttpOnly; SameSite={site}{secure}"
