"""Faults in the operating system's file calls, as the engine's file layer sees them."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from typing import Any

CALLS = frozenset(
    {"open", "write", "fsync", "fdatasync", "replace", "ftruncate", "unlink", "mkdir", "listdir"}
)


class FaultyOs:
    """The `os` module with something in the way of call number `at`, and of those after it if `lasting`."""

    def __init__(self, at: int, fault: Callable[..., Any], *, lasting: bool = False) -> None:
        self.calls = 0
        self._at = at
        self._fault = fault
        self._lasting = lasting

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            if self.calls == self._at or (self._lasting and self.calls > self._at):
                return self._fault(name, real, *arguments)
            return real(*arguments, **options)

        return call

    @property
    def happened(self) -> bool:
        return self.calls >= self._at


def disk_full(name: str, real: Callable[..., Any], *arguments: Any) -> None:
    """Half of what was to be written gets through."""
    if name == "write":
        file, data = arguments
        real(file, data[: len(data) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def denied(name: str, real: Callable[..., Any], *arguments: Any) -> None:
    raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def killed(name: str, real: Callable[..., Any], *arguments: Any) -> None:
    """The process ends here, half a write done."""
    if name == "write":
        file, data = arguments
        real(file, data[: len(data) // 2])
    os.kill(os.getpid(), signal.SIGKILL)
