"""The end of a log file, and what is added to it."""

import time
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 64 * 1024
_POLL_SECONDS = 0.2


def last_lines(file: Path, count: int) -> tuple[list[str], int]:
    """The last `count` lines and the position after them; a file that is not there yet is empty."""
    try:
        log = file.open("rb")
    except FileNotFoundError:
        return [], 0
    with log:
        end = position = log.seek(0, 2)
        data = b""
        while position and data.count(b"\n") <= count:
            step = min(_BLOCK, position)
            position = log.seek(position - step)
            data = log.read(step) + data
    lines = data.decode(errors="replace").splitlines()
    return lines[len(lines) - count :] if count < len(lines) else lines, end


def follow(file: Path, position: int) -> Iterator[str]:
    """Lines written after `position`, for ever; a file cut off or made anew is read from its start."""
    rest = b""
    while True:
        size = file.stat().st_size if file.exists() else 0
        if size < position:
            position, rest = 0, b""
        if size > position:
            with file.open("rb") as log:
                log.seek(position)
                data = log.read()
            position += len(data)
            *lines, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
        else:
            time.sleep(_POLL_SECONDS)
