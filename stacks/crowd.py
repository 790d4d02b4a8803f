"""Looking at many things at once: in processes of their own where there are many, for planning is all CPU."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, TimeoutError
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from trackstack.stacks.errors import Cancelled
from trackstack.stacks.events import Cancellation

Thing = TypeVar("Thing")
Seen = TypeVar("Seen")

_WORTH = 20  # looks that cost about as much as the start of a process
_CHUNK = 10  # looks that a process does before it reports
_POLL_S = 0.05  # between looks at whether to give up


def look(
    at: Callable[[Thing], Seen], things: Sequence[Thing], cancellation: Cancellation | None = None
) -> Iterator[Seen]:
    """`at(thing)` of each, in order, as they are known. `at` can be pickled, changes and raises nothing.

    Raises Cancelled as soon as it is cancelled, for nothing can be half done.
    """
    cancellation = cancellation or Cancellation()
    processes = min(os.cpu_count() or 1, len(things) // _WORTH)
    if processes < 2:
        for thing in things:
            _go_on(cancellation)
            yield at(thing)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _deaf)
    try:
        chunks = [things[start : start + _CHUNK] for start in range(0, len(things), _CHUNK)]
        for future in [pool.submit(partial(_all, at), chunk) for chunk in chunks]:
            yield from _awaited(future, cancellation)
    finally:
        pool.shutdown(cancel_futures=True)


def _all(at: Callable[[Thing], Seen], things: Sequence[Thing]) -> list[Seen]:
    return [at(thing) for thing in things]


def _awaited(future: Future[list[Seen]], cancellation: Cancellation) -> list[Seen]:
    while True:
        _go_on(cancellation)
        try:
            return future.result(_POLL_S)
        except TimeoutError:
            continue


def _go_on(cancellation: Cancellation) -> None:
    if cancellation.cancelled.is_set():
        raise Cancelled("cancelled; nothing was changed")


def _deaf() -> None:
    """Ctrl-C is for the process that started this one; it ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
