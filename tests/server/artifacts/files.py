"""Short ways to use a store from a test."""

import asyncio
from collections.abc import AsyncIterator

from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import ArtifactStore


async def pieces(content: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    """The content as an upload brings it."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


def write(store: ArtifactStore, path: str, content: bytes) -> None:
    asyncio.run(store.write(ArtifactPath.parse(path), pieces(content), len(content)))


async def _read(store: ArtifactStore, path: str, start: int, stop: int | None) -> bytes:
    file = await store.open(ArtifactPath.parse(path))
    try:
        end = file.facts.size if stop is None else stop
        return b"".join([chunk async for chunk in file.read(start, end)])
    finally:
        await file.close()


def read(store: ArtifactStore, path: str, start: int = 0, stop: int | None = None) -> bytes:
    return asyncio.run(_read(store, path, start, stop))


def listing(store: ArtifactStore, path: str = "") -> list[tuple[str, bool, int]]:
    entries = asyncio.run(store.list(ArtifactPath.parse_folder(path)))
    return [(entry.name, entry.is_folder, entry.size) for entry in entries]


def delete(store: ArtifactStore, path: str) -> None:
    asyncio.run(store.delete(ArtifactPath.parse(path)))
