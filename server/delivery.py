"""How a large answer goes out: not at all where the client has it already, else compressed as it accepts."""

import hashlib
import sys
from functools import lru_cache

from isal import isal_zlib

from trackstack.server.responses import Answer, Headers

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 1  # the JSON here shrinks tenfold at any
_CODINGS = (b"zstd", b"gzip")  # the server's own preference among what a client wants alike
_VARY = (b"vary", b"accept-encoding")


def deliver(reply: Answer, accept_encoding: bytes, if_none_match: bytes | None) -> None:
    """Makes the answer one of 304 or compresses it, in place.

    `if_none_match` is what the client has, as its header says; None where the request may not be answered
    from a copy. Tags are weak: they name the JSON, whatever its coding.
    """
    reply.headers.append(_VARY)
    if if_none_match is not None and reply.status == 200 and not _has_tag(reply.headers):
        tag = b'W/"%b"' % hashlib.blake2b(reply.body, digest_size=12).hexdigest().encode()
        reply.headers += [(b"etag", tag), (b"cache-control", b"private, no-cache")]
        if _is_among(tag, if_none_match):
            reply.status, reply.body = 304, b""
            return
    coding = accepted(accept_encoding)
    if coding is not None:
        reply.body = _zstd(reply.body) if coding == b"zstd" else _gzip(reply.body)
        reply.headers.append((b"content-encoding", coding))


@lru_cache(maxsize=256)
def accepted(header: bytes) -> bytes | None:
    """The coding that an Accept-Encoding header wants most of those that there are (RFC 9110, 12.5.3)."""
    wanted = dict(map(_quality, header.lower().split(b",")))
    rest = wanted.get(b"*", 0.0)
    best = max(_CODINGS, key=lambda coding: wanted.get(coding, rest))  # the first of equals
    quality = wanted.get(best, rest)
    return best if quality > 0 and quality >= wanted.get(b"identity", 0.0) else None


def _quality(item: bytes) -> tuple[bytes, float]:
    name, *parameters = (part.strip() for part in item.split(b";"))
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith(b"q="):
            try:
                quality = float(parameter[2:])
            except ValueError:
                quality = 0.0
    return name, quality


def _has_tag(headers: Headers) -> bool:
    return any(name in (b"etag", b"cache-control") for name, _ in headers)


def _is_among(tag: bytes, if_none_match: bytes) -> bool:
    opaque = tag.removeprefix(b"W/")
    tags = (known.strip() for known in if_none_match.split(b","))
    return any(known == b"*" or known.removeprefix(b"W/") == opaque for known in tags)


def _zstd(body: bytes) -> bytes:
    return zstd.compress(body, _LEVEL)


def _gzip(body: bytes) -> bytes:
    return isal_zlib.compress(body, _LEVEL, 31)  # 31: with gzip's head, the largest window
