"""What lies in the artifact store: the backup tells it, and a restore looks whether it is there."""

from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.config import Settings


async def listed(settings: Settings) -> list[tuple[str, int]]:
    """Path and size of every artifact. Raises ApiError where the store does not answer."""
    artifacts = open_artifacts(settings.artifacts)
    found: list[tuple[str, int]] = []
    folders = [ArtifactPath()]
    try:
        while folders:
            folder = folders.pop()
            for entry in await artifacts.store.list(folder):
                path = ArtifactPath((*folder.parts, entry.name))
                if entry.is_folder:
                    folders.append(path)
                else:
                    found.append((str(path), entry.size))
    finally:
        await artifacts.store.close()
    return sorted(found)
