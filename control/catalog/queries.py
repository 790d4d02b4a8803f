"""The query of a request to the catalog."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs

from trackstack.catalog_requests import InvalidRequest
from trackstack.control.calls import Call
from trackstack.control.errors import invalid

T = TypeVar("T")

_MOST_PARAMETERS = 100


def text(call: Call, name: str) -> str:
    """A parameter, the last where it is given twice; empty where it is absent. Raises ApiError 400."""
    query = call.request.scope["query_string"].decode("latin-1")
    try:
        given: dict[str, list[str]] = parse_qs(query, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise invalid("The query cannot be read: it is not UTF-8, or has too many parameters.") from None
    value = given.get(name, [""])[-1]
    if "\0" in value:
        raise invalid("The request has text with a NUL character; leave it out.")
    return value


def checked(call: Call, name: str, parse: Callable[[str], T]) -> T:
    """A parameter as `parse` reads it. Raises ApiError 400."""
    try:
        return parse(text(call, name))
    except InvalidRequest as error:
        raise invalid(str(error)) from None
