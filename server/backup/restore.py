"""`trackstack-server restore`: a backup's content into an empty database, all of it or nothing."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, groupby
from pathlib import Path
from typing import IO, Any

from trackstack.server.backup.archive import ARTIFACTS, FORMAT, TABLE, Head, Reader
from trackstack.server.backup.listing import Listed, listed
from trackstack.server.config import ConfigError, Settings
from trackstack.server.errors import ApiError
from trackstack.server.store.copies import TABLES, open_restoration
from trackstack.server.store.migrations import HEAD

Rows = list[list[Any]]


def run(settings: Settings, *, source: str, read: bool) -> int:
    """Reads the archive from a file, or from stdin for `-`, and reports on stderr. Raises ConfigError.

    `read`: artifacts are read, and compared with the checksums that the archive has of them.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    files: Rows = []
    with _opened(source) as archive:
        reader = Reader(archive, source)
        _check(reader.head, source)
        with open_restoration(settings) as target:
            for folder, parts in groupby(reader.parts(), key=lambda part: part[0]):
                rows = chain.from_iterable(rows for _, rows in parts)
                if folder == ARTIFACTS:
                    files = list(rows)
                elif folder.removeprefix(TABLE) in TABLES:
                    target.fill(folder.removeprefix(TABLE), rows)
                else:
                    raise ConfigError(f"{source} has {folder}, which no backup of this version has")
            target.go_on_after(reader.head.numbers)
    sys.stderr.write(f"restored what {source} holds\n")
    _tell_missing(settings, [Listed(*file) for file in files], read)
    return 0


def _check(head: Head, source: str) -> None:
    if head.format != FORMAT or head.schema != HEAD or head.tables != TABLES:
        raise ConfigError(
            f"{source} has schema {head.schema}, this server knows {HEAD}: "
            f"restore it with version {head.server} of the server, and let this one migrate that"
        )


def _tell_missing(settings: Settings, files: list[Listed], read: bool) -> None:
    """Runs without their artifacts are worth having: this is said and no error."""
    read = read and any(file.sha256 for file in files)
    try:
        there = {file.path: file for file in asyncio.run(listed(settings, read=read))}
    except ApiError as error:
        sys.stderr.write(f"the artifacts cannot be listed: {error.message}\n")
        return
    missing = [file.path for file in files if not _same(file, there.get(file.path))]
    if missing:
        sys.stderr.write(
            f"{len(missing)} of {len(files)} artifacts are not in {settings.artifacts} as they were, "
            f"such as {missing[0]}: copy them there\n"
        )


def _same(was: Listed, now: Listed | None) -> bool:
    """By checksum where both were read, else by size."""
    if now is None or was.size != now.size:
        return False
    return not (was.sha256 and now.sha256) or was.sha256 == now.sha256


@contextmanager
def _opened(source: str) -> Iterator[IO[bytes]]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(source).open("rb") as file:
            yield file
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from error
