"""The operations that were promised and are not done, and those that failed: a file each, beside the states.

This is all that the control plane keeps of instances; what they are is in the stacks' own files.
"""

import logging
import os
import re
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from trackstack.control import files

log = logging.getLogger("trackstack.control")

Kind = Literal["create", "update", "delete"]

_NAME = re.compile(r"([A-Za-z0-9_.-]+)\.json")


class Entry(Struct, frozen=True, kw_only=True):
    """An operation on a stack. It failed if there is an `error`; `after` was the stack's last update then."""

    kind: Kind
    error: str = ""
    after: tuple[int, int] | None = None
    resumed: bool = False
    """Whether a control plane before this one began it."""


class Journal:
    """The entries by stack, in memory and on the disk; each change is on the disk when its method returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "operations"
        self._entries = dict(self._read())

    def get(self, stack: str) -> Entry | None:
        """The stack's entry."""
        return self._entries.get(stack)

    def all(self) -> dict[str, Entry]:
        """Every entry by its stack."""
        return dict(self._entries)

    def put(self, stack: str, entry: Entry) -> None:
        """Keep the entry in place of the stack's other one."""
        files.write(self._path(stack), msgspec.json.encode(entry))
        self._entries[stack] = entry

    def drop(self, stack: str) -> None:
        """Forget the stack's entry."""
        files.remove(self._path(stack))
        self._entries.pop(stack, None)

    def restore(self, stack: str, entry: Entry | None) -> None:
        """As it was before a `put`."""
        if entry:
            self.put(stack, entry)
        else:
            self.drop(stack)

    def _path(self, stack: str) -> Path:
        return self._folder / f"{stack}.json"

    def _read(self) -> list[tuple[str, Entry]]:
        found = []
        for name in sorted(os.listdir(self._folder)) if self._folder.is_dir() else []:
            if match := _NAME.fullmatch(name):
                try:
                    entry = msgspec.json.decode((self._folder / name).read_bytes(), type=Entry)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    log.warning("%s is damaged and left aside", self._folder / name)
                    continue
                found.append(
                    (match[1], entry if entry.error else msgspec.structs.replace(entry, resumed=True))
                )
        return found
