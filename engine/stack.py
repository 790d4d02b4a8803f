"""A stack: its state, its lock, and the operations on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackstack.engine.backend import Backend
    from trackstack.engine.history import Update
    from trackstack.engine.lock import Holder
    from trackstack.engine.options import Options
    from trackstack.engine.result import Result
    from trackstack.engine.secrets import SecretsManager
    from trackstack.engine.snapshot import Snapshot

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
        raise NotImplementedError

    def init(self, secrets: SecretsManager) -> None:
        """Make the empty stack. Raises StateError if it exists."""
        raise NotImplementedError

    def remove(self, *, force: bool = False) -> None:
        """Forget the stack, keeping a `.bak`. Raises StateError while it has resources, unless `force`."""
        raise NotImplementedError

    def snapshot(self) -> Snapshot:
        """The state as it is, secrets masked; needs no passphrase. Raises StackNotFoundError, StateError."""
        raise NotImplementedError

    def outputs(self, secrets: SecretsManager | None = None, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs. Secrets are `Secret`s; plain with `show_secrets`; masked text without `secrets`."""
        raise NotImplementedError

    def export(self) -> dict[str, Any]:
        """The deployment as `pulumi stack export` prints it: `{"version": 3, "deployment": {…}}`."""
        raise NotImplementedError

    def import_(self, document: dict[str, Any]) -> None:
        """Put an exported deployment in place of the state. Raises StateError, LockedError."""
        raise NotImplementedError

    def history(self) -> list[Update]:
        """Past operations, newest first."""
        raise NotImplementedError

    def lock_holder(self) -> Holder | None:
        """Who works on the stack now (pid, username, hostname, since)."""
        raise NotImplementedError

    def unlock(self) -> None:
        """Remove every lock, whoever holds it; as `pulumi cancel`."""
        raise NotImplementedError

    def preview(self, program: Program, options: Options) -> Result:
        """What `up` would do; takes no lock and writes nothing. Raises EngineError."""
        raise NotImplementedError

    def up(self, program: Program, options: Options) -> Result:
        """Bring the resources to what `program` declares.

        Raises LockedError, StackNotFoundError, ProgramError (the program raised), ResourceError (a step failed),
        CancelledError and other EngineErrors; the state then holds all that was done.
        """
        raise NotImplementedError

    def refresh(self, options: Options) -> Result:
        """Bring the state to what really is; drift is in the `diff` of the result's `refresh` steps."""
        raise NotImplementedError

    def preview_refresh(self, options: Options) -> Result:
        """What `refresh` would find; writes nothing and takes no lock."""
        raise NotImplementedError

    def destroy(self, options: Options) -> Result:
        """Delete every resource; the empty stack stays. Runs no program."""
        raise NotImplementedError
