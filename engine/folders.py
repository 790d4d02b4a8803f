"""Folders whose files are put, replaced and removed whole: read again only when that happened."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from trackstack.engine.errors import StateError

T = TypeVar("T")

SETTLED_NS = 100_000_000
"""File times are only so fine: what changed just now may change again unnoticed."""

Stamp = tuple[int, int, int]
"""Of a file: when it was changed (ns), its inode, its size. Another one is another file or content."""


class Memory(Generic[T]):
    """What `read` made of folders, asked again once something was put into one or removed from it."""

    def __init__(self, read: Callable[[Path], T]) -> None:
        self._read = read
        self._known: dict[Path, tuple[Stamp, T]] = {}

    def look(self, folder: Path) -> T:
        """What `read` makes of the folder now. Raises StateError where it cannot be looked at."""
        try:
            now = stamp(os.stat(folder))
        except FileNotFoundError:
            return self._read(folder)
        except OSError as error:
            raise StateError(f"cannot list {folder}: {error.strerror}") from error
        known = self._known.get(folder)
        if known and known[0] == now:
            return known[1]
        settled = now[0] < time.time_ns() - SETTLED_NS
        found = self._read(folder)
        if settled:
            self._known[folder] = now, found
        return found


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in the folder; nothing where there is none. Raises StateError where it cannot be listed."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateError(f"cannot list {folder}: {error.strerror}") from error


def entry_stamps(entry: os.DirEntry[str]) -> tuple[Stamp, ...]:
    """The entry's stamp; nothing where it was removed since the folder was listed."""
    try:
        return (stamp(entry.stat()),)
    except FileNotFoundError:
        return ()


def stamp(status: os.stat_result) -> Stamp:
    """The stamp of what has this status."""
    return status.st_mtime_ns, status.st_ino, status.st_size
