"""What an operation tells while it works, and how it is cancelled: the engine's own."""

from trackstack.engine.events import (
    Diagnostic,
    Event,
    OperationFinished,
    OperationStarted,
    PropertyChange,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
)
from trackstack.engine.options import Cancellation

__all__ = [
    "Cancellation",
    "Diagnostic",
    "Event",
    "OperationFinished",
    "OperationStarted",
    "PropertyChange",
    "Step",
    "StepFailed",
    "StepFinished",
    "StepStarted",
]
