"""Who may work on a stack: the Pulumi CLI's lock files, and a lock of the operating system besides.

The CLI's protocol (list, write one's own file, list again) lets two give way to each other. Among processes
of ours on one machine the system's lock (`flock`) decides before, so exactly one proceeds; it also tells for
sure that a lock file of ours whose process was killed is left over. Source: pulumi `pkg/backend/diy/lock.go`.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trackstack.engine.checkpoint import encode, now
from trackstack.engine.errors import LockedError, StateError
from trackstack.engine.filesystem import FILE_MODE, Filesystem, attributes

_CLOCK_SLACK = 2.0  # seconds that a process may seem younger than the lock it wrote: rounding of start times

_PATIENCE = 100  # tries, 10 ms apart, while the gate is shut and no lock file says by whom


@dataclass(frozen=True)
class Holder:
    """Whose lock it is; unreadable parts are None. `since` is the lock file's time, `path` the file."""

    pid: int | None
    username: str | None
    hostname: str | None
    since: datetime | None
    path: Path
    ours: bool = False

    def __str__(self) -> str:
        if self.pid is None:
            return f"an unknown holder ({self.path} is not readable as a lock)"
        since = f" since {self.since.isoformat(timespec='seconds')}" if self.since else ""
        return f"{self.username}@{self.hostname} (pid {self.pid}){since}"

    def is_dead(self) -> bool:
        """Whether it was a process of this machine that is no more; never so for another machine's."""
        if self.pid is None or self.hostname != socket.gethostname():
            return False
        import psutil  # slow to import, seldom needed

        try:
            started = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return False
        return self.since is not None and started > self.since.timestamp() + _CLOCK_SLACK


class StackLock:
    """One stack's lock files in `folder`, and `gate`, the file that the system's lock is on."""

    def __init__(self, folder: Path, gate: Path, stack: str, files: Filesystem) -> None:
        self._folder = folder
        self._gate = gate
        self._stack = stack
        self._files = files

    def holder(self) -> Holder | None:
        """Who holds the stack, None if nobody alive does. Changes nothing."""
        return next((holder for holder in self._holders() if not holder.is_dead()), None)

    def unlock(self) -> None:
        """Removes every lock file, whoever holds it, as `pulumi cancel` does."""
        for name in self._files.list(self._folder):
            self._remove(self._folder / name)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the stack inside the `with`. Raises LockedError naming the holder, or StateError."""
        import uuid  # slow to import; listing does not need it

        with self._gated():
            self._clear_or_refuse()
            path = self._folder / f"{uuid.uuid4()}.json"
            self._files.write(path, encode(_own()), prepared=self._gate, durable=False)
            try:
                self._clear_or_refuse(own=path)
                yield
            finally:
                self._remove(path)

    @contextmanager
    def _gated(self) -> Iterator[None]:
        file = self._enter_gate()
        try:
            yield
        finally:
            os.close(file)

    def _enter_gate(self) -> int:
        """The gate's descriptor, with the system's lock on it.

        A shut gate without a lock file is of somebody who writes one the moment after, or of nobody: a
        process that another thread has just forked has a copy of what is closed here, until it executes.
        """
        self._files.make_folder(self._gate.parent)
        for _ in range(_PATIENCE):
            try:
                file = os.open(self._gate, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
            except OSError as error:
                raise StateError(f"cannot open {self._gate}: {error.strerror}") from error
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_gate(file):
                    return file
            except BlockingIOError:
                if holder := self.holder():
                    os.close(file)
                    raise self._refusal(holder) from None
                time.sleep(0.01)
            except OSError as error:
                os.close(file)
                raise StateError(f"cannot lock {self._gate}: {error.strerror}") from error
            os.close(file)  # else it was removed with its stack between our two calls
        raise self._refusal(None)

    def _is_gate(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._gate))
        except FileNotFoundError:
            return False

    def _clear_or_refuse(self, own: Path | None = None) -> None:
        """Removes what dead processes left; raises LockedError if anybody else remains."""
        for holder in self._holders():
            if holder.path == own:
                continue
            left_over = holder.ours and holder.hostname == socket.gethostname()  # for the gate is ours
            if not left_over and not holder.is_dead():
                raise self._refusal(holder)
            self._remove(holder.path)

    def _remove(self, path: Path) -> None:
        self._files.remove(path)
        self._files.remove(attributes(path))

    def _refusal(self, holder: Holder | None) -> LockedError:
        by = holder or "another process that is just starting"
        return LockedError(
            f"stack {self._stack} is locked by {by}; wait for it, "
            f"or if it is gone remove the lock (`trackstack unlock`, `pulumi cancel`)",
            holder,
        )

    def _holders(self) -> Iterator[Holder]:
        for name in self._files.list(self._folder):
            path = self._folder / name
            data = self._files.read(path)
            if data is not None:  # else it was released meanwhile
                yield _holder(path, data)


def _own() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "username": getpass.getuser(),
        "hostname": socket.gethostname(),
        "timestamp": now(),
        "flock": True,  # a key of ours, which the CLI ignores: the gate tells whether this process lives
    }


def _holder(path: Path, data: bytes) -> Holder:
    content: object = None
    with suppress(ValueError):
        content = json.loads(data)
    pid = content.get("pid") if isinstance(content, dict) else None
    if (
        not isinstance(content, dict)
        or isinstance(pid, bool)
        or not isinstance(pid, int)
        or not 0 < pid < 2**31
    ):
        return Holder(None, None, None, None, path)
    since = None
    with suppress(KeyError, TypeError, ValueError):
        since = datetime.fromisoformat(content["timestamp"])
    return Holder(
        pid,
        str(content.get("username")),
        str(content.get("hostname")),
        since,
        path,
        content.get("flock") is True,
    )
