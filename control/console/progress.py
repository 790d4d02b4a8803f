"""An operation under way, a row for each resource that it works on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from trackstack.stacks import steps
from trackstack.stacks.events import Event, Step, StepFailed, StepFinished, StepStarted


@dataclass(frozen=True)
class Row:
    """What happens to a resource."""

    kind: str
    name: str
    words: str
    state: Literal["doing", "done", "failed"]


def rows(events: Iterable[Event]) -> list[Row]:
    """The resources in the order in which they were begun."""
    found: dict[tuple[str, str], Row] = {}
    for event in events:
        if isinstance(event, StepStarted | StepFinished | StepFailed) and steps.shown(event.step):
            found[event.step.urn, event.step.op] = _row(event.step, event)
    return list(found.values())


def _row(step: Step, event: Event) -> Row:
    words = steps.words(step.op)
    if isinstance(event, StepStarted):
        return Row(steps.kind(step), step.name, words.doing, "doing")
    if isinstance(event, StepFailed):
        return Row(steps.kind(step), step.name, "failed", "failed")
    return Row(steps.kind(step), step.name, words.done, "done")
