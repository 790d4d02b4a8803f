"""Names and fully qualified names, as requests bring them."""

import re

from trackstack.catalog import MODEL, SERVICE, qualified, split
from trackstack.server.errors import ApiError, invalid
from trackstack.server.store.openmetadata.catalog import unknown
from trackstack.server.validation import limited

NAME_LENGTH = 256
FQN_LENGTH = 3072
HASH_LENGTH = 32

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def entity_name(name: str, what: str = "name") -> str:
    """The name of an entity, or of a feature; raises ApiError for one that cannot stand in an FQN."""
    if not name.strip():
        raise invalid(f"[{what} must not be empty] Give it 1 to {NAME_LENGTH} characters.")
    if len(name) > NAME_LENGTH:
        raise invalid(f"[{what} size must be between 1 and {NAME_LENGTH}] This has {len(name)} characters.")
    if '"' in name or "::" in name or _CONTROL.search(name):
        raise invalid(f"Invalid {what} {name!r}. Leave out quotation marks, '::' and control characters.")
    return name


def known(fqn: str, what: str) -> str:
    """The name of something that is not kept here, such as a domain."""
    if not fqn:
        raise invalid(f"[{what} must not be empty] Name it by its fully qualified name.")
    return limited(fqn, FQN_LENGTH, what)


def service(fqn: str) -> str:
    """A service's fully qualified name, quoted as it is kept; not found where it cannot be one."""
    names = split(fqn)
    if len(names) != 1:
        raise unknown(SERVICE, fqn)
    return qualified(*names)


def key(kind: str, fqn: str) -> tuple[str, str]:
    """What an entity is found by: its service's fully qualified name and its own name."""
    names = () if _CONTROL.search(fqn) else split(fqn)  # no name has any, and PostgreSQL takes no NUL
    if len(names) != (2 if kind == MODEL else 1):
        raise _unknown(kind, fqn)
    return qualified(names[0]), names[-1]


def _unknown(kind: str, fqn: str) -> ApiError:
    return unknown(kind, fqn[:FQN_LENGTH])
