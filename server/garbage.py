"""Python's garbage collector, kept away from what is there to stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept() -> Iterator[None]:
    """What is made within it is never looked through for garbage: modules, classes, tables, statements.

    While these are imported, looking takes a tenth of the time. Later it would hold up requests, for tens of
    milliseconds each time that all objects are looked through.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
