"""The control plane's own tokens: kept as SHA-256 in one file, which the command line changes, too."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from trackstack import tokens
from trackstack.control import files
from trackstack.control.access.callers import EVERY_PROJECT
from trackstack.stacks.errors import StackError
from trackstack.stacks.project import Project

RoleName = Literal["viewer", "editor", "owner"]
LONGEST_TTL = timedelta(days=366)


class AccessToken(Struct, frozen=True, kw_only=True):
    """What is kept of a token. `project` is a UUID or `*`; without `expires` it is valid until revoked."""

    id: str
    digest: str
    name: str
    project: str
    role: RoleName
    created: datetime
    expires: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires is None or now < self.expires


class Minted(NamedTuple):
    """A new token with its text, which is told once."""

    token: AccessToken
    text: str


class UnknownToken(StackError):
    """There is no access token of that id."""


class AccessFile:
    """The tokens of a project folder's control plane. Raises StackError where the file is damaged."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.json"
        self.bootstrap_path = folder / "bootstrap-token"
        self._stamp: tuple[int, ...] = ()
        self._tokens: dict[str, AccessToken] = {}

    @classmethod
    def of(cls, project: Project) -> "AccessFile":
        """The file in the folder of the project's control plane, which is made."""
        project.make()
        return cls(state_folder(project))

    def bootstrap(self) -> Path | None:
        """At the first start: an owner's token for every project; the file (0600) that holds it."""
        with self._changing():
            if self.path.exists():
                return None
            minted = _mint("bootstrap", EVERY_PROJECT, "owner", None)
            files.write(self.bootstrap_path, f"{minted.text}\n".encode())
            self._write([minted.token])
        return self.bootstrap_path

    def create(self, name: str, project: str, role: RoleName, ttl: timedelta) -> Minted:
        """A new token; the server knows it at once. Raises StackError for a `ttl` out of bounds."""
        if not timedelta(0) < ttl <= LONGEST_TTL:
            raise StackError(f"a token is valid for {LONGEST_TTL.days} days at most, and for some time")
        minted = _mint(name, project, role, ttl)
        with self._changing():
            self._write([*self.all(), minted.token])
        return minted

    def revoke(self, id_: str) -> AccessToken:
        """End a token; the server refuses it at once. Raises UnknownToken."""
        with self._changing():
            known = {token.id: token for token in self.all()}
            if id_ not in known:
                raise UnknownToken(
                    f"there is no access token {id_!r}; `trackstack access list` shows those there are"
                )
            revoked = known.pop(id_)
            self._write(list(known.values()))
        return revoked

    def all(self) -> list[AccessToken]:
        """Every token, oldest first, expired ones too."""
        return list(self._current().values())

    def find(self, token: tokens.Token) -> AccessToken | None:
        """What is kept of a token that was shown, if it is one of these and valid."""
        known = self._current().get(token.id)
        if known and tokens.matches(token, known.digest) and known.valid(datetime.now(UTC)):
            return known
        return None

    def valid(self, id_: str) -> AccessToken | None:
        """The token of that id, if it is one of these and valid."""
        known = self._current().get(id_)
        return known if known and known.valid(datetime.now(UTC)) else None

    def _current(self) -> dict[str, AccessToken]:
        """Read again whenever the file is another one, so that what is revoked is refused at once."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return {}
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._stamp:
            try:
                found = msgspec.json.decode(self.path.read_bytes(), type=list[AccessToken])
            except (msgspec.MsgspecError, UnicodeDecodeError):
                raise StackError(f"{self.path} is damaged; put it back, or remove it to start anew") from None
            self._tokens = {token.id: token for token in found}
            self._stamp = stamp
        return self._tokens

    def _write(self, found: list[AccessToken]) -> None:
        files.write(self.path, msgspec.json.format(msgspec.json.encode(found)))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One process at a time changes the file."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def state_folder(project: Project) -> Path:
    """Where a project's control plane keeps what is its own; out of git, beside the stacks' states."""
    return project.folder / "state" / "control"


def _mint(name: str, project: str, role: RoleName, ttl: timedelta | None) -> Minted:
    token, now = tokens.mint(), datetime.now(UTC)
    kept = AccessToken(
        id=token.id,
        digest=token.digest,
        name=name,
        project=project,
        role=role,
        created=now,
        expires=now + ttl if ttl else None,
    )
    return Minted(kept, token.text)
