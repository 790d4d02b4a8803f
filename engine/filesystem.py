"""The file operations of the state in one place: whole writes, durable appends, errors that name the path.

Every method can be overridden, so that a fault can be put before or into any of them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trackstack.engine.errors import StateError

FILE_MODE = 0o600  # the state holds ciphertexts and names of things: its owner's business
FOLDER_MODE = 0o700
_ATTRIBUTES = ".attrs"


def attributes(path: Path) -> Path:
    """Where the Pulumi CLI notes content type and digest of a file; it does without."""
    return path.with_name(path.name + _ATTRIBUTES)


@contextmanager
def _naming(action: str, path: Path) -> Iterator[None]:
    """Turns an OSError into a StateError that says what could not be done to which file, and why."""
    try:
        yield
    except OSError as error:
        hint = "; free some space and try again" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise StateError(f"cannot {action} {path}: {error.strerror or error}{hint}") from error


class Filesystem:
    """Raises StateError naming the path when an operation fails; a failed write leaves what was there."""

    def read(self, path: Path) -> bytes | None:
        """The file's bytes, None when there is no such file."""
        with _naming("read", path):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def list(self, folder: Path) -> list[str]:
        """The names in a folder, sorted, without attributes; none when there is no such folder."""
        with _naming("list", folder):
            try:
                return sorted(name for name in os.listdir(folder) if not name.endswith(_ATTRIBUTES))
            except FileNotFoundError:
                return []

    def make_folder(self, folder: Path) -> None:
        """Makes the folder and those above it, readable by their owner only."""
        with _naming("make the folder", folder):
            missing = [parent for parent in (folder, *folder.parents) if not parent.is_dir()]
            for parent in reversed(missing):
                with suppress(FileExistsError):
                    os.mkdir(parent, FOLDER_MODE)

    def write(
        self,
        path: Path,
        data: bytes,
        *,
        prepared: Path | None = None,
        durable: bool = True,
        mode: int = FILE_MODE,
    ) -> None:
        """Puts `data` in place of the file as a whole, on the disk when this returns if `durable`.

        The new bytes are prepared beside the file, or beside `prepared`, as `.<name>.<8 hex digits>.tmp`,
        which a killed process leaves behind. `mode` is of a new file.
        """
        temporary = prepared or path
        temporary = temporary.with_name(f".{temporary.name}.{os.urandom(4).hex()}.tmp")
        self.make_folder(path.parent)
        self.make_folder(temporary.parent)
        try:
            self.create(temporary, data, durable=durable, mode=_mode(path, mode))
            self.rename(temporary, path)
            if durable:
                self.sync_folder(path.parent)
        except BaseException:
            with suppress(StateError):
                self.remove(temporary)
            raise

    def create(self, path: Path, data: bytes, *, durable: bool = True, mode: int = FILE_MODE) -> None:
        """Writes a file; `durable` waits until the disk has it."""
        with _naming("write", path):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
            try:
                _write_all(file, data)
                if durable:
                    os.fsync(file)
            finally:
                os.close(file)

    def rename(self, source: Path, target: Path) -> None:
        """Replaces `target` atomically."""
        with _naming("write", target):
            os.replace(source, target)

    def sync_folder(self, folder: Path) -> None:
        """Waits until the disk knows which files the folder has."""
        with _naming("write", folder):
            file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(file)
            finally:
                os.close(file)

    def remove(self, path: Path) -> None:
        """Removes the file if it is there."""
        with _naming("remove", path), suppress(FileNotFoundError):
            os.unlink(path)

    def open_append(self, path: Path) -> int:
        """A descriptor that writes at the file's end; the file is made when missing."""
        self.make_folder(path.parent)
        with _naming("open", path):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)

    def append(self, file: int, path: Path, data: bytes) -> None:
        """Adds `data`; it outlives this process, but a power failure only after `sync`."""
        with _naming("write", path):
            _write_all(file, data)

    def truncate(self, file: int, path: Path, length: int) -> None:
        """Cuts the file off behind its first `length` bytes."""
        with _naming("write", path):
            os.ftruncate(file, length)

    def close(self, file: int) -> None:
        """Lets go of a descriptor."""
        os.close(file)

    def sync(self, file: int, path: Path) -> None:
        """Waits until the disk has what was appended."""
        with _naming("write", path):
            getattr(os, "fdatasync", os.fsync)(file)  # macOS has only the one that waits for more


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _mode(path: Path, mode: int) -> int:
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return mode
