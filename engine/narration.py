"""The Pulumi CLI's events told as this engine's own, and what they add up to."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from pulumi.automation import events as cli

from trackstack.engine import events
from trackstack.engine import urn as urns
from trackstack.engine.diffs import Diff, PropertyDiff, describe

_SEVERITIES: dict[str, events.Severity] = {
    "debug": "debug",
    "info": "info",
    "info#err": "info",
    "warning": "warning",
    "error": "error",
}


_AMBIENT = re.compile(r"using pulumi-resource-\S+ from \$PATH")  # told of every plugin, whichever is attached


class Narration:
    """Takes the CLI's events as they come, passes ours on, and remembers steps, counts and messages."""

    def __init__(self, tell: Callable[[events.Event], None] | None) -> None:
        self._listener = tell
        self._lock = threading.Lock()
        self._began: dict[tuple[str, str], float] = {}
        self.steps: list[events.Step] = []
        self.changes: dict[str, int] = {}
        self.diagnostics: list[events.Diagnostic] = []
        self.failed: list[str] = []

    def tell(self, event: events.Event) -> None:
        """Pass one of ours on."""
        if self._listener is not None:
            self._listener(event)

    def hear(self, event: cli.EngineEvent) -> None:
        """Take one of the CLI's."""
        with self._lock:
            if event.diagnostic_event is not None:
                self._message(event.diagnostic_event)
            elif event.resource_pre_event is not None:
                self._begin(event.resource_pre_event.metadata)
            elif event.res_outputs_event is not None:
                self._finish(event.res_outputs_event.metadata)
            elif event.res_op_failed_event is not None:
                self._fail(event.res_op_failed_event.metadata)
            elif event.summary_event is not None:
                counted = event.summary_event.resource_changes
                self.changes = {getattr(op, "value", str(op)): count for op, count in counted.items()}

    def errors(self, urn: str = "") -> list[str]:
        """Error messages, of one resource or all."""
        return [d.message for d in self.diagnostics if d.severity == "error" and (not urn or d.urn == urn)]

    def _message(self, heard: cli.DiagnosticEvent) -> None:
        severity = _SEVERITIES.get(heard.severity, "info")
        text = f"{heard.prefix or ''}{heard.message}".strip().removeprefix(f"{severity}: ")
        text = text.partition("\nTraceback (most recent call last)")[0]  # of our own process
        if not text or heard.ephemeral or severity == "debug" or _AMBIENT.match(text):
            return
        diagnostic = events.Diagnostic(severity, text, heard.urn or "")
        self.diagnostics.append(diagnostic)
        self.tell(diagnostic)

    def _begin(self, metadata: cli.StepEventMetadata) -> None:
        step = _step(metadata)
        self._began[step.op, step.urn] = time.perf_counter()
        if not _is_internal(step):
            self.tell(events.StepStarted(step))

    def _finish(self, metadata: cli.StepEventMetadata) -> None:
        step = _step(metadata)
        if ("refresh", step.urn) in self._began:
            step = _refreshed(step, metadata)
        began = self._began.pop((step.op, step.urn), None)
        if began is None:
            return  # a component's outputs, which come besides
        self.steps.append(step)
        if not _is_internal(step):
            self.tell(events.StepFinished(step, time.perf_counter() - began))

    def _fail(self, metadata: cli.StepEventMetadata) -> None:
        step = _step(metadata)
        began = self._began.pop((step.op, step.urn), time.perf_counter())
        self.failed.append(step.urn)
        messages = self.errors(step.urn) or [f"{step.op} of {step.urn} failed"]
        self.tell(events.StepFailed(step, messages[-1], time.perf_counter() - began))


def _is_internal(step: events.Step) -> bool:
    return step.type.startswith("pulumi:providers:") and step.name.startswith("default")


def _step(metadata: cli.StepEventMetadata) -> events.Step:
    op = cast(events.Op, getattr(metadata.op, "value", str(metadata.op)))
    state = metadata.new or metadata.old
    custom = bool(state and state.custom)
    name = urns.name_of(metadata.urn)
    return events.Step(op, metadata.urn, metadata.type, name, _changes(metadata), custom)


def _refreshed(result: events.Step, metadata: cli.StepEventMetadata) -> events.Step:
    """The CLI ends a refresh with the step that would have made what it found."""
    if result.op == "delete":
        gone = events.PropertyChange("id", "delete", metadata.old.id if metadata.old else None, None)
        return replace(result, op="refresh", diff=(gone,))
    return replace(result, op="refresh", diff=result.diff if result.op == "update" else ())


def _changes(metadata: cli.StepEventMetadata) -> tuple[events.PropertyChange, ...]:
    old, new = metadata.old, metadata.new
    if old is None or new is None or not (metadata.diffs or metadata.detailed_diff):
        return ()
    diff = Diff(
        changes=True,
        replace_keys=tuple(metadata.keys or ()),
        changed_keys=tuple(metadata.diffs or ()),
        detailed={path: _property(entry) for path, entry in (metadata.detailed_diff or {}).items()},
    )
    return describe(diff, _values(old.inputs), _values(old.outputs), _values(new.inputs))


def _property(entry: cli.PropertyDiff) -> PropertyDiff:
    return PropertyDiff(
        cast(events.ChangeKind, getattr(entry.diff_kind, "value", entry.diff_kind)), entry.input_diff
    )


def _values(properties: Any) -> dict[str, Any]:
    return dict(properties or {})
