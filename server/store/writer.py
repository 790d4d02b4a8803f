"""Group commit: one thread writes, and every commit holds all requests that wait for it.

A request's `work` may run more than once: if it raises, only its changes are undone and only its caller gets
the error, and where another process was in its way it is tried again. Callers are answered after the commit
is on disk, never before.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from trackstack.server.errors import TEMPORARILY_UNAVAILABLE, ApiError
from trackstack.server.store.transaction import Transaction

T = TypeVar("T")
Work = Callable[[Transaction], T]
Finish = Callable[[Transaction], None]
"""What is done at the end of each transaction, before its commit."""


class Session(Protocol):
    """A connection that a writer owns."""

    def commit(self, jobs: "Sequence[Job]") -> None:
        """Runs every job's work and commits; gives each job its result or its error. Never raises."""

    def close(self) -> None: ...


class Job:
    """A request's work, and what came of it."""

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
    """Runs work on one connection, one commit for as many requests as wait.

    What requests bring is handed to the thread when a turn of the event loop has brought no more: those that
    arrive together share a commit, and thread and loop do not wait for each other's turn at Python meanwhile.
    """

    def __init__(self, session: Session, most: int) -> None:
        self._session = session
        self._most = most
        self._gathered: list[Job] = []
        self._handed: queue.SimpleQueue[list[Job]] = queue.SimpleQueue()  # an empty list ends the thread
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def do(self, work: Work[T]) -> T:
        """The result of `work`, once it is committed; whatever it raises, with nothing stored.

        Raises ApiError TEMPORARILY_UNAVAILABLE when the database cannot commit.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._gathered.append(Job(work, loop, future))
        if len(self._gathered) == 1:
            loop.call_soon(self._look, loop, 0)
        return await future

    def soon(self, work: Work[None]) -> None:
        """Runs `work` with one of the next commits; nobody waits for it."""
        self._handed.put([Job(work, asyncio.get_running_loop(), None)])

    def close(self) -> None:
        """Commits what was handed in before, then ends the thread."""
        self._handed.put([])
        self._thread.join()

    def _look(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Looks again in the loop's next turn while there are more of them than in the turn before."""
        if before < len(self._gathered) < self._most:
            loop.call_soon(self._look, loop, len(self._gathered))
        else:
            jobs, self._gathered = self._gathered, []
            self._handed.put(jobs)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            handed = [self._handed.get()]
            while not self._handed.empty():
                handed.append(self._handed.get())
            stopping = [] in handed
            jobs = [job for some in handed for job in some] + (self._gathered if stopping else [])
            for at in range(0, len(jobs), self._most):
                self._commit(jobs[at : at + self._most])
        self._session.close()

    def _commit(self, jobs: list[Job]) -> None:
        self._session.commit(jobs)
        jobs[0].loop.call_soon_threadsafe(_deliver, jobs)


def unavailable(jobs: Sequence[Job], cause: Exception) -> None:
    """Tells all that have no error yet that the database failed them."""
    error = ApiError(TEMPORARILY_UNAVAILABLE, f"The database cannot store this now: {cause}")
    error.__cause__ = cause
    for job in jobs:
        job.error = job.error or error


def _deliver(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future is None or job.future.done():  # nobody waits, or its request was cancelled
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)
