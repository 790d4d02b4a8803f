"""Ctrl-C while a stack works: the first finishes what runs and saves, the second leaves at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trackstack.stacks.events import Cancellation


abandoned = Event()
"""Set once running steps were left as they are: their threads are not to be waited for at the exit."""


@contextmanager
def interruptible(cancellation: Cancellation, say: Callable[[str], None]) -> Iterator[None]:
    """Hand SIGINT and SIGTERM to `cancellation` inside the block."""

    def stop(number: int, frame: FrameType | None) -> None:
        if cancellation.cancelled.is_set():
            cancellation.terminate()
            abandoned.set()
            return
        say("Stopping: running steps are finished and saved. Once more leaves them as they are.")
        cancellation.cancel()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
