"""Bodies of multipart/form-data, read part by part as they arrive: no part is ever held whole."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from trackstack.server.calls import Call
from trackstack.server.errors import BAD_REQUEST, REQUEST_TOO_LARGE, ApiError

MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its field's name, the name of the file (None for a plain field), and its content.

    The content can be read once, and only before the next part is asked for.
    """

    name: str
    filename: str | None
    content: AsyncIterator[bytes]

    async def text(self, limit: int) -> bytes:
        """The whole content. Raises ApiError REQUEST_TOO_LARGE beyond `limit` bytes."""
        whole = bytearray()
        async for piece in self.content:
            whole += piece
            if len(whole) > limit:
                raise ApiError(REQUEST_TOO_LARGE, f"The part '{self.name}' has more than {limit} bytes.")
        return bytes(whole)


async def parts(call: Call) -> AsyncIterator[Part]:
    """The parts of the request's body; what is not read of one is skipped.

    Raises ApiError: 415 where the body is no form, 400 where it is broken or ends too early.
    """
    media_type, options = parse_options_header(call.header(b"content-type"))
    if media_type != b"multipart/form-data":
        raise ApiError(BAD_REQUEST, "Content-Type must be multipart/form-data.", 415)
    reader = _Reader(call.stream(), options.get(b"boundary", b""))
    count = 0
    while (part := await reader.part()) is not None:
        count += 1
        if count > MOST_PARTS:
            raise ApiError(BAD_REQUEST, f"The form has more than {MOST_PARTS} parts.")
        yield part
        async for _ in part.content:
            pass


class _Reader:
    """Turns the parser's callbacks into events, and takes the next chunk only when those are used up."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        if not boundary:
            raise ApiError(BAD_REQUEST, "The Content-Type of a form must name its boundary.")
        self._chunks = chunks
        self._events: deque[dict[bytes, bytes] | bytes | None] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = b""
        self._complete = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": self._on_field,
                    "on_header_value": self._on_value,
                    "on_header_end": self._on_header,
                    "on_headers_finished": lambda: self._events.append(dict(self._headers)),
                    "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                    "on_part_end": lambda: self._events.append(None),
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise _broken(error) from None

    async def part(self) -> Part | None:
        """The next part; None after the last."""
        headers = await self._next()
        if headers is None:
            return None
        assert isinstance(headers, dict)
        disposition, options = parse_options_header(headers.get(b"content-disposition"))
        if disposition != b"form-data" or not options.get(b"name"):
            raise ApiError(BAD_REQUEST, "Each part of a form needs a Content-Disposition with a name.")
        try:
            name, filename = options[b"name"].decode(), options.get(b"filename")
            return Part(name, None if filename is None else filename.decode(), self._content())
        except UnicodeDecodeError:
            raise ApiError(BAD_REQUEST, "The names of parts and files must be UTF-8.") from None

    async def _content(self) -> AsyncIterator[bytes]:
        while (event := await self._next()) is not None:
            assert isinstance(event, bytes)
            yield event

    async def _next(self) -> dict[bytes, bytes] | bytes | None:
        """The next event; None is the end of a part, or of the form."""
        while not self._events:
            if self._complete:
                return None
            try:
                self._parser.write(await anext(self._chunks))
            except StopAsyncIteration:
                raise ApiError(BAD_REQUEST, "The form ends before its last boundary.") from None
            except FormParserError as error:
                raise _broken(error) from None
        return self._events.popleft()

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_end(self) -> None:
        self._complete = True


def _broken(error: Exception) -> ApiError:
    return ApiError(BAD_REQUEST, f"The form cannot be read: {str(error)[:200]}")
