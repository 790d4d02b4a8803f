"""A project's instances brought to their files all at once: what is to be done with each, and the doing.

An instance is its `Pulumi.<stack>.yaml`. One that has a state but no file any more is surplus, and deleted
only on request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from trackstack.stacks import operations
from trackstack.stacks.crowd import look
from trackstack.stacks.errors import ResourceFailed, StackError
from trackstack.stacks.events import (
    Cancellation,
    Diagnostic,
    Event,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
)
from trackstack.stacks.instances import INSTANCE
from trackstack.stacks.operations import OnEvent, Plan, Report
from trackstack.stacks.project import Project
from trackstack.stacks.settled import Settled, mark

Op = Literal["same", "create", "update", "delete"]


@dataclass(frozen=True)
class Intent:
    """What is to be done with an instance; `error` says why that cannot be said or done."""

    stack: str
    op: Op
    plan: Plan | None = None
    """The steps to it; None where nothing is to be made."""
    error: str = ""
    mark: str = ""
    """Of one that is settled (`settled.mark`)."""

    @property
    def due(self) -> bool:
        """Whether there is something to do, and it can be done."""
        return self.op != "same" and not self.error


@dataclass(frozen=True)
class Outcome:
    """What came of an intent. Its error is one line; `report` is None where nothing was done."""

    intent: Intent
    report: Report | None = None
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Difference:
    """Where an instance is not as the last operation left it; `error` says why that is not known."""

    stack: str
    steps: tuple[Step, ...] = ()
    error: str = ""


def surplus(project: Project) -> list[str]:
    """The stacks that have a state and no file. Raises StackError."""
    return [stack for stack in project.stacks() if not project.settings_path(stack).is_file()]


def made(project: Project) -> list[str]:
    """The stacks that have a state. Raises StackError."""
    return [stack for stack in project.stacks() if project.stack(stack).exists()]


def plan(
    project: Project, *, prune: bool = False, cancellation: Cancellation | None = None
) -> Iterator[Intent]:
    """What is to be done for every file to be true, by stack; with `prune` the surplus goes, too.

    Changes and locks nothing. Raises StackError where the project cannot be read, Cancelled.
    """
    gone = set(surplus(project))
    settled = Settled(project)
    marks = settled.load()
    stacks = [(stack, marks.get(stack, "")) for stack in project.stacks() if stack not in gone]
    found = {}
    for intent in look(partial(_intent, project), stacks, cancellation):
        if intent.mark:
            found[intent.stack] = intent.mark
        yield intent
    if found != marks:
        settled.save(found)
    if prune:
        yield from (_unless_locked(project, Intent(stack, "delete")) for stack in sorted(gone))


def carry_out(
    project: Project,
    intents: Iterable[Intent],
    *,
    parallel: int,
    on_event: OnEvent | None = None,
    cancellation: Cancellation | None = None,
) -> list[Outcome]:
    """Do what is due, so many at once; one that fails stops no other. What goes, goes first: it frees ports.

    The events are of instances: a step each, and what their operations warn of. Once cancelled, nothing more
    is begun, and what was not has an error that says so.
    """
    work = _Work(project, on_event or (lambda event: None), cancellation or Cancellation())
    intents = list(intents)
    deletes = [each for each in intents if each.op == "delete"]
    with ThreadPoolExecutor(parallel, "instance") as pool:
        gone = list(pool.map(work.do, deletes))
        others = list(pool.map(work.do, (each for each in intents if each.op != "delete")))
    return sorted([*gone, *others], key=lambda outcome: outcome.intent.stack)


def differences(
    project: Project, stacks: Iterable[str], cancellation: Cancellation | None = None
) -> Iterator[Difference]:
    """How each stack's instance really is, against its state; saves and locks nothing. Raises Cancelled."""
    return look(partial(_difference, project), list(stacks), cancellation)


class _Work:
    """Brings instances to what is intended; its methods are called from several threads."""

    def __init__(self, project: Project, on_event: OnEvent, cancellation: Cancellation) -> None:
        self._project = project
        self._on_event = on_event
        self._cancellation = cancellation
        self._telling = threading.Lock()

    def do(self, intent: Intent) -> Outcome:
        """Carry out what is due. Raises nothing."""
        if not intent.due:
            return Outcome(intent, error=intent.error)
        if self._cancellation.cancelled.is_set():
            return Outcome(intent, error="cancelled before it began")
        operate = operations.delete if intent.op == "delete" else operations.up
        step = Step(intent.op, intent.stack, INSTANCE, intent.stack)
        began = time.perf_counter()
        self._tell(StepStarted(step))
        outcome = Outcome(intent)
        try:
            report = operate(
                self._project, intent.stack, partial(self._overhear, intent.stack), self._cancellation
            )
            outcome = replace(outcome, report=report)
        except Exception as error:
            outcome = replace(outcome, error=_reason(error))
        seconds = time.perf_counter() - began
        self._tell(StepFailed(step, outcome.error, seconds) if outcome.error else StepFinished(step, seconds))
        return replace(outcome, seconds=seconds)

    def _overhear(self, stack: str, event: Event) -> None:
        if isinstance(event, Diagnostic):
            self._tell(replace(event, message=f"{stack}: {event.message}"))

    def _tell(self, event: Event) -> None:
        with self._telling:
            self._on_event(event)


def _intent(project: Project, known: tuple[str, str]) -> Intent:
    """Of a stack and the mark that it had when it was settled. Raises nothing."""
    stack, before = known
    try:
        return _unless_locked(project, _planned(project, stack, before))
    except Exception as error:
        return Intent(stack, "same", error=_reason(error))


def _planned(project: Project, stack: str, before: str) -> Intent:
    handle = project.stack(stack)
    snapshot = handle.snapshot() if handle.exists() else None
    if snapshot is None or not snapshot.resources:
        return Intent(stack, "create", operations.preview(project, stack))
    now = mark(project, stack, snapshot)
    if now and now == before and not operations.diff(project, stack).changed:
        return Intent(stack, "same", mark=now)
    found = operations.preview(project, stack)
    if found.changed or snapshot.pending:
        return Intent(stack, "update", found)
    return Intent(stack, "same", mark=now)


def _unless_locked(project: Project, intent: Intent) -> Intent:
    """What somebody works on cannot be planned, for it is becoming another thing."""
    if holder := project.stack(intent.stack).lock_holder():
        return replace(
            intent, error=f"locked by {holder}; wait for it, or `trackstack unlock {intent.stack}`"
        )
    return intent


def _difference(project: Project, stack: str) -> Difference:
    """Raises nothing."""
    try:
        return Difference(stack, operations.diff(project, stack).steps)
    except Exception as error:
        return Difference(stack, error=_reason(error))


def _reason(error: Exception) -> str:
    """The error in one line; a resource by its name, for the instance stands beside it."""
    text = str(error)
    if isinstance(error, ResourceFailed):
        text = text.replace(error.urn, error.urn.rpartition("::")[2])
    elif not isinstance(error, StackError):
        text = f"unexpected {type(error).__name__}: {error}"
    return " ".join(text.split())
