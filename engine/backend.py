"""The Pulumi CLI's file backend: a folder of stacks, each in its project (`pkg/backend/diy/store.go`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trackstack.engine.errors import StateError, UnsupportedError
from trackstack.engine.filesystem import Filesystem
from trackstack.engine.folders import Memory, Stamp, entries, entry_stamps
from trackstack.engine.store import META, StackStore

if TYPE_CHECKING:
    from trackstack.engine.stack import Stack

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_CHECKPOINT = re.compile(r"(.+)\.(?:json|ya?ml)(?:\.gz|\.zst)?")

Checkpoints = Memory[dict[str, tuple[Stamp, ...]]]
"""Remembers the stamps of a folder's checkpoints, by stack; made of `read_checkpoints`."""


class Backend:
    """Stacks in `<folder>/.pulumi`. Opening one reads and makes nothing."""

    def __init__(self, folder: Path, files: Filesystem | None = None) -> None:
        self.folder = folder
        self.files = files or Filesystem()
        self._root = folder / ".pulumi"

    @classmethod
    def open(
        cls, location: str | Path, *, base: Path | None = None, files: Filesystem | None = None
    ) -> Backend:
        """The backend at a path or a `file://` URL; relative ones start at `base`, else the working folder.

        Raises UnsupportedError naming the scheme of any other URL.
        """
        if isinstance(location, str) and "://" in location:
            location = _path(location)
        return cls((base or Path.cwd()) / Path(location), files)

    @property
    def url(self) -> str:
        """What PULUMI_BACKEND_URL must be for the CLI to use the same backend."""
        return f"file://{self.folder}"

    def projects(self) -> list[str]:
        """The projects that have a folder of stacks, sorted."""
        return [name for name in self.files.list(self._root / "stacks") if _NAME.fullmatch(name)]

    def stacks(self, project: str) -> list[str]:
        """The names of a project's stacks, sorted. Raises StateError for a backend of an unknown layout."""
        self._check_layout()
        found = map(_CHECKPOINT.fullmatch, self.files.list(self._root / "stacks" / project))
        return sorted({match[1] for match in found if match and _NAME.fullmatch(match[1])})

    def stamps(
        self, project: str, others: Mapping[str, tuple[Stamp, ...]], checkpoints: Checkpoints | None = None
    ) -> dict[str, tuple[Stamp, ...]]:
        """What changes with a stack's checkpoint, journal and locks; reads no file.

        The stacks are the project's and those of `others`, whose stamps are added. `checkpoints` remembers
        those from one call to the next, for they are replaced whole, by the CLI too.
        """
        found = dict((checkpoints or Memory(read_checkpoints)).look(self._root / "stacks" / project))
        for name, stamps in others.items():
            found[name] = found.get(name, ()) + stamps
        for entry in entries(self._root / "journals" / project):
            if (name := entry.name.removesuffix(".journal")) in found:
                found[name] += entry_stamps(entry)
        for entry in entries(self._root / "locks" / "organization" / project):
            if entry.name in found:
                found[entry.name] += entry_stamps(entry)
        return found

    def stack(self, project: str, name: str) -> Stack:
        """A handle of the stack, whether it exists or not; nothing is read yet."""
        from trackstack.engine.stack import Stack

        return Stack(self, project, name)

    def store(self, project: str, name: str) -> StackStore:
        """The stack's files. Raises StateError for a name that Pulumi would not take."""
        for what, value in (("project", project), ("stack", name)):
            if not _NAME.fullmatch(value) or value in (".", ".."):
                raise StateError(f"{value!r} is no {what} name: use letters, digits, `.`, `_` and `-`")
        self._check_layout()
        return StackStore(self._root, project, name, self.files)

    def _check_layout(self) -> None:
        layout = self._layout()
        if layout is None and any(map(_CHECKPOINT.fullmatch, self.files.list(self._root / "stacks"))):
            layout = "0"
        if layout not in (None, "1"):
            raise UnsupportedError(f"a backend of layout version {layout}", f"{self._root}")

    def _layout(self) -> str | None:
        path = self._root / META
        data = self.files.read(path)
        if data is None:
            return None
        match = re.search(r"^version:\s*(\S+)\s*$", data.decode("utf-8", "replace"), re.MULTILINE)
        if not match:
            raise StateError(f"{path}: damaged, it names no version")
        return match[1]


def read_checkpoints(folder: Path) -> dict[str, tuple[Stamp, ...]]:
    """The stamps of a folder's checkpoints, by stack."""
    found: dict[str, tuple[Stamp, ...]] = {}
    for entry in entries(folder):
        if match := _CHECKPOINT.fullmatch(entry.name):
            found[match[1]] = found.get(match[1], ()) + entry_stamps(entry)
    return found


def _path(url: str) -> Path:
    scheme = url.split("://", 1)[0]
    if scheme != "file":
        raise UnsupportedError(f"the backend {scheme}://")
    return Path(url.removeprefix("file://").split("?")[0]).expanduser()
