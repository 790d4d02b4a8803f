"""S3's multipart uploads driven by clients: they send the parts straight to the bucket by signed links."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import MappingProxyType
from urllib.parse import urlsplit

from anyio.to_thread import run_sync

from trackstack.server.artifacts.disposition import attachment, mime_type
from trackstack.server.artifacts.errors import ArtifactNotFoundError, StoreUnavailableError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.signing import Signer
from trackstack.server.errors import invalid

MOST_PARTS = 10_000  # S3's limit
_VALID = timedelta(hours=1)
_TIMEOUT_S = 30
_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")


@dataclass(frozen=True, slots=True)
class Part:
    """A part as the bucket acknowledged it."""

    number: int
    etag: str


class MultipartUploads:
    """Begins, ends and gives up uploads below `prefix` of the signer's bucket.

    `signer` may wait for AWS, for what it signs with may have to be renewed.
    """

    def __init__(self, signer: Callable[[], Signer], prefix: str) -> None:
        self._signer = signer
        self._prefix = f"{prefix}/" if prefix else ""

    async def create(self, path: ArtifactPath, parts: int) -> tuple[str, list[str]]:
        """The new upload's id and a link for each part, in order."""
        if not 1 <= parts <= MOST_PARTS:
            raise invalid(f"num_parts must be between 1 and {MOST_PARTS}, not {parts}.")
        signer = await run_sync(self._signer)
        # As the server stores what passes through it.
        headers = {"Content-Type": mime_type(path.name), "Content-Disposition": attachment(path.name)}
        found = _ID.search(await self._request(signer, "POST", path, {"uploads": ""}, headers=headers))
        if found is None:
            raise StoreUnavailableError
        upload = unescape(found[1].decode())
        links = [
            self._link(signer, "PUT", path, {"partNumber": str(number), "uploadId": upload})
            for number in range(1, parts + 1)
        ]
        return upload, links

    async def complete(self, path: ArtifactPath, upload: str, parts: Sequence[Part]) -> None:
        """Make the object of its parts."""
        items = "".join(
            f"<Part><PartNumber>{part.number}</PartNumber><ETag>{escape(part.etag)}</ETag></Part>"
            for part in sorted(parts, key=lambda part: part.number)
        )
        body = f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>"
        signer = await run_sync(self._signer)
        answer = await self._request(signer, "POST", path, {"uploadId": upload}, body)
        if b"<Error>" in answer:  # S3 answers 200 before it knows
            raise StoreUnavailableError

    async def abort(self, path: ArtifactPath, upload: str) -> None:
        """Forget the upload and its parts."""
        await self._request(await run_sync(self._signer), "DELETE", path, {"uploadId": upload})

    def _link(self, signer: Signer, method: str, path: ArtifactPath, query: dict[str, str]) -> str:
        key = f"{self._prefix}{path}"
        return signer.link(method, key, query, now=datetime.now(UTC), valid=_VALID)

    async def _request(
        self,
        signer: Signer,
        method: str,
        path: ArtifactPath,
        query: dict[str, str],
        body: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        link = self._link(signer, method, path, query)
        status, content = await run_sync(_send, method, link, body, headers)
        if status == 404:
            raise ArtifactNotFoundError(path)
        if status == 400:
            raise invalid("The artifact store refused the multipart upload: its id or parts do not fit.")
        if status >= 300:
            raise StoreUnavailableError
        return content


def _send(method: str, link: str, body: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and content of the answer; redirects are not followed."""
    url = urlsplit(link)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.netloc, timeout=_TIMEOUT_S)
    try:
        connection.request(method, f"{url.path}?{url.query}", body.encode(), dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException) as error:
        raise StoreUnavailableError from error
    finally:
        connection.close()
