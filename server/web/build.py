"""The static build of MLflow's web UI on disk, as `scripts/ui` unpacks it from MLflow's own package."""

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from trackstack.server.errors import ENDPOINT_NOT_FOUND, ApiError

_LARGEST = 16 * 1024 * 1024  # no file of the build comes near it; what is read is held in memory


class Build:
    """The files below one folder. Read whole: the largest has some megabytes, and few are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files = lru_cache(maxsize=64)(self._read)

    @property
    def present(self) -> bool:
        """Whether there is a UI to show."""
        return (self._folder / "index.html").is_file()

    def file(self, path: str) -> tuple[bytes, bytes, bytes]:
        """Body, media type and entity tag of a file; ApiError 404 for what is not one of the build's."""
        try:
            return self._files(path)
        except (OSError, ValueError):
            raise ApiError(ENDPOINT_NOT_FOUND, f"The web UI has no file {path}.") from None

    def _read(self, path: str) -> tuple[bytes, bytes, bytes]:
        file = (self._folder / path).resolve(strict=True)
        # After resolving, so that neither `..` nor a link leads out (CVE-2021-43775, CVE-2023-29159).
        if not file.is_relative_to(self._folder) or file.stat().st_size > _LARGEST:
            raise ValueError(path)
        body = file.read_bytes()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return body, kind.encode(), b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
