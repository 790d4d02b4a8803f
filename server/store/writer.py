"""Group commit: one thread writes, and every commit holds all requests that wait for it.

A request's `work` runs inside a savepoint of its own: if it raises, only its changes are undone and only
its caller gets the error. Callers are answered after the commit is on disk, never before.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from trackstack.server.errors import TEMPORARILY_UNAVAILABLE, ApiError
from trackstack.server.store.transaction import Transaction

T = TypeVar("T")
Work = Callable[[Transaction], T]


class Session(Protocol):
    """A connection that a writer owns; statements below are the same in both databases."""

    failures: tuple[type[Exception], ...]
    """What the driver raises when the database, not the request, is at fault."""

    def begin(self) -> Transaction:
        """Starts a transaction that may write; raises one of `failures`."""

    def savepoint(self) -> None: ...
    def release(self) -> None: ...
    def undo(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...


class _Job:
    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(
        self, work: Work[Any], loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any] | None
    ) -> None:
        self.work = work
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


class Writer:
    """Runs work on one connection, one commit for as many requests as wait."""

    def __init__(self, session: Session, most: int, finish: Callable[[Transaction], None]) -> None:
        """`finish` runs at the end of each transaction, before its commit."""
        self._session = session
        self._most = most
        self._finish = finish
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def do(self, work: Work[T]) -> T:
        """The result of `work`, once it is committed; whatever it raises, with nothing stored.

        Raises ApiError TEMPORARILY_UNAVAILABLE when the database cannot commit.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, loop, future))
        return await future

    def soon(self, work: Work[None]) -> None:
        """Runs `work` with one of the next commits; nobody waits for it."""
        self._jobs.put(_Job(work, asyncio.get_running_loop(), None))

    def close(self) -> None:
        """Commits what was handed in before, then ends the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            jobs: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                jobs.append(job)
                if len(jobs) >= self._most:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            stopping = job is None
            if jobs:
                self._commit(jobs)
                jobs[0].loop.call_soon_threadsafe(_deliver, jobs)
        self._session.close()

    def _commit(self, jobs: list[_Job]) -> None:
        session = self._session
        try:
            transaction = session.begin()
            for job in jobs:
                session.savepoint()
                keys = len(transaction.interned)
                try:
                    job.result = job.work(transaction)
                except session.failures:
                    raise
                except Exception as error:
                    job.error = error
                    session.undo()
                    while len(transaction.interned) > keys:
                        transaction.interned.popitem()
                session.release()
            self._finish(transaction)
            session.commit()
            transaction.keys.publish(transaction.interned)
        except Exception as error:
            session.rollback()
            unavailable = ApiError(TEMPORARILY_UNAVAILABLE, f"The database cannot store this now: {error}")
            unavailable.__cause__ = error
            for job in jobs:
                job.error = job.error or unavailable


def _deliver(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future is None or job.future.done():  # nobody waits, or its request was cancelled
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)
