"""An operation on the screen while it runs: a line a resource, live on a terminal, one by one elsewhere."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import click

from trackstack.cli.interrupt import interruptible
from trackstack.stacks import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trackstack.stacks.events import Cancellation, Event, Step

Thing = TypeVar("Thing")


class Screen(Protocol):
    """Where the steps are drawn; entered before the first and left after the last."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    def started(self, step: Step) -> None: ...
    def finished(self, step: Step, seconds: float, error: str) -> None: ...
    def counted(self, done: int, total: int) -> None: ...
    def say(self, text: str) -> None: ...


class Lines:
    """A finished step is a line: for logs, pipes, dumb terminals and screen readers."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def started(self, step: Step) -> None:
        """Say nothing yet."""

    def finished(self, step: Step, seconds: float, error: str) -> None:
        """One line with sign, type, name, outcome and time."""
        word = steps.words(step.op)
        outcome = f"failed: {steps.reason(step, error)}" if error else word.done
        self.say(f"  {word.sign} {steps.kind(step)} {step.name} {outcome} ({seconds:.1f} s)")

    def counted(self, done: int, total: int) -> None:
        """Say nothing: a line each would be many."""

    def say(self, text: str) -> None:
        """One line as it is."""
        click.echo(text, err=True)


class Nothing(Lines):
    """For --quiet and --json."""

    def say(self, text: str) -> None:
        """Say nothing."""


class Work:
    """One operation: `on_event` and `cancellation` go into it, its steps come onto the screen."""

    def __init__(self, title: str, *, silent: bool) -> None:
        self.title = title
        self.screen = Nothing() if silent else _screen()
        self._exits = ExitStack()
        self.cancellation: Cancellation

    def __enter__(self) -> Self:
        from trackstack.stacks.events import Cancellation

        self.cancellation = Cancellation()
        self.screen.say(self.title)
        self._exits.enter_context(self.screen)
        self._exits.enter_context(interruptible(self.cancellation, self.screen.say))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.__exit__(kind, error, trace)

    def counting(self, things: Iterable[Thing], total: int) -> Iterator[Thing]:
        """The things as they come; on a terminal it says how many of them came."""
        self.screen.counted(0, total)
        for done, thing in enumerate(things, 1):
            self.screen.counted(done, total)
            yield thing

    def on_event(self, event: Event) -> None:
        """Draw one event of the operation."""
        from trackstack.stacks import events

        match event:
            case events.StepStarted(step) if steps.shown(step):
                self.screen.started(step)
            case events.StepFinished(step, seconds) if steps.shown(step):
                self.screen.finished(step, seconds, "")
            case events.StepFailed(step, error, seconds):
                self.screen.finished(step, seconds, error)
            case events.Diagnostic(severity, message) if severity in ("warning", "error"):
                self.screen.say(f"{severity}: {message}")


def _screen() -> Screen:
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return Lines()
    from trackstack.cli.live import Live

    return Live()
