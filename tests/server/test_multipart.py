"""Forms read as they arrive: the same parts however the body is cut, and one clear line for a broken one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackstack.server import multipart
from trackstack.server.calls import Call
from trackstack.server.errors import ApiError

TYPE = "multipart/form-data; boundary=B"
HEAD = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'

File = tuple[str, str | None, bytes]
names = st.text(st.characters(min_codepoint=33, exclude_characters='"\\', codec="utf-8"), min_size=1)
contents = st.binary().map(lambda raw: raw.replace(b"\r\n--B", b""))
files = st.tuples(names, st.none() | names, contents)


class Request:
    """What the reader needs of a call: its content type, and its body cut into pieces of `step` bytes."""

    def __init__(self, body: bytes, content_type: str | None, step: int) -> None:
        self.body, self.content_type, self.step = body, content_type, step

    def header(self, name: bytes) -> str | None:
        assert name == b"content-type"
        return self.content_type

    async def stream(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.body), self.step):
            yield self.body[at : at + self.step]


def read(body: bytes, content_type: str | None = TYPE, step: int = 7, limit: int = 10_000) -> list[File]:
    async def work() -> list[File]:
        call = cast(Call, Request(body, content_type, step))
        return [(part.name, part.filename, await part.text(limit)) async for part in multipart.parts(call)]

    return asyncio.run(work())


def form(parts: Sequence[File]) -> bytes:
    body = b""
    for name, filename, content in parts:
        body += f'--B\r\nContent-Disposition: form-data; name="{name}"'.encode()
        body += b"" if filename is None else f'; filename="{filename}"'.encode()
        body += b"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
    return body + b"--B--\r\n"


@given(parts=st.lists(files, min_size=1, max_size=4), step=st.integers(1, 60))
def test_the_parts_do_not_depend_on_how_the_body_is_cut(parts: list[File], step: int) -> None:
    sent = [(name, filename, content) for name, filename, content in parts]

    assert read(form(sent), step=step) == sent


def test_a_part_that_is_not_read_is_skipped() -> None:
    async def work() -> list[str]:
        call = cast(Call, Request(form([("a", "f", b"x" * 99), ("b", None, b"y")]), TYPE, 10))
        return [part.name async for part in multipart.parts(call)]

    assert asyncio.run(work()) == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        (b"", TYPE, 400, "ends before"),
        (HEAD, TYPE, 400, "ends before"),
        (HEAD + b"x", TYPE, 400, "ends before"),
        (HEAD + b"x\r\n--B", TYPE, 400, "ends before"),
        (b"--X--\r\n", TYPE, 400, "cannot be read"),
        (b"junk", TYPE, 400, "cannot be read"),
        (HEAD.replace(b"name", b"no") + b"\r\n--B--", TYPE, 400, "with a name"),
        (HEAD.replace(b"form-data", b"attachment") + b"\r\n--B--", TYPE, 400, "with a name"),
        (HEAD.replace(b'"a"', b'"\xff"') + b"\r\n--B--", TYPE, 400, "UTF-8"),
        (HEAD.replace(b'"a"', b'"' + b"a" * 9000 + b'"') + b"\r\n--B--", TYPE, 400, "cannot be read"),
        (form([("a", None, b"")] * 101), TYPE, 400, "more than 100"),
        (form([("a", None, b"x" * 10_001)]), TYPE, 413, "more than 10000 bytes"),
        (b"", "multipart/form-data", 400, "boundary"),
        (b"", "multipart/form-data; boundary=" + "x" * 999, 400, "cannot be read"),
        (b"{}", "application/json", 415, "multipart/form-data"),
        (b"", None, 415, "multipart/form-data"),
    ],
)
def test_a_broken_form_is_one_clear_line(
    body: bytes, content_type: str | None, status: int, message: str
) -> None:
    with pytest.raises(ApiError, match=message) as refusal:
        read(body, content_type)
    assert refusal.value.status == status
