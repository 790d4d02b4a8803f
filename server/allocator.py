"""The C library's allocator, set for large answers."""

import ctypes

_TRIM_THRESHOLD = -1  # M_ constants of glibc's malloc.h
_MMAP_THRESHOLD = -3


def keep_freed_memory() -> None:
    """Lets the process keep up to 32 MiB that it has freed; does nothing where the C library is not glibc.

    By default an answer of 128 KiB and more is made in pages fresh from the system, each of which costs a
    fault: that took longer than all else about a page of a hundred runs.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, 32 << 20)
        mallopt(_MMAP_THRESHOLD, 8 << 20)
