"""Doing the steps: in parallel, recorded before and after, stopping where one fails (step_executor.go)."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from trackstack.engine import events
from trackstack.engine.deployment import Deployment
from trackstack.engine.errors import CancelledError, EngineError, ResourceError
from trackstack.engine.failures import ProviderError
from trackstack.engine.ledger import Ledger
from trackstack.engine.reads import Read, Refresh
from trackstack.engine.steps import PartialFailure, ProtectedError, Step


class Stopped(Exception):
    """The operation is stopping: this step was not begun."""


class Executor:
    """Applies chains of steps; at most `parallel` chains at a time, in the threads of the callers."""

    def __init__(self, deployment: Deployment, ledger: Ledger, parallel: int) -> None:
        self._deployment = deployment
        self._ledger = ledger
        self._parallel = parallel
        self._slots = threading.Semaphore(parallel)
        self._lock = threading.Lock()
        self.steps: list[events.Step] = []
        self.changes: dict[str, int] = {}
        self.errors: list[EngineError] = []
        self.failed: set[str] = set()
        self._stopping = threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether nothing new may begin."""
        return self._stopping.is_set() or self._deployment.options.cancellation.cancelled.is_set()

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()

    def note(self, error: EngineError) -> None:
        """An error that ends the operation, unless it may go on past errors."""
        with self._lock:
            self.errors.append(error)
        if not self._deployment.options.continue_on_error and not isinstance(error, ProtectedError):
            self.stop()

    def note_for_program(self, error: EngineError) -> None:
        """An error that the program is told and fails with; what it had begun besides goes on."""
        with self._lock:
            if error not in self.errors:
                self.errors.append(error)

    def stop_after_hooks(self) -> None:
        """A failed after-hook ends the operation, though its step has succeeded."""
        if self._deployment.hooks.errors and not self._deployment.options.continue_on_error:
            self.stop()

    def run(self, chain: Sequence[Step]) -> None:
        """Apply the steps one after another. Raises Stopped, or the EngineError of the step that failed."""
        with self._slots:
            for step in chain:
                if self.stopping:
                    raise Stopped
                self._apply(step)

    def run_all(self, steps: Sequence[Step]) -> None:
        """Apply independent steps at the same time; errors are noted, not raised."""
        if len(steps) <= 1 or self._parallel == 1:
            for step in steps:
                self._try(step)
            return
        with ThreadPoolExecutor(min(self._parallel, len(steps)), "steps") as pool:
            list(pool.map(self._try, steps))

    def _try(self, step: Step) -> None:
        try:
            self.run([step])
        except (Stopped, EngineError):
            return  # noted already, or never begun

    def _apply(self, step: Step) -> None:
        deployment, began = self._deployment, time.perf_counter()
        internal = _is_internal(step)
        if not internal:
            deployment.tell(events.StepStarted(step.told()))
        operation = self._ledger.begin(step)
        error: EngineError | None = None
        try:
            step.apply(deployment)
        except PartialFailure as failure:
            error = ResourceError(step.urn, f"{_verb(step)} {step.urn}: {failure}")
        except ProviderError as failure:
            error = ResourceError(step.urn, f"{_verb(step)} {step.urn}: {failure}")
            self._give_up(operation, step, error, began)
        except EngineError as failure:
            self._give_up(operation, step, failure, began)
        except Exception as failure:
            error = ResourceError(step.urn, f"{_verb(step)} {step.urn}: {type(failure).__name__}: {failure}")
            error.__cause__ = failure
            self._give_up(operation, step, error, began)
        if deployment.options.cancellation.terminated.is_set():
            raise CancelledError("terminated; pending operations are kept in the state")
        self._ledger.end(operation, step)
        self._publish(step)
        if error is not None:
            self._fail(step, error, began)
        told = step.told()
        with self._lock:
            self.steps.append(told)
            self._count(step, told)
        if not internal:
            deployment.tell(events.StepFinished(told, time.perf_counter() - began))
        self.stop_after_hooks()

    def _publish(self, step: Step) -> None:
        if step.new is not None and step.op != "replace" and not isinstance(step, Refresh):
            self._deployment.news[step.urn] = step.new

    def _give_up(self, operation: int | None, step: Step, error: EngineError, began: float) -> None:
        if not self._deployment.options.cancellation.terminated.is_set():
            self._ledger.fail(operation)
        self._fail(step, error, began)

    def _fail(self, step: Step, error: EngineError, began: float) -> None:
        with self._lock:
            self.failed.add(step.urn)
        self._deployment.tell(events.StepFailed(step.told(), str(error), time.perf_counter() - began))
        self.note(error)
        raise error

    def _count(self, step: Step, told: events.Step) -> None:
        if not _is_internal(step) and _counts(step, told):
            op = step.result if isinstance(step, Refresh) else told.op
            self.changes[op] = self.changes.get(op, 0) + 1


def _counts(step: Step, told: events.Step) -> bool:
    """Whether the CLI counts the step: a read only if it found something new, a replacement once."""
    if isinstance(step, Refresh):
        return True
    if isinstance(step, Read) and step.op == "read":
        return step.old is not None and step.old.outputs != step.new.outputs
    return told.logical


def _is_internal(step: Step) -> bool:
    return step.resource.is_provider and step.resource.name.startswith("default")


_VERBS = {
    "create": "creating",
    "create-replacement": "creating",
    "update": "updating",
    "delete": "deleting",
    "delete-replaced": "deleting",
    "read": "reading",
    "read-replacement": "reading",
    "refresh": "refreshing",
    "import": "importing",
    "import-replacement": "importing",
}


def _verb(step: Step) -> str:
    return _VERBS.get(step.op, step.op)
