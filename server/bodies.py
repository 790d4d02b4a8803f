"""Requests' bodies and queries, decoded as MLflow reads its protocol buffers from JSON.

A body that is exactly what the type says is decoded in one step. Everything else - camelCase names, nulls,
unknown fields, JSON inside a JSON string, no JSON at all - takes the second way, which accepts what MLflow
accepts and answers the rest in MLflow's words.

Repeated fields are tuples. A field without a default is required; MLflow counts an empty string as missing,
so required strings are `Required` (of at least one character).
"""

import inspect
import json
import re
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from trackstack.server.errors import invalid

T = TypeVar("T")
Required = Annotated[str, Meta(min_length=1)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

SEE = " See the API docs for more information about request parameters."
_CAMEL = re.compile(r"_([a-z0-9])")
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")
_WHERE = re.compile(r" - at `\$\.?(.*)`$")


class Message(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The base of all request types.

    Unknown fields are ignored all the same: here they only choose the second way of decoding.
    """


class Body(Generic[T]):
    """Decodes requests into `type`, a Message."""

    def __init__(self, type: type[T]) -> None:
        self.type = type
        self._decode = msgspec.json.Decoder(type, strict=False).decode

    def decode(self, body: bytes, params: Mapping[str, str]) -> T:
        """The body of a POST, PUT, PATCH or DELETE; raises ApiError with MLflow's message."""
        if not params and b"\\u0000" not in body:
            try:
                return self._decode(body)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                pass
        return self.from_values({**_loose(body), **params})

    def from_query(self, query: Mapping[str, list[str]], params: Mapping[str, str]) -> T:
        """The query string of a GET, where repeated fields are repeated names."""
        values: dict[str, Any] = {}
        for name, hint in fields_of(self.type).items():
            given = query.get(name) or (query.get("run_uuid") if name == "run_id" else None)
            if given is None:
                continue
            if is_list(hint):
                values[name] = given
            elif plain_type(hint) is bool:
                if given[0].lower() not in ("true", "false"):
                    raise invalid(f"Invalid boolean value: {given[0]}, must be 'true' or 'false'.")
                values[name] = given[0].lower() == "true"
            else:
                values[name] = given[0]
        return self.from_values({**values, **params})

    def check_media_type(self, media_type: bytes, body: bytes) -> None:
        """Raises ApiError for a body that is not declared as JSON."""
        if media_type != b"application/json" and (body or media_type):
            raise invalid("Bad Request. Content-Type must be one of ['application/json'].")

    def from_values(self, given: dict[str, Any]) -> T:
        """Values by name, as a dialect has decoded them."""
        values = _normalized(self.type, given, "")
        check_text(values)
        try:
            return msgspec.convert(values, self.type, strict=False)
        except msgspec.ValidationError as error:
            at = _WHERE.search(str(error))
            path = at.group(1) if at else ""
            value = value_at(values, path)
            hint = f" Hint: Value was of type '{type(value).__name__}'."
            shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
            raise invalid(f"Invalid value {shown} for parameter '{path}' supplied: {hint}{SEE}") from None


def _loose(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; MLflow takes what it cannot parse for an empty one."""
    try:
        value = json.loads(body.decode())
        if isinstance(value, str):  # old clients encoded twice
            value = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def check_text(values: dict[str, Any]) -> None:
    """Refuses text that no database stores alike: NUL characters and lone surrogates."""
    waiting: list[Any] = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, str) and _UNSTORABLE.search(value):
            raise invalid("The request has text with a NUL character or a lone surrogate; leave these out.")


def _normalized(message: Any, given: dict[str, Any], path: str) -> dict[str, Any]:
    """Only the fields that `message` has, by their snake_case names, without nulls; required ones checked."""
    result: dict[str, Any] = {}
    for name, camel, required, is_text, inner in _fields(message):
        if camel != name and name in given and camel in given:
            raise invalid(f"Request specifies both '{name}' and '{camel}'; provide only one of them.")
        value = given.get(name, given.get(camel))
        if name == "run_id" and value is None:
            value = given.get("run_uuid", given.get("runUuid"))
        if value is None or (value == "" and (required or not is_text)):
            if required:
                raise invalid(f"Missing value for required parameter '{path}{name}'.{SEE}")
            continue
        if inner is not None and isinstance(value, dict):
            value = _normalized(inner, value, f"{path}{name}.")
        elif inner is not None and isinstance(value, list):
            value = [
                _normalized(inner, item, f"{path}{name}[{at}].") if isinstance(item, dict) else item
                for at, item in enumerate(value)
            ]
        result[name] = value
    return result


_HINTS: dict[Any, dict[str, Any]] = {}


def fields_of(message: Any) -> dict[str, Any]:
    """Names and types of a message's fields, its own before those it inherits: so they are checked."""
    found = _HINTS.get(message)
    if found is None:
        hints = get_type_hints(message)
        names = [name for kind in message.__mro__ for name in inspect.get_annotations(kind)]
        found = _HINTS[message] = {name: hints[name] for name in names if name in hints}
    return found


class _Field(NamedTuple):
    name: str
    camel: str
    required: bool
    is_text: bool
    inner: Any  # the message type in it, if any


@cache
def _fields(message: Any) -> tuple[_Field, ...]:
    structs = {field.name: field for field in msgspec.structs.fields(message)}
    return tuple(
        _Field(
            name,
            _CAMEL.sub(lambda match: match.group(1).upper(), name),
            structs[name].default is NODEFAULT and structs[name].default_factory is NODEFAULT,
            plain_type(hint) is str,
            _message(hint),
        )
        for name, hint in fields_of(message).items()
    )


def plain_type(hint: Any) -> Any:
    """`hint` without Annotated and None."""
    if get_origin(hint) is Annotated:
        return plain_type(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return plain_type(next(arg for arg in get_args(hint) if arg is not NoneType))
    return hint


def is_list(hint: Any) -> bool:
    """Whether it is the type of a repeated field."""
    return get_origin(plain_type(hint)) is tuple


def _message(hint: Any) -> Any:
    """The message type in `hint` (a message, or a list of them), if any."""
    plain = plain_type(hint)
    if get_origin(plain) is tuple:
        return _message(get_args(plain)[0])
    return plain if isinstance(plain, type) and issubclass(plain, Message) else None


def value_at(values: Any, path: str) -> Any:
    """The value that stands at a path such as `metrics[0].key`; None where nothing does."""
    for part in re.findall(r"[^.\[\]]+", path):
        try:
            values = values[int(part)] if isinstance(values, list) else values[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return values
