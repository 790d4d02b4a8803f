"""What an operation tells while it works: frozen values, in the order things happen.

An operation gives `OperationStarted`, then for each step `StepStarted` and one of `StepFinished` and
`StepFailed`, `Diagnostic`s in between, and `OperationFinished` last, whatever happened. Events come from
several threads, one at a time; the callback should return at once. No event carries a secret: secret values
are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

OperationKind = Literal["update", "preview", "refresh", "destroy", "import"]
Severity = Literal["debug", "info", "warning", "error"]
ChangeKind = Literal["add", "add-replace", "delete", "delete-replace", "update", "update-replace"]
Op = Literal[
    "same",
    "create",
    "update",
    "delete",
    "replace",
    "create-replacement",
    "delete-replaced",
    "read",
    "read-replacement",
    "refresh",
    "discard",
    "discard-replaced",
    "remove-pending-replace",
    "import",
    "import-replacement",
]


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property that differs; `path` is Pulumi's (`tags.owner`, `rules[0]`), secret values are masked."""

    path: str
    kind: ChangeKind
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan, named as the Pulumi CLI names it.

    A replacement shows as `create-replacement`, `replace` (the logical step, nothing is called for it) and
    `delete-replaced`, in the order they happen. `refresh` steps carry the drift they found in `diff`.
    """

    op: Op
    urn: str
    type: str
    name: str
    diff: tuple[PropertyChange, ...] = ()
    custom: bool = True
    """Whether a provider makes it; a component only groups others."""

    @property
    def logical(self) -> bool:
        """Whether it counts in `Result.changes`; default providers and halves of a replacement do not."""
        halves = (
            "create-replacement",
            "read-replacement",
            "import-replacement",
            "delete-replaced",
            "discard-replaced",
            "remove-pending-replace",
        )
        return self.op not in halves and not (
            self.type.startswith("pulumi:providers:") and self.name.startswith("default")
        )


@dataclass(frozen=True, slots=True)
class OperationStarted:
    """The stack is locked (a preview locks nothing) and its state read."""

    kind: OperationKind
    project: str
    stack: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step was planned and now begins; in a preview it only says so."""

    step: Step


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step succeeded; for a refresh, `step.diff` is complete only now."""

    step: Step
    seconds: float


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step failed; `error` is one readable text, without secrets."""

    step: Step
    error: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message of the program, a provider or the engine; `urn` is empty if it is about no resource."""

    severity: Severity
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class OperationFinished:
    """The last event. `error` is empty when the operation succeeded."""

    kind: OperationKind
    changes: dict[str, int]
    seconds: float
    error: str = ""


Event = OperationStarted | StepStarted | StepFinished | StepFailed | Diagnostic | OperationFinished
EVENT_TYPES = (OperationStarted, StepStarted, StepFinished, StepFailed, Diagnostic, OperationFinished)
