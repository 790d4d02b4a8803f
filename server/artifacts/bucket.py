"""Artifacts in a bucket: S3 and what speaks like it, Google Cloud Storage, Azure; through obstore."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from trackstack.server.artifacts.disposition import attachment, mime_type
from trackstack.server.artifacts.errors import (
    ArtifactIsFolderError,
    ArtifactNotFoundError,
    InvalidPathError,
    StoreUnavailableError,
)
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import Entry, Facts, Usage

PART_BYTES = 8 * 1024 * 1024  # at least 5 MiB, S3's smallest part
READ_BYTES = 4 * 1024 * 1024
PARTS_AT_ONCE = 3
MOST_PARTS = 10_000  # S3's limit of one upload
KEYS_AT_ONCE = 1000  # S3's limit of one delete request
MAX_KEY_BYTES = 1024  # of a whole key, prefix included; S3 and Google alike

Remote = S3Store | GCSStore | AzureStore


class BucketStore:
    """An ArtifactStore below a bucket's prefix; an object is seen whole or not at all."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def open(self, path: ArtifactPath) -> "BucketFile":
        with _named(path):
            try:
                meta = await obstore.head_async(self._remote, str(path))
            except FileNotFoundError:
                if await self.list(path):
                    raise ArtifactIsFolderError(path) from None
                raise
        facts = Facts(meta["size"], meta["last_modified"].timestamp(), meta["e_tag"] or "")
        return BucketFile(self._remote, path, facts)

    async def write(self, path: ArtifactPath, chunks: AsyncIterator[bytes], size: int | None = None) -> None:
        if len(f"{self._remote.prefix or ''}/{path}".encode()) > MAX_KEY_BYTES:
            raise InvalidPathError
        part = max(PART_BYTES, (size or 0) // MOST_PARTS + 1)
        first = bytearray()
        async for chunk in chunks:
            first += chunk
            if len(first) >= part:
                break
        # The names' own type and an attachment, so that presigned links answer like this server.
        attributes = {"Content-Type": mime_type(path.name), "Content-Disposition": attachment(path.name)}
        content: Any = bytes(first) if len(first) < part else _joined(first, chunks)
        with _named(path):
            await obstore.put_async(
                self._remote,
                str(path),
                content,
                attributes=attributes,
                use_multipart=len(first) >= part,
                chunk_size=part,
                max_concurrency=PARTS_AT_ONCE,
            )

    async def list(self, path: ArtifactPath) -> list[Entry]:
        with _named(path):
            found = await obstore.list_with_delimiter_async(self._remote, str(path) or None)
        folders = [Entry(prefix.rsplit("/", 1)[-1], True) for prefix in found["common_prefixes"]]
        files = [Entry(meta["path"].rsplit("/", 1)[-1], False, meta["size"]) for meta in found["objects"]]
        return sorted(folders + files, key=lambda entry: entry.name)

    async def usage(self, path: ArtifactPath) -> Usage:
        files = size = 0
        async for meta in self._below(path):
            files, size = files + 1, size + meta["size"]
        return Usage(files, size)

    async def delete(self, path: ArtifactPath) -> None:
        keys = iter([meta["path"] async for meta in self._below(path)])
        with _named(path):
            while batch := list(islice(keys, KEYS_AT_ONCE)):
                await obstore.delete_async(self._remote, batch)

    async def close(self) -> None:
        """Nothing is held open between requests."""

    async def download_url(self, path: ArtifactPath, valid: timedelta) -> str:
        """A link that reads this one object for `valid`, without this server."""
        with _named(path):
            return await obstore.sign_async(self._remote, "GET", str(path), valid)

    async def upload_url(self, path: ArtifactPath, valid: timedelta) -> str:
        """A link that writes this one object for `valid`, without this server."""
        with _named(path):
            return await obstore.sign_async(self._remote, "PUT", str(path), valid)

    async def _below(self, path: ArtifactPath) -> AsyncIterator[Any]:
        """The object at `path` and those below it; at the root, all of the store's."""
        if path.parts:
            with _named(path), suppress(FileNotFoundError):
                yield await obstore.head_async(self._remote, str(path))
        prefix = f"{path}/" if path.parts else None
        with _named(path):
            async for batch in obstore.list(self._remote, prefix, chunk_size=KEYS_AT_ONCE):
                for meta in batch:
                    yield meta


class BucketFile:
    """An OpenFile over an object; an object replaced meanwhile ends the read with an error."""

    def __init__(self, remote: Remote, path: ArtifactPath, facts: Facts) -> None:
        self._remote = remote
        self._path = path
        self.facts = facts

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """Each chunk is a request of its own, so that a slow client holds no connection to the store."""
        while start < stop:
            end = min(start + READ_BYTES, stop)
            with _named(self._path):
                found = await obstore.get_async(
                    self._remote,
                    str(self._path),
                    options={"range": (start, end), "if_match": self.facts.etag or None},
                )
                chunk = bytes(await found.bytes_async())
            yield chunk
            start = end

    async def close(self) -> None:
        """Nothing is held open between reads."""


async def _joined(first: bytearray, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield bytes(first)
    async for chunk in rest:
        yield chunk


@contextmanager
def _named(path: ArtifactPath) -> Iterator[None]:
    """obstore's errors in the words of artifacts; none of its text, which holds addresses, gets out."""
    try:
        yield
    except FileNotFoundError:
        raise ArtifactNotFoundError(path) from None
    except BaseError as error:
        raise StoreUnavailableError from error
