"""Python's garbage collector, kept away from what is there to stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 10_000  # of containers, between two looks; a batch of metrics makes some hundreds


def collect_seldom() -> None:
    """Looks for garbage less often: requests leave next to none that Python does not free at once.

    With Python's own threshold, looking took a third of the time of a batch of metrics.
    """
    gc.set_threshold(_ALLOCATIONS, 10, 10)


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
