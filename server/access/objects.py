"""The objects that requests name: what a route declares, so that who may do it is decided before it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec

from trackstack.server.store.callers import Level
from trackstack.server.store.decisions import Kind

if TYPE_CHECKING:
    from trackstack.server.calls import Call

Names = Callable[["Call", Any], Iterable[str]]
"""What a request with a decoded body (None for routes without one) names."""


class Without(Enum):
    """What routes declare that name no object."""

    NOTHING = "stored objects do not come into it"
    FOUND = "a search: the store finds what the caller may see"
    NEW = "it makes an object, which belongs to the caller"
    INSTANCE = "it is about the whole instance, of which users and tenants have a part"


NOTHING, FOUND, NEW, INSTANCE = Without


@dataclass(frozen=True)
class On:
    """Objects of one kind that a request names, and what its caller must be allowed to do with each.

    `level` None: read for a route that needs READ, edit for others.
    """

    kind: Kind
    names: Names
    level: Level | None = None

    def by(self, names: str | Names) -> On:
        """The same, named elsewhere: by another field (`a.b` is the field b of a, or of each of them)."""
        return replace(self, names=field(names) if isinstance(names, str) else names)

    @property
    def to_read(self) -> On:
        """The same, of which reading is enough, whatever the route does to other objects."""
        return replace(self, level=Level.READ)

    @property
    def to_manage(self) -> On:
        """The same, which must be the caller's to manage."""
        return replace(self, level=Level.MANAGE)


@dataclass(frozen=True)
class Among:
    """Objects that a search is about: those that the caller may not read are left out of the request.

    `items` is the field that lists them; `name` the field of an item that names it, "" for itself.
    """

    kind: Kind
    items: str
    name: str = ""

    def narrow(self, body: Any, seen: Collection[str]) -> None:
        """Leaves what is not among the names `seen` out of the request's decoded body."""
        given = getattr(body, self.items)
        kept = tuple(item for item in given if all(name in seen for name in self.of(item)))
        if given and not kept and not self.name:
            kept = (NO_EXPERIMENT,)  # none at all would mean something else to some searches
        setattr(body, self.items, kept)

    def of(self, item: Any) -> list[str]:
        """What an item names."""
        return field(self.name)(None, item) if self.name else [item]  # type: ignore[arg-type, return-value]


Declared = On | Among | Without | tuple[On | Among, ...]

NO_EXPERIMENT = "-1"
"""No object has this id."""


def field(path: str) -> Names:
    """The values of a field of the body; of a list, those of all items. An empty field names nothing."""
    steps = path.split(".")

    def names(call: Call, body: Any) -> list[str]:
        values = [body]
        for step in steps:
            values = [one for value in values for one in _each(getattr(value, step, None))]
        return [str(value) for value in values if value not in (None, "")]

    return names


def param(name: str) -> Names:
    """A part of the path, for routes without a body."""
    return lambda call, body: [call.params[name]]


def header(name: bytes) -> Names:
    """A header, if the request has it."""
    return lambda call, body: [value] if (value := call.header(name)) else []


def _location(call: Call, body: Any) -> list[str]:
    return [str(call.artifacts.place(body.artifact_location).path)] if body.artifact_location else []


def _each(value: Any) -> Iterable[Any]:
    if isinstance(value, (tuple, list)):
        return value
    return () if value is None or value is msgspec.UNSET else (value,)


EXPERIMENT = On(Kind.EXPERIMENT, field("experiment_id"))
NEW_EXPERIMENT = On(Kind.NEW_PLACE, _location)
"""One whose artifacts are to lie where the client says, which must be nobody else's place."""

EXPERIMENT_NAME = On(Kind.EXPERIMENT_NAME, field("experiment_name"))
RUN = On(Kind.RUN, field("run_id"))
LOGGED_MODEL = On(Kind.LOGGED_MODEL, field("model_id"))
TRACE = On(Kind.TRACE, field("trace_id"))
DATASET = On(Kind.DATASET, field("dataset_id"))
ISSUE = On(Kind.ISSUE, field("issue_id"))
LABEL_SCHEMA = On(Kind.LABEL_SCHEMA, field("schema_id"))
REVIEW_QUEUE = On(Kind.REVIEW_QUEUE, field("queue_id"))
REGISTERED_MODEL = On(Kind.REGISTERED_MODEL, field("name"))
REGISTERED_MODEL_ID = On(Kind.REGISTERED_MODEL_ID, field("id"))
COMMENT = On(Kind.COMMENT, field("id"))
PLACE = On(Kind.PLACE, param("artifact_path"))
"""A path of the artifact store."""

AMONG_EXPERIMENTS = Among(Kind.EXPERIMENT, "experiment_ids")
AMONG_TRACES = Among(Kind.TRACE, "trace_ids")
