"""What lies in the artifact store: the backup tells it, and a restore looks whether it is there."""

import asyncio
import hashlib
from dataclasses import dataclass

from trackstack.server.artifacts.errors import ArtifactNotFoundError
from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import ArtifactStore
from trackstack.server.config import Settings

_AT_ONCE = 8  # files of a folder that are read at once: a bucket takes its time for each


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the store; its SHA-256 in hex, empty where it was not read."""

    path: str
    size: int
    sha256: str = ""


async def listed(settings: Settings, *, read: bool) -> list[Listed]:
    """Every artifact, by path; with `read` its checksum. Raises ApiError where the store does not answer."""
    artifacts = open_artifacts(settings.artifacts)
    found: list[Listed] = []
    folders = [ArtifactPath()]
    places = asyncio.Semaphore(_AT_ONCE)

    async def look(path: ArtifactPath, size: int) -> Listed | None:
        async with places:
            return await _read(artifacts.store, path) if read else Listed(str(path), size)

    try:
        while folders:
            folder = folders.pop()
            entries = [
                (ArtifactPath((*folder.parts, entry.name)), entry)
                for entry in await artifacts.store.list(folder)
            ]
            folders += [path for path, entry in entries if entry.is_folder]
            files = [look(path, entry.size) for path, entry in entries if not entry.is_folder]
            found += [file for file in await asyncio.gather(*files) if file is not None]
    finally:
        await artifacts.store.close()
    return sorted(found, key=lambda file: file.path)


async def _read(store: ArtifactStore, path: ArtifactPath) -> Listed | None:
    """None for a file that was deleted since it was listed."""
    try:
        file = await store.open(path)
    except ArtifactNotFoundError:
        return None
    try:
        digest = hashlib.sha256()
        async for chunk in file.read(0, file.facts.size):
            digest.update(chunk)
        return Listed(str(path), file.facts.size, digest.hexdigest())
    finally:
        await file.close()
