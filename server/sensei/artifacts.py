"""Forms of a JSON part and binary ones: these are streamed into the bucket as they arrive."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct

from trackstack.server import multipart
from trackstack.server.artifacts.errors import InvalidPathError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.calls import Call
from trackstack.server.errors import BAD_REQUEST, ApiError
from trackstack.server.sensei.operations import MOST_JSON_BYTES, decode

Place = Callable[[Any], Awaitable[ArtifactPath]]
"""The new folder for the files of a form with a decoded JSON part; may refuse the form."""


@dataclass
class Form:
    """A form's JSON part, decoded, and the files of its other parts by their fields."""

    body: Any
    folder: ArtifactPath
    files: dict[str, ArtifactPath] = field(default_factory=dict)


@asynccontextmanager
async def form(call: Call, parts: type[Struct], place: Place) -> AsyncIterator[Form]:
    """Reads a form of `parts`, whose first field is its JSON part and the others files.

    The files stay, at `<folder>/<field>/<file name>`, only where the block succeeds.

    The JSON part comes first, so that nothing is stored of a form that will be refused. Raises ApiError where
    it does not, and for parts that are unknown or come twice.
    """
    fields = msgspec.structs.fields(parts)
    json_part, *file_parts = (field.encode_name for field in fields)
    read: Form | None = None
    try:
        async for part in multipart.parts(call):
            if part.name == json_part and read is None:
                decoded = decode(call, await part.text(MOST_JSON_BYTES), fields[0].type)
                read = Form(decoded, await place(decoded))
            elif read is not None and part.name in file_parts and part.name not in read.files:
                path = _path(read.folder / ArtifactPath((part.name,)), part)
                read.files[part.name] = path
                await call.artifacts.store.write(path, part.content)
            else:
                known = " and ".join((json_part, ", ".join(file_parts)))
                raise ApiError(
                    BAD_REQUEST,
                    f"The part {part.name[:100]!r} is unknown, comes twice or too early: a form has first "
                    f"{known}, each once.",
                )
        if read is None:
            raise ApiError(BAD_REQUEST, f"The form needs a part {json_part!r} with a JSON object.")
        yield read
    except BaseException:
        if read is not None and read.files:
            await call.artifacts.store.delete(read.folder)
        raise


def _path(folder: ArtifactPath, part: multipart.Part) -> ArtifactPath:
    """By the file's own name; by its field's where it has none that can be kept."""
    name = (part.filename or "").replace("\\", "/").rpartition("/")[2]
    try:
        return folder / ArtifactPath.parse(name or part.name)
    except InvalidPathError:
        return folder / ArtifactPath((part.name,))
