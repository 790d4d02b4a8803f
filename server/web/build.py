"""The static build of MLflow's web UI on disk, as `scripts/ui` unpacks it from MLflow's own package."""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from trackstack.server.errors import ENDPOINT_NOT_FOUND, ApiError

_LARGEST = 16 * 1024 * 1024  # no file of the build comes near it; what is read is held in memory


class Build:
    """The files below one folder, or with `.gz` what they were packed to, as the image has the large ones.

    Read whole: the largest has some megabytes, and few are kept.
    """

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
        file = (self._folder / path).resolve()
        packed = (self._folder / f"{path}.gz").resolve()
        there = file if file.is_file() else packed
        # After resolving, so that neither `..` nor a link leads out (CVE-2021-43775, CVE-2023-29159).
        if not there.is_relative_to(self._folder) or there.stat().st_size > _LARGEST:
            raise ValueError(path)
        body = there.read_bytes()
        if there is packed:
            body = gzip.decompress(body)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return body, kind.encode(), b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
