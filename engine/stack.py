"""A stack: its state, its lock, and the operations on it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from trackstack.engine.checkpoint import deployment_json, encrypter, open_secrets, read_deployment
from trackstack.engine.errors import StateError
from trackstack.engine.history import Update, UpdateKind
from trackstack.engine.result import reveal
from trackstack.engine.secrets import provider_state
from trackstack.engine.values import mask

if TYPE_CHECKING:
    from trackstack.engine.backend import Backend
    from trackstack.engine.lock import Holder
    from trackstack.engine.options import Options
    from trackstack.engine.result import Result
    from trackstack.engine.secrets import SecretsManager
    from trackstack.engine.snapshot import Snapshot
    from trackstack.engine.store import StackStore

Program = Callable[[], Awaitable[Any] | Any]
"""A Pulumi program: makes resources, calls `pulumi.export`; may be async."""


class Stack:
    """One stack of a backend. Making the handle reads nothing; `Backend.stack(project, name)` gives it."""

    def __init__(self, backend: Backend, project: str, name: str) -> None:
        self.backend = backend
        self.project = project
        self.name = name

    def exists(self) -> bool:
        """Whether the stack was initialised."""
        return self._store().exists()

    def init(self, secrets: SecretsManager) -> None:
        """Make the empty stack. Raises StateError if it exists."""
        self._store().init(secrets)

    def remove(self, *, force: bool = False) -> None:
        """Forget the stack, keeping a `.bak`. Raises StateError while it has resources, unless `force`."""
        store = self._store()
        with store.lock().held():
            resources = store.load().resources
            if resources and not force:
                raise StateError(f"stack {self.name} still has {len(resources)} resources; destroy it first")
            store.remove()

    def snapshot(self) -> Snapshot:
        """The state as it is, secrets masked; needs no passphrase. Raises StackNotFoundError, StateError."""
        return self._store().load()

    def outputs(self, secrets: SecretsManager | None = None, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs: secrets as `Secret`, plain with `show_secrets`, masked without `secrets`."""
        snapshot = self.snapshot()
        if secrets is None:
            masked: dict[str, Any] = mask(snapshot.outputs)
            return masked
        open_secrets(snapshot, secrets.bind(provider_state(snapshot.secrets_provider)))
        return reveal(snapshot.outputs, show_secrets=show_secrets)

    def export(self) -> dict[str, Any]:
        """The deployment as `pulumi stack export` prints it: `{"version": 3, "deployment": {…}}`."""
        snapshot = self.snapshot()
        deployment, features = deployment_json(snapshot, encrypter(None))
        document: dict[str, Any] = {"version": 4 if features else 3}
        return document | ({"features": features} if features else {}) | {"deployment": deployment}

    def import_(self, document: dict[str, Any]) -> None:
        """Put an exported deployment in place of the state. Raises StateError, LockedError."""
        store = self._store()
        snapshot = read_deployment(
            document.get("deployment"),
            stack=store.qualified_name,
            version=document.get("version", 3),
            features=document.get("features"),
        )
        snapshot.verify()
        with store.lock().held():
            began = int(time.time())
            store.journal(store.load(), None).commit(snapshot)
            store.record(Update("import", began, int(time.time()), "succeeded"))

    def history(self) -> list[Update]:
        """Past operations, newest first."""
        return self._store().history()

    def last_update(self, kind: UpdateKind | None = None) -> Update | None:
        """The newest of the past operations, or of those of one kind."""
        return next((each for each in self._store().updates() if kind in (None, each.kind)), None)

    def lock_holder(self) -> Holder | None:
        """Who works on the stack now (pid, username, hostname, since)."""
        return self._store().lock().holder()

    def unlock(self) -> None:
        """Remove every lock, whoever holds it; as `pulumi cancel`."""
        self._store().lock().unlock()

    def preview(self, program: Program, options: Options) -> Result:
        """What `up` would do; takes no lock and writes nothing. Raises EngineError."""
        return self._operate(options, kind="preview", preview=True, program=program, refresh=options.refresh)

    def up(self, program: Program, options: Options) -> Result:
        """Bring the resources to what `program` declares.

        Raises LockedError, StackNotFoundError, ProgramError (the program raised), ResourceError (a step
        failed), CancelledError and other EngineErrors; the state then holds all that was done.
        """
        return self._operate(options, kind="update", program=program, refresh=options.refresh)

    def refresh(self, options: Options) -> Result:
        """Bring the state to what really is; drift is in the `diff` of the result's `refresh` steps."""
        return self._operate(options, kind="refresh", refresh=True, apply=False)

    def preview_refresh(self, options: Options) -> Result:
        """What `refresh` would find; writes nothing and takes no lock."""
        return self._operate(options, kind="refresh", preview=True, refresh=True, apply=False)

    def destroy(self, options: Options) -> Result:
        """Delete every resource; the empty stack stays. Runs no program."""
        return self._operate(options, kind="destroy", refresh=options.refresh)

    def preview_destroy(self, options: Options) -> Result:
        """What `destroy` would do; writes nothing and takes no lock."""
        return self._operate(options, kind="destroy", preview=True, refresh=options.refresh)

    def _store(self) -> StackStore:
        return self.backend.store(self.project, self.name)

    def _operate(self, options: Options, **task: Any) -> Result:
        from trackstack.engine.operation import (  # imports pulumi: 0.2 s that reading a state must not cost
            Task,
            operate,
        )

        return operate(self, Task(**task), options)
