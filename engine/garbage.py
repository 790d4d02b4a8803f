"""The garbage collector, held back while programs run.

A program makes several hundred objects for each resource and keeps them to its end. With Python's default
threshold the collector looks through them again and again: a third of an `up` of 2 000 resources, and growing
faster than it.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_OBJECTS = 20_000  # between two collections; some ten resources' worth, a few MB
_lock = threading.Lock()
_running = 0
_before = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Raise the threshold while any program of this process runs."""
    global _running, _before
    with _lock:
        if _running == 0:
            _before = gc.get_threshold()
            if 0 < _before[0] < _NEW_OBJECTS:
                gc.set_threshold(_NEW_OBJECTS, *_before[1:])
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if _running == 0:
                gc.set_threshold(*_before)
