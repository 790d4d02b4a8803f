"""The workers that bring stacks to their specs: a few at a time, and one for a stack."""

import asyncio
import gc
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from trackstack.control.faults import public
from trackstack.control.journal import Entry, Journal, Kind
from trackstack.stacks import instances, operations
from trackstack.stacks.errors import Cancelled, InstanceNotFound, Locked, StackError
from trackstack.stacks.events import Cancellation, Event
from trackstack.stacks.project import Project

log = logging.getLogger("trackstack.control")

_KEPT_EVENTS = 1000  # of one operation, the newest
_LOCKED_AGAIN_S = 0.5  # between looks at a stack on which somebody else works


@dataclass
class Job:
    """An operation under way: what it is, how far it came, how it is stopped."""

    kind: Kind
    resumed: bool
    cancellation: Cancellation = field(default_factory=Cancellation)
    events: deque[Event] = field(default_factory=partial(deque, maxlen=_KEPT_EVENTS))

    def tell(self, event: Event) -> None:
        """Keep the event, for who watches. Called on the operation's thread."""
        self.events.append(event)


class Workers:
    """Carries out what the journal holds. All methods are called on the event loop's thread."""

    def __init__(self, project: Project, journal: Journal, count: int) -> None:
        self.jobs: dict[str, Job] = {}
        self._project = project
        self._journal = journal
        self._pool = ThreadPoolExecutor(count, "operation")
        self._slots = asyncio.Semaphore(count)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._pool.submit(_prepare)

    def resume(self) -> None:
        """Go on with what an earlier control plane was killed in."""
        for stack, entry in self._journal.all().items():
            if entry.error:
                continue
            if instances.exists(self._project, stack):
                self.start(stack, entry)
            else:  # it was deleted, or its file was not written yet
                self._journal.drop(stack)

    def start(self, stack: str, entry: Entry) -> None:
        """Have the journal's entry carried out."""
        job = self.jobs[stack] = Job(entry.kind, entry.resumed)
        task = asyncio.create_task(self._run(stack, job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, timeout_s: float) -> None:
        """Begin nothing more; what runs may end in time, else it is cut off where it can be resumed."""
        self._stopping = True
        for task in self._tasks - self._running():
            task.cancel()
        if running := self._running():
            _, late = await asyncio.wait(running, timeout=timeout_s)
            for job in self.jobs.values():
                job.cancellation.cancel()
            if late:
                await asyncio.wait(late)
        self._pool.shutdown()

    def _running(self) -> set[asyncio.Task[None]]:
        return {task for task in self._tasks if task.get_name() == "running"}

    async def _run(self, stack: str, job: Job) -> None:
        task = asyncio.current_task()
        assert task is not None
        while True:
            async with self._slots:
                task.set_name("running")
                done = await asyncio.get_running_loop().run_in_executor(
                    self._pool, self._carry_out, stack, job
                )
                task.set_name("waiting")
            if done:
                del self.jobs[stack]
                return
            if self._stopping:
                return
            await asyncio.sleep(_LOCKED_AGAIN_S)

    def _carry_out(self, stack: str, job: Job) -> bool:
        """Whether there is nothing left to do, for better or worse."""
        try:
            return self._operate(stack, job)
        except Exception:  # the journal cannot be written: the next control plane goes on with it
            log.exception("what came of %s of %s cannot be kept", job.kind, stack)
            return True

    def _operate(self, stack: str, job: Job) -> bool:
        operate: Callable[..., object] = operations.delete if job.kind == "delete" else operations.up
        try:
            operate(self._project, stack, job.tell, job.cancellation)
        except (Locked, Cancelled):
            return False
        except InstanceNotFound:
            pass  # somebody deleted it meanwhile
        except StackError as error:
            log.warning("%s of %s failed: %s", job.kind, stack, error)
            self._fail(stack, job, public(error, self._project))
            return True
        except Exception:
            log.exception("%s of %s failed", job.kind, stack)
            self._fail(stack, job, "The operation failed; the log of the control plane says why.")
            return True
        self._journal.drop(stack)
        log.info("%s of %s done", job.kind, stack)
        return True

    def _fail(self, stack: str, job: Job, error: str) -> None:
        after = instances.last_update(self._project, stack)
        self._journal.put(stack, Entry(kind=job.kind, error=error, after=after and after[:2]))


def _prepare() -> None:
    """What stays for good is out of the garbage collector's way, whose full rounds hold up all requests."""
    operations.prepare()
    gc.collect()
    gc.freeze()
