"""What users, questions and items of review queues are called."""

from collections.abc import Sequence

from trackstack.server.errors import invalid

NAME_LENGTH = 250
SCHEMA_ID_LENGTH = 36
ITEM_ID_LENGTH = 50
MOST_USERS = 10
RESERVED = "default"
"""The user of a server without authentication, whose queue has this name."""


def checked(text: str, field: str, length: int) -> str:
    """`text`, if it has 1 to `length` characters."""
    if not text:
        raise invalid(f"`{field}` must be a non-empty string; got ''.")
    if len(text) > length:
        raise invalid(f"`{field}` must be at most {length} characters; got {len(text)}.")
    return text


def user(text: str) -> str:
    """Users are the same in whatever case."""
    return text.strip().lower()


def users(given: Sequence[str]) -> list[str]:
    """Each once."""
    found = list(dict.fromkeys(checked(user(text), "user", NAME_LENGTH) for text in given))
    if len(found) > MOST_USERS:
        raise invalid(f"A review queue can have at most {MOST_USERS} assigned users; got {len(found)}.")
    return found


def schemas(given: Sequence[str]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(checked(text.strip(), "schema_id", SCHEMA_ID_LENGTH) for text in given))


def items(given: Sequence[str]) -> list[str]:
    """Each once; one at least."""
    if not given:
        raise invalid("`item_ids` must be a non-empty list; got [].")
    return list(dict.fromkeys(checked(text.strip(), "item_id", ITEM_ID_LENGTH) for text in given))


def custom(text: str) -> str:
    """The name of a queue that is no user's own."""
    name = checked(text.strip(), "name", NAME_LENGTH)
    if name.lower() == RESERVED:
        raise invalid(f"`{name}` is a reserved queue name and cannot be used for a custom queue.")
    return name
