"""A server's log file between its starts."""

from pathlib import Path

MAX_BYTES = 10_000_000
"""A log larger than this at a start becomes `<name>.1`, in place of the one before."""


def rotate(log: Path) -> int:
    """Set a large log aside; the number of bytes in the log now, before the next start writes to it."""
    size = log.stat().st_size if log.exists() else 0
    if size <= MAX_BYTES:
        return size
    log.replace(log.with_name(log.name + ".1"))
    return 0


def last_line(log: Path, start: int) -> str:
    """The last line written since byte `start`; empty when nothing was."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
