"""What an operation gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trackstack.engine.events import Diagnostic, Step
from trackstack.engine.values import has_secret, unwrap


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

    `changes` counts logical steps as the Pulumi CLI does (`{"create": 3, "same": 1}`); `outputs` are the
    stack's outputs, secrets as `Secret`; `steps` are all planned steps in order; `seconds` is wall time.
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


def reveal(outputs: dict[str, Any], *, show_secrets: bool = False) -> dict[str, Any]:
    """Outputs as plain values; one that holds a secret becomes a `Secret` as a whole, unless shown."""
    return {
        key: Secret(unwrap(value)) if has_secret(value) and not show_secrets else unwrap(value)
        for key, value in outputs.items()
    }
