"""What an operation gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trackstack.engine.events import Diagnostic, Step


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret value; `reveal()` is the only way to it, `repr` and `str` are masked."""

    _value: Any

    def reveal(self) -> Any:
        """The plain value. Keep it out of logs."""
        return self._value

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True, slots=True)
class Result:
    """A finished operation.

    `changes` counts logical steps as the Pulumi CLI does (`{"create": 3, "same": 1}`); `outputs` are the stack's
    outputs, secrets as `Secret`; `steps` are all planned steps in order; `seconds` is wall time.
    """

    changes: dict[str, int]
    outputs: dict[str, Any]
    seconds: float
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def changed(self) -> bool:
        """Whether anything but `same` was planned or done; a refresh counts when it found drift."""
        return any(
            count for op, count in self.changes.items() if op not in ("same", "read", "refresh")
        ) or any(step.diff for step in self.steps if step.op == "refresh")
