"""Answers: encoded once, with the headers that every answer carries."""

from collections.abc import Iterable
from typing import Any

import msgspec

from trackstack.server.errors import ApiError

Headers = list[tuple[bytes, bytes]]

JSON = b"application/json"
EMPTY = b"{}"

EVERY: Headers = [(b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"SAMEORIGIN")]

_encode = msgspec.json.Encoder().encode


class Answer:
    """A whole response body. Handlers may return one instead of a value to encode."""

    __slots__ = ("body", "headers", "media_type", "status")

    def __init__(
        self,
        body: bytes,
        status: int = 200,
        media_type: bytes = JSON,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        self.body = body
        self.status = status
        self.media_type = media_type
        self.headers = list(headers)


def answer(value: Any, status: int = 200) -> Answer:
    """What a handler returned as a response: None is `{}` (or, with 204, nothing), all else its JSON."""
    if status == 204:
        return Answer(b"", status)
    return Answer(EMPTY if value is None else _encode(value), status)


def refusal(error: ApiError, body: bytes, status: int = 0, media_type: bytes = JSON) -> Answer:
    """An error's response; `status` where it is not the error's own."""
    headers: Headers = [*error.headers]
    if error.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="trackstack", Basic realm="trackstack"'))
    if error.status == 503:
        headers.append((b"retry-after", b"1"))
    return Answer(body, status or error.status, media_type, headers)
