"""How an operation is to run, and how to stop it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackstack.engine.events import Event

if TYPE_CHECKING:
    from trackstack.engine.secrets import SecretsManager


class Cancellation:
    """Stops a running operation from another thread or a signal handler.

    `cancel()` starts nothing new, asks providers to cancel, lets running steps finish and saves them.
    `terminate()` besides gives up waiting for running steps and leaves their pending operations in the state.
    Both may be called again and before the operation starts; the operation raises CancelledError.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.cancelled = threading.Event()
        self.terminated = threading.Event()

    def cancel(self) -> None:
        """Finish what runs, start nothing else."""
        self.cancelled.set()
        self._notify()

    def terminate(self) -> None:
        """Do not even wait for what runs."""
        self.cancelled.set()
        self.terminated.set()
        self._notify()

    def interrupt(self) -> None:
        """What Ctrl-C means: the first time `cancel`, then `terminate`."""
        if self.cancelled.is_set():
            self.terminate()
        else:
            self.cancel()

    @contextmanager
    def watched(self, callback: Callable[[], None]) -> Iterator[None]:
        """Inside the `with`, call back after each `cancel` or `terminate`; at once if one has happened."""
        with self._lock:
            self._callbacks.append(callback)
        try:
            if self.cancelled.is_set():
                callback()
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    def _notify(self) -> None:
        for callback in tuple(self._callbacks):
            callback()


def default_parallel() -> int:
    """4 steps per core, as the Pulumi CLI does."""
    return 4 * (os.cpu_count() or 1)


@dataclass(frozen=True, kw_only=True)
class Options:
    """One operation's settings; the defaults are the Pulumi CLI's."""

    secrets: SecretsManager
    """Encrypts and decrypts the state's secrets, e.g. `Passphrase("…")`."""

    config: Mapping[str, str] = field(default_factory=dict)
    """The stack's configuration, `{"project:key": "value"}`; objects as JSON text."""

    secret_keys: frozenset[str] = frozenset()
    """Keys of `config` whose values are secrets (given here in clear)."""

    providers: Mapping[str, Any] = field(default_factory=dict)
    """In-process providers by package: objects (or functions that make them) with the methods of
    ResourceProviderServicer. Other packages are looked for as plugins, as the Pulumi CLI does."""

    on_event: Callable[[Event], None] | None = None
    """Called with each event, one at a time."""

    parallel: int | None = None
    """At most so many steps at once; None is 4 times the cores."""

    sequential: bool = False
    """One step and one call after another, all in the program's own thread: a fifth less computing where no
    provider waits for anything. The program can answer nothing meanwhile: its hooks and transforms fail."""

    targets: tuple[str, ...] = ()
    """URNs (`*` matches within `:`-parts, `**` across) to which the operation is limited; none is all."""

    target_dependents: bool = False
    """Also what depends on a target."""

    replace: tuple[str, ...] = ()
    """URNs to replace even if nothing changed."""

    refresh: bool = False
    """`up` and `destroy` first read all resources' real state."""

    clear_pending_creates: bool = False
    """Creations that were interrupted are repeated with the inputs they had, names that the provider drew
    among them, and forgotten once the operation has succeeded, instead of being kept with a warning."""

    message: str = ""
    """Goes into the stack's history."""

    continue_on_error: bool = False
    """A failed step does not stop those that do not depend on it."""

    root: Path = field(default_factory=Path.cwd)
    """The project's folder; relative asset paths and source positions start here."""

    cancellation: Cancellation = field(default_factory=Cancellation)
    """Stops the operation."""

    @property
    def at_once(self) -> int:
        """At most so many steps are done at once."""
        return 1 if self.sequential else self.parallel or default_parallel()
