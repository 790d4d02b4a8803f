"""Artifacts in a folder of this machine: private files, whole or not there, durable when acknowledged."""

import errno
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from anyio.to_thread import run_sync

from trackstack.server.artifacts.errors import (
    ArtifactNotFoundError,
    InvalidPathError,
    StoreConfigError,
    StoreFullError,
    StoreUnavailableError,
)
from trackstack.server.artifacts.paths import RESERVED, ArtifactPath
from trackstack.server.artifacts.store import CHUNK_BYTES, Entry, Facts, Usage
from trackstack.server.artifacts.tree import Tree
from trackstack.server.artifacts.uploads import Upload, sweep

_INCOMING = ArtifactPath((RESERVED, "incoming"))  # in the root, so that a rename puts an upload in place


class FolderStore:
    """An ArtifactStore in the folder `root`; several processes may share it.

    Raises StoreConfigError when the folder cannot be made or written.
    """

    def __init__(self, root: Path) -> None:
        try:
            self._tree = Tree(root)
            with self._tree.folder(_INCOMING, create=True) as incoming:
                self._incoming = os.dup(incoming)
            sweep(self._incoming)
        except OSError as error:
            cause = os.strerror(error.errno or 0)
            raise StoreConfigError(
                f"The artifact root {root} cannot be used: {cause}. Give this user a folder to write in."
            ) from error

    async def open(self, path: ArtifactPath) -> "FolderFile":
        with _named(path):
            return FolderFile(await run_sync(self._tree.open_file, path))

    async def write(self, path: ArtifactPath, chunks: AsyncIterator[bytes], size: int | None = None) -> None:
        with _named(path):
            upload = await run_sync(Upload, self._incoming)
            try:
                async for block in blocks(chunks, CHUNK_BYTES):
                    await run_sync(upload.write, block)
                await run_sync(self._publish, upload, path)
            finally:
                upload.close()

    async def list(self, path: ArtifactPath) -> list[Entry]:
        with _named(path):
            try:
                entries = await run_sync(self._tree.entries, path)
            except (FileNotFoundError, NotADirectoryError):
                return []
        return entries if path.parts else [entry for entry in entries if entry.name != RESERVED]

    async def usage(self, path: ArtifactPath) -> Usage:
        with _named(path):
            try:
                return await run_sync(self._tree.usage, path)
            except (FileNotFoundError, NotADirectoryError):
                return Usage(0, 0)

    async def delete(self, path: ArtifactPath) -> None:
        with _named(path):
            try:
                await run_sync(self._tree.remove, path)
            except (FileNotFoundError, NotADirectoryError):
                return

    async def close(self) -> None:
        os.close(self._incoming)
        self._tree.close()

    def _publish(self, upload: Upload, path: ArtifactPath) -> None:
        upload.sync()
        self._tree.move_in(upload.name, self._incoming, path)


class FolderFile:
    """An OpenFile over a descriptor; replaced or deleted meanwhile, it still reads what was opened."""

    def __init__(self, file: int) -> None:
        self._file = file
        status = os.fstat(file)
        etag = f'"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"'
        self.facts = Facts(status.st_size, status.st_mtime, etag)

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        while start < stop:
            chunk = await run_sync(os.pread, self._file, min(CHUNK_BYTES, stop - start), start)
            if not chunk:
                raise StoreUnavailableError  # cut off by somebody else: never send less than was promised
            start += len(chunk)
            yield chunk

    async def close(self) -> None:
        os.close(self._file)


async def blocks(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytearray]:
    """The same bytes in blocks of at least `size`, except the last."""
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= size:
            yield block
            block = bytearray()
    if block:
        yield block


@contextmanager
def _named(path: ArtifactPath) -> Iterator[None]:
    """The system's errors in the words of artifacts."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactNotFoundError(path) from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidPathError from None
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFullError from error
        raise StoreUnavailableError from error
