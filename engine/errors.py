"""What the engine raises; every message is one line that says what, which value, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trackstack.engine.lock import Holder


class EngineError(Exception):
    """The root of them all; `str()` is fit to be shown to a user as it is."""


class LockedError(EngineError):
    """Somebody else operates on the stack; nothing was changed."""

    def __init__(self, message: str, holder: Holder | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class StateError(EngineError):
    """A file of the state is damaged, contradicts itself, or cannot be read or written; it is kept."""


class PassphraseError(EngineError):
    """The passphrase is missing or not the one that the stack was encrypted with."""


class UnsupportedError(EngineError):
    """Something of Pulumi's that this engine leaves to the Pulumi CLI; `feature` names it."""

    def __init__(self, feature: str, detail: str = "") -> None:
        because = f": {detail}" if detail else ""
        super().__init__(
            f"{feature} is not supported by the embedded engine{because}; "
            "install the Pulumi CLI (`trackstack doctor` says how)"
        )
        self.feature = feature


class ConfigError(EngineError):
    """Pulumi.yaml or Pulumi.<stack>.yaml cannot be read, or lacks a value that the project requires."""


class ProgramError(EngineError):
    """The Pulumi program itself failed."""


class ResourceError(EngineError):
    """One resource could not be checked, created, updated, read or deleted."""

    def __init__(self, urn: str, message: str) -> None:
        super().__init__(message)
        self.urn = urn


class StackNotFoundError(EngineError):
    """The backend has no such stack."""


class CancelledError(EngineError):
    """The operation was cancelled; steps that ran were finished and saved."""
