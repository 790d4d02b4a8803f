"""Sign-ins to the console: a random key in a cookie, and who holds it, in a file (0600) by the key's SHA-256.

So they outlive the control plane's process, and nothing on the disk opens one. The cookie says nothing of the
token. A token that is revoked ends its sessions at once.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from trackstack.control import files
from trackstack.control.access.callers import Caller, Role

log = logging.getLogger("trackstack.control")

_MOST = 10_000


class Session(Struct, frozen=True):
    """Who signed in; `expires` by the clock of the sessions."""

    name: str
    roles: dict[str, Role]
    expires: float

    @property
    def caller(self) -> Caller:
        """Who that is."""
        return Caller(self.name, self.roles)


class Sessions:
    """The sessions by the SHA-256 of their keys; beyond ten thousand the oldest end."""

    def __init__(self, folder: Path, lifetime_s: float, clock: Callable[[], float] = time.time) -> None:
        self.lifetime_s = lifetime_s
        self._path = folder / "sessions.json"
        self._clock = clock
        self._changing = threading.Lock()
        self._sessions = self._read()

    def open(self, caller: Caller) -> str:
        """The key of a new session. Raises OSError where it cannot be kept."""
        key = secrets.token_urlsafe(32)
        now = self._clock()
        with self._changing:
            kept = {key: each for key, each in self._sessions.items() if now < each.expires}
            if len(kept) >= _MOST:
                del kept[next(iter(kept))]
            kept[_kept(key)] = Session(caller.name, dict(caller.roles), now + self.lifetime_s)
            self._write(kept)
        return key

    def find(self, key: str) -> Session | None:
        """The session of that key, if it has not ended."""
        session = self._sessions.get(_kept(key))
        return session if session and self._clock() < session.expires else None

    def close(self, key: str) -> None:
        """End the session of that key. Raises OSError where that cannot be kept."""
        with self._changing:
            self._write({kept: each for kept, each in self._sessions.items() if kept != _kept(key)})

    def _write(self, sessions: dict[str, Session]) -> None:
        files.write(self._path, msgspec.json.encode(sessions))
        self._sessions = sessions

    def _read(self) -> dict[str, Session]:
        """Those of a control plane before; none lasts longer than one that begins now."""
        latest = self._clock() + self.lifetime_s
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Session])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            log.warning("%s cannot be read; everybody signs in to the console again", self._path)
            return {}
        return {
            key: msgspec.structs.replace(each, expires=min(each.expires, latest))
            for key, each in found.items()
        }


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
