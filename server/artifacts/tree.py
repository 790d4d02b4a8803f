"""A folder tree reached by descriptors alone: below its root no symbolic link is ever followed.

Every step is one `openat` with O_NOFOLLOW on the descriptor of the step before, so nothing that changes
meanwhile, such as a folder swapped for a link, can lead out of the root.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trackstack.server.artifacts.errors import ArtifactIsFolderError, InvalidPathError, PathTakenError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import Entry, Usage

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: a FIFO must not hang us


class Tree:
    """The folder at `root`, made with mode 0700 if need be. Its methods raise OSError as the system does."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._root)

    @contextmanager
    def folder(self, path: ArtifactPath, *, create: bool = False) -> Iterator[int]:
        """A descriptor of the folder at `path`.

        Raises InvalidPathError where a link is in the way, NotADirectoryError where a file is, and
        FileNotFoundError where there is nothing and `create` is not set.
        """
        here = os.dup(self._root)
        try:
            for name in path.parts:
                below = _enter(here, name, create=create)
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)

    def open_file(self, path: ArtifactPath) -> int:
        """A descriptor of the regular file at `path`. Raises ArtifactIsFolderError for a folder."""
        with self.folder(path.parent) as folder:
            try:
                file = os.open(path.name, _FILE, dir_fd=folder)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket or a FIFO
                    raise InvalidPathError from None
                raise
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            os.close(file)
            raise ArtifactIsFolderError(path) if stat.S_ISDIR(mode) else InvalidPathError
        return file

    def move_in(self, temporary: str, source: int, path: ArtifactPath) -> None:
        """Give the file `temporary` in the folder `source` its final place, durably, making its folders."""
        for attempt in range(10):
            try:
                with self.folder(path.parent, create=True) as folder:
                    _refuse_special(folder, path.name)
                    os.rename(temporary, path.name, src_dir_fd=source, dst_dir_fd=folder)
                    os.fsync(folder)
                return
            except FileNotFoundError:
                # A delete pruned the folder between our making it and our use of it.
                if attempt == 9:
                    raise
            except NotADirectoryError:
                raise PathTakenError(path) from None
            except IsADirectoryError:
                raise ArtifactIsFolderError(path) from None

    def entries(self, path: ArtifactPath) -> list[Entry]:
        """Files and folders at `path`, by name; links and special files are not there."""
        found = []
        with self.folder(path) as folder, os.scandir(folder) as listing:
            for item in listing:
                if item.is_dir(follow_symlinks=False):
                    found.append(Entry(item.name, True))
                elif item.is_file(follow_symlinks=False):
                    found.append(Entry(item.name, False, item.stat(follow_symlinks=False).st_size))
        return sorted(found, key=lambda entry: entry.name)

    def usage(self, path: ArtifactPath) -> Usage:
        """Files and their bytes at or below `path`."""
        name = path.name or "."
        with self.folder(path.parent) as parent:
            facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode):
                return Usage(1, facts.st_size)
            files = size = 0
            for _, _, found, folder in os.fwalk(name, dir_fd=parent, follow_symlinks=False):
                for each in found:
                    with suppress(FileNotFoundError):
                        size += os.stat(each, dir_fd=folder, follow_symlinks=False).st_size
                        files += 1
            return Usage(files, size)

    def remove(self, path: ArtifactPath) -> None:
        """Remove the file or folder at `path`, and the folders above it that are empty then."""
        with self.folder(path.parent) as parent:
            mode = os.stat(path.name, dir_fd=parent, follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                raise InvalidPathError
            if stat.S_ISDIR(mode):
                shutil.rmtree(path.name, dir_fd=parent)
            else:
                os.unlink(path.name, dir_fd=parent)
            os.fsync(parent)
        self._prune(path.parent)

    def _prune(self, path: ArtifactPath) -> None:
        while path.parts:
            try:
                with self.folder(path.parent) as parent:
                    os.rmdir(path.name, dir_fd=parent)
            except OSError:  # not empty, or gone already
                return
            path = path.parent


def _enter(folder: int, name: str, *, create: bool) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(folder, name):
            raise InvalidPathError from None
        raise
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
        os.fsync(folder)
    return os.open(name, _FOLDER, dir_fd=folder)


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _refuse_special(folder: int, name: str) -> None:
    """An upload replaces a file, never a link that somebody else put there."""
    with suppress(FileNotFoundError):
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise InvalidPathError
