"""Uploads under way in a folder store: temporary files that are gone when their upload is.

Each is locked (flock) while its process writes it. What a killed process left is not locked any more, and
is swept away when the next process opens the store, without a look at clocks or process ids.
"""

import fcntl
import os
import secrets
from contextlib import suppress


class Upload:
    """One temporary file in `folder` (a descriptor), mode 0600."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        while True:
            self.name = secrets.token_hex(16)
            self._file = os.open(self.name, flags, 0o600, dir_fd=folder)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if os.fstat(self._file).st_nlink:
                return
            os.close(self._file)  # a sweep came between the two

    def write(self, chunk: bytes | bytearray) -> None:
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def sync(self) -> None:
        """Make the content durable."""
        os.fsync(self._file)

    def close(self) -> None:
        """Let go; removes the file unless it was given its place."""
        with suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self._folder)
        os.close(self._file)


def sweep(folder: int) -> None:
    """Remove the temporary files whose process is gone."""
    for name in os.listdir(folder):
        with suppress(FileNotFoundError, BlockingIOError):
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(name, dir_fd=folder)
            finally:
                os.close(file)
