"""The event loops of programs: one takes the results of many blocking calls at once, one does them itself.

The SDK waits for its outputs with `asyncio.wait(all of them, FIRST_COMPLETED)`: each time the loop wakes it
looks at every output again. Waking for each result makes a program of n resources cost n². So results are
gathered while other calls still run, the longer the more of them there are, and delivered together.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

_WAIT_PER_CALL = 100e-6  # seconds of patience per call under way: what looking at its outputs costs
_LONGEST_WAIT = 0.25


class SequentialLoop(asyncio.SelectorEventLoop):
    """A loop whose `run_in_executor(None, …)` calls at once, and goes on when that is done."""

    def run_in_executor(  # type: ignore[override]  # as in ProgramLoop
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call here; the future is done already."""
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        future: asyncio.Future[Any] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class ProgramLoop(asyncio.SelectorEventLoop):
    """A loop whose `run_in_executor(None, …)` delivers results in batches."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__()
        self._pool = pool
        self.set_default_executor(pool)
        self._results: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._counting = threading.Lock()
        self._under_way = 0
        self._woken = False

    def run_in_executor(  # type: ignore[override]  # the base's type variables cannot be named here
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call in a thread; the future belongs to this loop."""
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        future: asyncio.Future[Any] = self.create_future()
        with self._counting:
            self._under_way += 1
        self._pool.submit(self._call, future, func, args)
        return future

    def _call(self, future: asyncio.Future[Any], func: Callable[..., Any], args: tuple[Any, ...]) -> None:
        result, error = None, None
        try:
            result = func(*args)
        except BaseException as failure:
            error = failure
        with self._counting:
            self._results.append((future, result, error))
            self._under_way -= 1
            wake = not self._woken or self._under_way == 0
            self._woken = True
        if wake and not self.is_closed():
            self.call_soon_threadsafe(self._gather)

    def _gather(self) -> None:
        with self._counting:
            under_way = self._under_way
        if under_way == 0:
            self._deliver()
        else:
            self.call_later(min(_LONGEST_WAIT, under_way * _WAIT_PER_CALL), self._deliver)

    def _deliver(self) -> None:
        with self._counting:
            results, self._results = self._results, deque()
            self._woken = False
        for future, result, error in results:
            if future.done():  # cancelled meanwhile
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)
