"""What may be asked of OpenMetadata's catalog and how it refuses: for whoever serves it, whatever it holds.

Here too are the release that is spoken, the kinds of entities, and cursors.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from trackstack import __version__
from trackstack.catalog import MODEL, SERVICE, Json

API_VERSION = "2.0.7"
"""The release of OpenMetadata whose API this is; clients want the same major and minor number."""

API_PUBLISHED = 1_793_086_001_000
"""When that was, in milliseconds."""

DEFAULT_LIMIT = 10
MOST = 1_000_000
"""Entities on a page."""

EVERYTHING = frozenset({"*"})

Key = tuple[str, str]
"""What entities are ordered by: the fully qualified name of the service, and a name in it."""
BEYOND: Key = ("\U0010ffff", "")
"""Behind every entity."""

_INCLUDED = {"non-deleted": False, "deleted": True, "all": None}
_ERRORS = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "ENTITY_NOT_FOUND",
    409: "ENTITY_ALREADY_EXISTS",
    412: "PRECONDITION_FAILED",
    413: "BULK_LIMIT_EXCEPTION",
    429: "LIMITS_EXCEPTION",
}


class InvalidRequest(ValueError):
    """A value that cannot be; its text is the message of the refusal."""


class ApiVersion(Struct):
    """Which release of OpenMetadata's API is served, and by which of ours."""

    version: str
    revision: str
    timestamp: int


VERSION = ApiVersion(API_VERSION, __version__, API_PUBLISHED)


class ReadQuery(Struct):
    """What a request to read one entity may ask for; `fields` are separated by commas."""

    fields: str = ""
    include: Literal["non-deleted", "deleted", "all"] = "non-deleted"


class ListQuery(ReadQuery):
    """What a request for a page may ask for; one of the cursors at most."""

    limit: Annotated[int, Meta(ge=0, le=MOST)] = DEFAULT_LIMIT
    after: str = ""
    before: str = ""
    domain: str = ""
    service: str = ""


@dataclass(frozen=True)
class Shape:
    """A kind of entities as clients know it: `fields` are all that one has, those in `on_request` are only
    shown when they are asked for."""

    name: str
    path: str
    fields: frozenset[str]
    on_request: frozenset[str]

    def asked(self, text: str) -> frozenset[str]:
        """The fields in the text. Raises InvalidRequest for one that such an entity does not have."""
        names = frozenset(filter(None, (name.strip() for name in text.split(","))))
        for name in sorted(names - self.fields - EVERYTHING):
            raise InvalidRequest(f"Invalid field name {name[:200]}")
        return names

    def shown(self, entity: Mapping[str, Any], asked: frozenset[str]) -> Json:
        """What a client may read of an entity, which asked for these fields."""
        hidden = frozenset() if asked == EVERYTHING else self.on_request - asked
        return {name: value for name, value in entity.items() if name not in hidden}


_COMMON = frozenset(
    "id name fullyQualifiedName displayName description serviceType version updatedAt updatedBy "
    "impersonatedBy href changeDescription incrementalChangeDescription deleted dataContract followers "
    "owners tags domains dataProducts entityStatus".split()
)
_ON_REQUEST = frozenset({"owners", "tags", "domains", "dataProducts", "followers"})

SERVICES = Shape(
    SERVICE,
    "/api/v1/services/mlmodelServices",
    _COMMON | {"connection", "style", "ingestionRunner", "pipelines", "testConnectionResult"},
    _ON_REQUEST | {"pipelines"},
)
MODELS = Shape(
    MODEL,
    "/api/v1/mlmodels",
    _COMMON
    | frozenset(
        "service algorithm mlFeatures target mlHyperParameters dashboard mlStore server sourceUrl extension "
        "lifeCycle sourceHash certification votes usageSummary".split()
    ),
    _ON_REQUEST
    | frozenset("votes extension usageSummary lifeCycle dashboard sourceHash certification".split()),
)


def included(text: str) -> bool | None:
    """Whether the deleted are wanted; None: as well as the others. Raises InvalidRequest."""
    if (text or "non-deleted") not in _INCLUDED:
        raise InvalidRequest(f"include must be one of {', '.join(_INCLUDED)}, not {shown(text)}.")
    return _INCLUDED[text or "non-deleted"]


def limit(text: str) -> int:
    """How many entities a page has. Raises InvalidRequest."""
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and int(text) <= MOST):
        raise InvalidRequest(f"limit must be a whole number from 0 to {MOST}, not {shown(text)}.")
    return int(text)


def position(after: str, before: str) -> Key | None:
    """Where a page begins or, with `before`, ends. Raises InvalidRequest for both, and for no cursor."""
    if after and before:
        raise InvalidRequest("Only one of the parameters after and before may be given.")
    return decode(after or before) if after or before else None


def encode(key: Key) -> str:
    """The cursor of the entity with this key: base64url of a JSON list, opaque to clients."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode(cursor: str) -> Key:
    """Raises InvalidRequest for a text that `encode` did not make."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        key: Key = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Key)
        if not any("\0" in part for part in key):
            return key
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        pass
    raise InvalidRequest("Invalid cursor; use paging.after or paging.before of an answer as it is.")


def error(status: int, message: str) -> Json:
    """An error's body. Without `code` OpenMetadata's client takes an error for an empty answer."""
    body: Json = {"code": status, "message": message}
    return {**body, "errorType": _ERRORS[status]} if status in _ERRORS else body


def unknown(kind: str, what: str) -> str:
    """What is said where there is no such entity."""
    return f"{kind} instance for {what} not found"


def shown(value: str) -> str:
    """A request's text as it may stand in a message."""
    return json.dumps(value[:200])
