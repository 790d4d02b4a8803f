"""Runs a scenario's operations with the embedded engine."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.engine.play import Outcome
from tests.engine.scenarios.model import PASSPHRASE, PROJECT, STACK, Operation, Scenario
from tests.engine.scripted import ScriptedProvider

from trackstack.engine import Backend, Options, Passphrase
from trackstack.engine.errors import EngineError
from trackstack.engine.events import Event, OperationFinished, StepFailed, StepStarted


@cache
def secrets() -> Passphrase:
    """One salt for all stacks: deriving a key takes a third of a second."""
    passphrase = Passphrase(PASSPHRASE)
    return Passphrase(PASSPHRASE, passphrase.state)


class Embedded:
    """A stack on a `file://` backend in a folder; `said` is how each operation failed."""

    def __init__(self, folder: Path, *, sequential: bool = False) -> None:
        self.folder = folder
        self._sequential = sequential
        self.said: list[str] = []
        self._stack = Backend.open(folder / "state").stack(PROJECT, STACK)
        self._stack.init(secrets())

    def run(self, scenario: Scenario, index: int, provider: ScriptedProvider) -> Outcome:
        operation = scenario.operations[index]
        events: list[Event] = []
        options = options_of(operation, provider, self.folder, events)
        options = replace(options, sequential=self._sequential)
        try:
            if operation.kind in ("up", "preview"):
                getattr(self._stack, operation.kind)(operation.program, options)
            else:
                getattr(self._stack, operation.kind)(options)
            self.said.append("")
        except EngineError as error:
            self.said.append(f"{type(error).__name__}: {error}")
        return outcome_of(events)


def options_of(
    operation: Operation, provider: ScriptedProvider, folder: Path, events: list[Event]
) -> Options:
    """One step at a time, so that their order says something."""
    settings: dict[str, Any] = {
        name: getattr(operation, name)
        for name in (
            "targets",
            "target_dependents",
            "replace",
            "refresh",
            "clear_pending_creates",
            "continue_on_error",
        )
    }
    return Options(
        secrets=secrets(),
        config={**operation.config, **operation.secrets},
        secret_keys=frozenset(operation.secrets),
        providers={"cloud": provider},
        on_event=events.append,
        parallel=1,
        root=folder,
        **settings,
    )


def outcome_of(events: list[Event]) -> Outcome:
    """What the events say."""
    last = events[-1] if events else None
    finished = last if isinstance(last, OperationFinished) else None
    return Outcome(
        succeeded=finished is not None and not finished.error,
        steps=[(event.step.op, event.step.urn) for event in events if isinstance(event, StepStarted)],
        failed=[event.step.urn for event in events if isinstance(event, StepFailed)],
        changes=dict(finished.changes) if finished else {},
    )
