"""Who is calling: a token, as `Authorization: Bearer …`, as the password of Basic authentication, or as the
browser session that was opened with one."""

import binascii
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from trackstack.server.access.admin import AdminFile
from trackstack.server.access.session import Session
from trackstack.server.errors import UNAUTHENTICATED, ApiError
from trackstack.server.routes import ADMIN, OPEN, Scope
from trackstack.server.store.callers import Caller, Level
from trackstack.server.store.store import Store
from trackstack.tokens import Token, matches, parse

_RECHECK_S = 1.0  # a revoked token is refused by every replica within this time
_NOTE_USE_MS = 60_000  # the time of last use is written at most this often
_MOST_CACHED = 10_000


@dataclass(frozen=True)
class Identity:
    """A caller: the id of the token (never its secret), what it may do, and for whom.

    `user`: whose permissions hold, empty for a token that is nobody's in particular. `tenant`: whose
    experiments and models these are, empty for a token that is for all tenants'.
    """

    token_id: str
    scope: Scope
    user: str = ""
    tenant: str = ""

    @property
    def name(self) -> str:
        """What others see of who did something."""
        return self.user or self.token_id or "anonymous"

    @property
    def named(self) -> bool:
        """Whether it is somebody's: what it makes has an owner."""
        return bool(self.user or self.tenant)

    @property
    def limited(self) -> bool:
        """Whether it may see and do less than its scope says."""
        return bool(self.user or self.tenant) and self.scope < ADMIN

    def caller(self, default: Level) -> Caller:
        """As the store knows it; `default` is what users may do with what nobody granted to them."""
        own = default if self.user and self.limited else Level.MANAGE
        return Caller(self.user, self.tenant, own)


ANYBODY = Identity("", ADMIN)
"""Every caller of a server that runs with --no-auth."""

NOBODY = Identity("", OPEN)
"""The caller of a route that asks for no token."""


@dataclass(slots=True)
class _Known:
    """A token as the store had it at the time `read` (monotonic)."""

    digest: str
    identity: Identity
    valid_until: float
    last_used_at: int
    read: float


class Authenticator:
    """Tells identities from Authorization and Cookie headers; without an admin file it lets everybody in."""

    def __init__(self, store: Store, admin: AdminFile | None, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._admin = admin
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def identify(
        self, authorization: str | None, cookie: str | None = None, host: str = "", root: str = ""
    ) -> Identity:
        """Raises ApiError UNAUTHENTICATED without a token or session that is known and valid."""
        if self._admin is None:
            return ANYBODY
        if authorization is not None:
            token = _token(authorization)
            known = await self._find(token.id) if token else None
            if token and known and matches(token, known.digest):
                return self._use(known)
        elif cookie and (session := Session.of(cookie, host, root)):
            known = await self._find(session.token_id)
            if known and session.proven(known.digest, self._clock()):
                return self._use(known)
        raise ApiError(
            UNAUTHENTICATED,
            "This server needs a token. Set MLFLOW_TRACKING_TOKEN, or send 'Authorization: Bearer <token>'."
            if authorization is None
            else "The token is not valid here: unknown, expired or revoked.",
        )

    async def open_session(self, token: str, lifetime_s: int) -> Session:
        """A browser session for who shows `token`; raises as `identify`."""
        identity = await self.identify(f"Bearer {token}")
        known = await self._find(identity.token_id) if self._admin else None
        digest = known.digest if known else ""  # without authentication any session does
        return Session.sealed(identity.token_id, digest, int(self._clock()) + lifetime_s)

    async def _find(self, id_: str) -> _Known | None:
        """The token `id_`, if it is valid now."""
        assert self._admin is not None
        admin = self._admin.current()
        if id_ == admin.id:
            return _Known(admin.digest, Identity(id_, ADMIN), float("inf"), 0, 0.0)
        known = self._known.get(id_)
        if known is None or time.monotonic() - known.read > _RECHECK_S:
            known = await self._read(id_)
        return known if known and known.valid_until > self._clock() * 1000 else None

    async def _read(self, id_: str) -> _Known | None:
        row = await self._store.tokens.find(id_)
        if row is None:
            self._known.pop(id_, None)
            return None
        if len(self._known) >= _MOST_CACHED:
            self._known.clear()
        identity = Identity(id_, Scope(row.scope), row.user, row.tenant)
        known = _Known(row.digest, identity, row.valid_until, row.last_used_at or 0, time.monotonic())
        self._known[id_] = known
        return known

    def _use(self, known: _Known) -> Identity:
        now = int(self._clock() * 1000)
        if known.read and now - known.last_used_at > _NOTE_USE_MS:  # the admin token has no row
            known.last_used_at = now
            self._store.tokens.used(known.identity.token_id, now)
        return known.identity


def _token(authorization: str) -> Token | None:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return parse(rest)
    if scheme.lower() == "basic":
        try:
            return parse(b64decode(rest, validate=True).decode().partition(":")[2])
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
