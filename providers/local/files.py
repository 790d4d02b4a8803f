"""Files and folders that only their owner can read, written whole or not at all."""

import os
import secrets
from pathlib import Path

from trackstack.providers.resource import Failure

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def write(path: Path, text: str) -> None:
    """Put `text` in place of the file in one step, for its owner only, on disk when this returns."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: Path) -> str | None:
    """The file's text; None when there is none, or none that can be read as text."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def absolute(property: str, path: str) -> list[Failure]:
    """The failure of a path that would mean another place in another working directory."""
    if os.path.isabs(path) and os.path.normpath(path) == path and "\0" not in path:
        return []
    return [Failure(property, f"must be an absolute path without '..' or a trailing slash, got {path!r}")]
