"""`trackstack-server backup`: everything that the database holds at one moment, beside a running server."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from typing import IO

from trackstack import __version__
from trackstack.server.backup.archive import ARTIFACTS, FORMAT, TABLE, Head, Writer
from trackstack.server.backup.listing import Listed, listed
from trackstack.server.config import ConfigError, Settings
from trackstack.server.errors import ApiError
from trackstack.server.retention_report import size
from trackstack.server.store.copies import TABLES, open_snapshot
from trackstack.server.store.migrations import HEAD


def run(settings: Settings, *, to: str, read: bool) -> int:
    """Writes the archive to a file, or to stdout for `-`, and reports on stderr. Raises ConfigError.

    `read`: artifacts are read for their checksums.
    """
    with open_snapshot(settings) as snapshot, _target(to) as out:
        now = int(time.time() * 1000)
        writer = Writer(out, Head(FORMAT, HEAD, __version__, now, TABLES, snapshot.numbers()))
        rows = sum(writer.write(f"{TABLE}{name}", snapshot.rows(name)) for name in TABLES)
        # After the rows: what is uploaded meanwhile is too much, and nothing that they name too little.
        files = asyncio.run(_files(settings, read))
        writer.write(ARTIFACTS, (astuple(file) for file in files))
        writer.close()
    content = size(sum(file.size for file in files))
    told = f"backed up {rows} rows; listed {len(files)} artifacts of {content}, which have to be copied apart"
    sys.stderr.write(f"{told}\n")
    return 0


@contextmanager
def _target(to: str) -> Iterator[IO[bytes]]:
    """A file of this user's alone that has its name once it is whole."""
    if to == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    file = Path(to)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            part.replace(file)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
    except OSError as error:
        raise ConfigError(f"{to} cannot be written: {error.strerror}") from error


async def _files(settings: Settings, read: bool) -> list[Listed]:
    try:
        return await listed(settings, read=read)
    except ApiError as error:
        raise ConfigError(f"the artifacts cannot be listed: {error.message}") from error
