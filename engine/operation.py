"""One operation from lock to history: what all of up, preview, refresh and destroy have in common."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from trackstack.engine import events
from trackstack.engine.builtins import Builtins
from trackstack.engine.callbacks import Callbacks, Hooks
from trackstack.engine.checkpoint import open_secrets
from trackstack.engine.deletes import delete_rest
from trackstack.engine.deployment import Deployment
from trackstack.engine.errors import CancelledError, EngineError, ProgramError, UnsupportedError
from trackstack.engine.executor import Executor
from trackstack.engine.history import Update
from trackstack.engine.ledger import Ledger
from trackstack.engine.monitor import Engine, Monitor
from trackstack.engine.options import Options
from trackstack.engine.planned import Planned
from trackstack.engine.program import Program, run
from trackstack.engine.providers import Plugins, Registry
from trackstack.engine.refresh import refresh
from trackstack.engine.result import Result, reveal
from trackstack.engine.secrets import SecretsManager, provider_state
from trackstack.engine.snapshot import Snapshot
from trackstack.engine.targets import Targets
from trackstack.engine.threads import abandonable

if TYPE_CHECKING:
    from trackstack.engine.stack import Stack


@dataclass(frozen=True, slots=True)
class Task:
    """What to do; without `program` every resource is unwanted, without `apply` only a refresh happens."""

    kind: events.OperationKind
    preview: bool = False
    program: Program | None = None
    refresh: bool = False
    apply: bool = True


def operate(stack: Stack, task: Task, options: Options) -> Result:
    """Carry out the task. Raises EngineError; whatever was done is then in the state."""
    return _Operation(stack, task, options).carry_out()


class _Operation:
    def __init__(self, stack: Stack, task: Task, options: Options) -> None:
        self._stack = stack
        self._task = task
        self._options = options
        self._store = stack.backend.store(stack.project, stack.name)
        self._telling = threading.RLock()
        self._diagnostics: list[events.Diagnostic] = []
        self._listener_error: Exception | None = None
        self._began = time.time()
        self._clock = time.perf_counter()

    def carry_out(self) -> Result:
        """The whole, with the last event whatever happens."""
        with self._locked():
            snapshot = self._store.load()
            secrets = self._options.secrets.bind(provider_state(snapshot.secrets_provider))
            open_secrets(snapshot, secrets)
            self._tell(events.OperationStarted(self._task.kind, self._stack.project, self._stack.name))
            return self._with_state(snapshot, secrets)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._task.preview:
            yield
            return
        with self._store.lock().held():
            yield

    def _with_state(self, snapshot: Snapshot, secrets: SecretsManager) -> Result:
        task, options = self._task, self._options
        journal = None
        if not task.preview:
            if snapshot.secrets_provider is None:
                snapshot.secrets_provider = {"type": secrets.type, "state": {"salt": secrets.state}}
            journal = self._store.journal(snapshot, secrets)
            if journal.notice:
                self._tell(events.Diagnostic("warning", journal.notice))
        plugins = Plugins(
            options.providers, options.root, Builtins(self._stack.backend, self._stack.project, secrets)
        )
        callbacks = Callbacks(answered=not options.sequential)
        registry = Registry(plugins, preview=task.preview, warn=self._warn)
        deployment = Deployment(
            project=self._stack.project,
            stack=self._stack.name,
            preview=task.preview,
            options=options,
            base=snapshot,
            registry=registry,
            hooks=Hooks(callbacks, preview=task.preview, say=self._say),
            tell=self._tell,
        )
        ledger = Ledger(snapshot, journal, settle_creates=options.clear_pending_creates)
        executor = Executor(deployment, ledger, options.at_once)
        error: EngineError | None = None
        watched = options.cancellation.watched(lambda: _cancel_providers(registry))
        with watched, closing(plugins), closing(callbacks):
            try:
                self._apply(deployment, executor, ledger, callbacks)
            except EngineError as failure:
                error = failure
            except BaseException:
                ledger.close()  # what is in the journal is taken up by the next operation
                raise
        return self._conclude(deployment, executor, ledger, secrets, error)

    def _apply(
        self, deployment: Deployment, executor: Executor, ledger: Ledger, callbacks: Callbacks
    ) -> None:
        task, options = self._task, self._options
        targets = Targets(options.targets, options.replace, dependents=options.target_dependents)
        _refuse_unknown_targets(deployment, targets, new_possible=task.program is not None)
        if task.refresh:
            abandonable(lambda: refresh(deployment, executor, ledger, targets), options.cancellation)
        elif deployment.base.pending and not task.preview:
            self._warn("", _pending_warning(deployment))
        if not task.apply or executor.errors:
            return
        executor.changes.clear()  # what an update looks at first is not among its changes
        planned = Planned(deployment, targets)

        def finish() -> None:
            if not executor.stopping:
                delete_rest(planned, executor)

        monitor = Monitor(deployment, planned, executor, ledger, callbacks=callbacks, finish=finish)
        cause: BaseException | None = None
        try:
            if task.program is None:
                _refuse_delete_hooks(deployment)
                abandonable(finish, options.cancellation)
            else:
                run(task.program, deployment, monitor, Engine(deployment))
        except EngineError:
            raise
        except Exception as failure:
            cause = failure
        failed = cause is not None or executor.stopping or bool(executor.errors or deployment.late_errors)
        monitor.finish_outputs(failed=failed)
        if cause is not None and not executor.errors and not executor.stopping:
            raise ProgramError(_program_message(cause)) from cause

    def _conclude(
        self,
        deployment: Deployment,
        executor: Executor,
        ledger: Ledger,
        secrets: SecretsManager,
        error: EngineError | None,
    ) -> Result:
        options = self._options
        errors = [*executor.errors, *([error] if error is not None else []), *deployment.late_errors]
        if not errors and options.cancellation.cancelled.is_set():
            errors.append(CancelledError("cancelled; what had begun was finished and saved"))
        failure = errors[0] if errors else None
        if failure is None and options.clear_pending_creates:
            ledger.forget_creates()
        snapshot = ledger.snapshot()
        try:
            if not self._task.preview:
                ledger.commit()
                self._store.record(self._update(executor, secrets, failure is None))
        except EngineError as unsaved:  # the journal keeps what the checkpoint does not say
            failure = unsaved
        ledger.close()
        seconds = time.perf_counter() - self._clock
        text = str(failure) if failure is not None else ""
        self._tell(events.OperationFinished(self._task.kind, dict(executor.changes), seconds, text))
        if failure is not None:
            raise failure
        if self._listener_error is not None:
            raise self._listener_error
        root = snapshot.root
        return Result(
            changes=dict(executor.changes),
            outputs=reveal(root.outputs if root is not None else {}),
            seconds=seconds,
            steps=tuple(executor.steps),
            diagnostics=tuple(self._diagnostics),
        )

    def _update(self, executor: Executor, secrets: SecretsManager, succeeded: bool) -> Update:
        options = self._options
        config: dict[str, Any] = {
            key: {"secure": secrets.encrypt(value)} if key in options.secret_keys else value
            for key, value in options.config.items()
        }
        return Update(
            kind=self._task.kind,
            start_time=int(self._began),
            end_time=int(time.time()),
            result="succeeded" if succeeded else "failed",
            message=options.message,
            config=config,
            resource_changes=dict(executor.changes),
        )

    def _warn(self, urn: str, message: str) -> None:
        self._tell(events.Diagnostic("warning", message, urn))

    def _say(self, severity: events.Severity, message: str, urn: str) -> None:
        self._tell(events.Diagnostic(severity, message, urn))

    def _tell(self, event: events.Event) -> None:
        with self._telling:
            if isinstance(event, events.Diagnostic):
                self._diagnostics.append(event)
            if self._options.on_event is None or self._listener_error is not None:
                return
            try:
                self._options.on_event(event)
            except Exception as error:  # raised when the operation is over: it must not fail a step
                self._listener_error = error


def _cancel_providers(registry: Registry) -> None:
    """In a thread: this may run in a signal handler."""

    def cancel() -> None:
        for provider in registry.all():
            provider.cancel()

    threading.Thread(target=cancel, name="pulumi-cancel", daemon=True).start()


def _refuse_unknown_targets(deployment: Deployment, targets: Targets, *, new_possible: bool) -> None:
    if new_possible:
        return
    known = {resource.urn for resource in deployment.base.resources}
    for urn in targets.literals:
        if urn not in known:
            raise EngineError(f"target {urn} is not in the stack")


def _refuse_delete_hooks(deployment: Deployment) -> None:
    for resource in deployment.base.resources:
        kinds = [kind for kind in resource.resource_hooks if kind.lower() in ("beforedelete", "afterdelete")]
        if kinds:
            raise UnsupportedError("a destroy that has to run the program's delete hooks", resource.urn)


def _pending_warning(deployment: Deployment) -> str:
    interrupted = "; ".join(f"{p.resource.urn}, interrupted while {p.kind}" for p in deployment.base.pending)
    return (
        f"{len(deployment.base.pending)} operations were interrupted and their outcome is unknown: "
        f"{interrupted}; a refresh settles them, creations only on request"
    )


def _program_message(cause: BaseException) -> str:
    if isinstance(cause, pulumi.RunError):
        return str(cause)
    return f"the program failed: {type(cause).__name__}: {cause}"
