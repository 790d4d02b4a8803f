"""What all searches share: which view of deleted objects, how many at most."""

from collections.abc import Sequence

from trackstack.server.bodies import SEE
from trackstack.server.errors import invalid
from trackstack.server.search.tree import View

ViewName = int | str
"""MLflow's enum as JSON has it: its number or its name."""

_VIEWS = {
    "ACTIVE_ONLY": View.ACTIVE_ONLY,
    "DELETED_ONLY": View.DELETED_ONLY,
    "ALL": View.ALL,
    "1": View.ACTIVE_ONLY,
    "2": View.DELETED_ONLY,
    "3": View.ALL,
}


def view(name: ViewName) -> View:
    """The view that a request names; an unknown one counts as not given, as protocol buffers have it."""
    return _VIEWS.get(str(name), View.ACTIVE_ONLY)


def most(asked: int, limit: int) -> int:
    """The size of a page, from 1 to `limit`."""
    if asked <= 0:
        raise invalid(
            f"Invalid value {asked} for parameter 'max_results' supplied. It must be a positive integer"
        )
    if asked > limit:
        raise invalid(
            f"Invalid value {asked} for parameter 'max_results' supplied. It must be at most {limit}"
        )
    return asked


def within(asked: int, limit: int) -> int:
    """The size of a page, from 1 to `limit`, in other words of MLflow's."""
    if not 1 <= asked <= limit:
        raise invalid(f"max_results must be between 1 and {limit}.{SEE}")
    return asked


def enum(given: int | str, names: Sequence[str]) -> str:
    """The name of a value of an enum whose values are numbered from 1, by its name or number.

    Empty for others, which count as not given, as protocol buffers have it.
    """
    known = {name: name for name in names} | {str(number): name for number, name in enumerate(names, 1)}
    return known.get(str(given), "")
