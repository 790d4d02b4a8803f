"""Files as HTTP answers: always an attachment, never a page of this server's origin."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.responses import Response, StreamingResponse

from trackstack.server.artifacts.disposition import attachment, mime_type
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.ranges import Span, UnsatisfiableError, modified_date, span, unchanged
from trackstack.server.artifacts.store import ArtifactStore, OpenFile

Header = Callable[[bytes], str | None]
Reply = Callable[[Any, Any, Any], Awaitable[None]]

# Even if a browser were talked into showing it, it may load nothing and run nothing (CVE-2023-6568).
_SANDBOX = "default-src 'none'; sandbox"


async def reply(store: ArtifactStore, path: ArtifactPath, header: Header, *, head: bool = False) -> Reply:
    """The file at `path` as an ASGI answer to a request with these headers; `head`: without its content.

    Raises ArtifactNotFoundError and ArtifactIsFolderError.
    """
    file = await store.open(path)
    facts = file.facts
    headers = {
        "content-type": mime_type(path.name),
        "content-disposition": attachment(path.name),
        "content-security-policy": _SANDBOX,
        "cache-control": "private, no-cache",
        "accept-ranges": "bytes",
        "last-modified": modified_date(facts),
        **({"etag": facts.etag} if facts.etag else {}),
    }
    try:
        if unchanged(facts, header(b"if-none-match"), header(b"if-modified-since")):
            await file.close()
            return Response(status_code=304, headers=headers)
        part = span(facts, header(b"range"), header(b"if-range"))
    except UnsatisfiableError:
        await file.close()
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{facts.size}"})
    if part:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{facts.size}"
    wanted = part or Span(0, facts.size)
    headers["content-length"] = str(wanted.stop - wanted.start)
    content = _content(file, Span(0, 0) if head else wanted)
    return StreamingResponse(content, 206 if part else 200, headers)


async def _content(file: OpenFile, part: Span) -> AsyncIterator[bytes]:
    try:
        async for chunk in file.read(part.start, part.stop):
            yield chunk
    finally:
        await file.close()
