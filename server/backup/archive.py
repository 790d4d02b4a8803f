"""The archive: a gzipped tar that is written and read front to back, so that it may be a pipe.

    backup.json                  what it is: format, schema, version of the server, time, columns by table
    tables/<table>/<number>      up to some megabytes of the table's rows: MessagePack, an array of arrays
    artifacts/<number>           the artifacts' paths, sizes and SHA-256, likewise; their content is not here
    end.json                     how many rows there are of each, so that what is cut off is noticed

MessagePack keeps bytes, 64-bit integers and every double as they are. The gzip's check sums tell damage.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import msgspec

from trackstack.server.config import ConfigError

FORMAT = 2
ARTIFACTS = "artifacts"
TABLE = "tables/"
"""Members of a table are in the folder of this and its name."""
_HEAD, _END = "backup.json", "end.json"
_LEVEL = 3  # of gzip: half the time of its default for a tenth more bytes
_PART_BYTES = 4 * 1024 * 1024

Row = Sequence[Any]


class Head(msgspec.Struct):
    """The first member; `created_at` in milliseconds since 1970, `numbers`: the last id given by tables."""

    format: int
    schema: str
    server: str
    created_at: int
    tables: dict[str, list[str]]
    numbers: dict[str, int]


class End(msgspec.Struct):
    """The last member: rows by folder."""

    rows: dict[str, int]


class Writer:
    """Writes an archive; what is not finished by `close` is refused by every reader."""

    def __init__(self, out: IO[bytes], head: Head) -> None:
        self._gzip = gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=out)
        self._tar = tarfile.open(mode="w|", fileobj=self._gzip)  # noqa: SIM115 - see close
        self._rows: dict[str, int] = {}
        self._time = head.created_at // 1000
        self._add(_HEAD, msgspec.json.encode(head))

    def write(self, folder: str, rows: Iterable[Row]) -> int:
        """Adds the rows as members of a folder; how many they were."""
        encode, part, size, number = msgspec.msgpack.Encoder().encode, list[msgspec.Raw](), 0, 0
        count = 0
        for row in rows:
            part.append(msgspec.Raw(encode(row)))
            size += len(part[-1])
            count += 1
            if size > _PART_BYTES:
                self._add(f"{folder}/{number:06}", encode(part))
                part, size, number = [], 0, number + 1
        if part:
            self._add(f"{folder}/{number:06}", encode(part))
        self._rows[folder] = count
        return count

    def close(self) -> None:
        """Ends the archive."""
        self._add(_END, msgspec.json.encode(End(self._rows)))
        self._tar.close()
        self._gzip.close()

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = len(content), self._time, 0o600
        self._tar.addfile(member, io.BytesIO(content))


class Reader:
    """Reads an archive. All raise ConfigError for a file that is none, damaged, or cut off."""

    def __init__(self, source: IO[bytes], name: str) -> None:
        self._name = name
        with self._refusing():
            self._gzip = gzip.GzipFile(fileobj=source)
            self._tar = tarfile.open(mode="r|", fileobj=self._gzip)  # noqa: SIM115 - the source is the caller's
            self._members = iter(self._tar)
            member, content = self._next()
            if member != _HEAD:
                raise ValueError
            self.head = msgspec.json.decode(content, type=Head)

    def parts(self) -> Iterator[tuple[str, list[list[Any]]]]:
        """Rows with the folder that they are of; after the last, whether all came is checked."""
        found: dict[str, int] = {}
        while True:
            with self._refusing():
                name, content = self._next()
                if name == _END:
                    end = msgspec.json.decode(content, type=End)
                    while self._gzip.read(_PART_BYTES):  # up to its check sum
                        pass
                    break
                folder = name.rpartition("/")[0]
                rows = msgspec.msgpack.decode(content, type=list[list[Any]])
            found[folder] = found.get(folder, 0) + len(rows)
            yield folder, rows
        if found != {folder: count for folder, count in end.rows.items() if count}:
            raise self._refusal()

    def _next(self) -> tuple[str, bytes]:
        member = next(self._members, None)
        file = self._tar.extractfile(member) if member else None
        if member is None or file is None:
            raise ValueError
        return member.name, file.read()

    def _refusing(self) -> "_Refusing":
        return _Refusing(self._refusal())

    def _refusal(self) -> ConfigError:
        return ConfigError(
            f"{self._name} is not a whole backup of a tracking server: it is cut off or damaged"
        )


class _Refusing:
    """Turns what is wrong with an archive's bytes into one error."""

    def __init__(self, refusal: ConfigError) -> None:
        self._refusal = refusal

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        # Of damaged bytes tarfile makes any of these.
        if kind and issubclass(
            kind, (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, ValueError, msgspec.MsgspecError)
        ):
            raise self._refusal from None
