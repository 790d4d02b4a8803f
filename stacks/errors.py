"""What operations raise: every text is one line that says what, which value, and what to do next."""

from trackstack.engine.errors import CancelledError as Cancelled
from trackstack.engine.errors import EngineError as StackError
from trackstack.engine.errors import LockedError as Locked
from trackstack.engine.errors import PassphraseError as WrongPassphrase
from trackstack.engine.errors import ProgramError as ProgramFailed
from trackstack.engine.errors import ResourceError as ResourceFailed
from trackstack.engine.errors import StackNotFoundError as StackNotFound

__all__ = [
    "Cancelled",
    "InstanceExists",
    "InstanceNotFound",
    "InvalidSpec",
    "Locked",
    "ProgramFailed",
    "ResourceFailed",
    "StackError",
    "StackNotFound",
    "TokenNotFound",
    "WrongPassphrase",
]


class InvalidSpec(StackError):
    """A setting of an instance that cannot be; nothing was changed."""


class InstanceExists(StackError):
    """The name is taken; nothing was changed."""


class InstanceNotFound(StackError):
    """The project has no instance of that name."""


class TokenNotFound(StackError):
    """The instance has no token of that id."""
