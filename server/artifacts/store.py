"""What every artifact store does, whatever it is made of."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from trackstack.server.artifacts.paths import ArtifactPath

CHUNK_BYTES = 1024 * 1024
"""What is read or written at once: large enough that the hop to a thread costs little."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder in a listing; a folder has no size."""

    name: str
    is_folder: bool
    size: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """A file as it is now: bytes, last change (seconds since 1970), entity tag with its quotes."""

    size: int
    modified: float
    etag: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How much lies below a path."""

    files: int
    bytes: int


class OpenFile(Protocol):
    """A file opened for reading; what it was when opened is what is read."""

    @property
    def facts(self) -> Facts: ...

    def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop`, in chunks of about CHUNK_BYTES."""
        ...

    async def close(self) -> None: ...


class ArtifactStore(Protocol):
    """Files below one root. Folders are only prefixes: they come and go with the files in them."""

    async def open(self, path: ArtifactPath) -> OpenFile:
        """Raises ArtifactNotFoundError and ArtifactIsFolderError."""
        ...

    async def write(self, path: ArtifactPath, chunks: AsyncIterator[bytes], size: int | None = None) -> None:
        """Store all that comes, under `path` once it is complete and durable: before, a reader sees what was
        there. An error among the chunks leaves nothing behind. `size` is the expected number of bytes, if
        known; it only tunes. Raises PathTakenError and ArtifactIsFolderError."""
        ...

    async def list(self, path: ArtifactPath) -> list[Entry]:
        """What is directly in a folder, by name; nothing for a file or what does not exist."""
        ...

    async def usage(self, path: ArtifactPath) -> Usage:
        """Count what lies at or below `path`."""
        ...

    async def delete(self, path: ArtifactPath) -> None:
        """Remove a file, or a folder with all in it; nothing happens where there is nothing."""
        ...

    async def close(self) -> None: ...


class SignsLinks(Protocol):
    """A store that clients can reach by themselves, with links that carry the permission."""

    async def download_url(self, path: ArtifactPath, valid: timedelta) -> str:
        """A link that reads this one file for `valid`."""
        ...

    async def upload_url(self, path: ArtifactPath, valid: timedelta) -> str:
        """A link that writes this one file for `valid`."""
        ...
