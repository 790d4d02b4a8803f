"""The typed layer: a resource is its inputs, its state, and five verbs.

Each verb may be cut off by `kill -9` and called again, so each finishes what an earlier call began: `create`
adopts what is already there, `delete` of what is gone succeeds. Ids follow from the inputs or the resource's
name, never from chance.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

REPLACES: dict[str, Any] = {"replaces": True}
"""`Field(json_schema_extra=REPLACES)`: another value needs a new resource."""

SECRET: dict[str, Any] = {"secret": True}
"""`Field(json_schema_extra=SECRET)`: the value is a secret of the stack."""


class ResourceError(Exception):
    """A resource cannot be what it should; the text is one line: what, which value, what to do."""


class Properties(BaseModel):
    """Properties of a resource: snake_case here, camelCase on the wire; strict in names and types."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class State(Properties):
    """What is known of a resource that exists: its inputs as they are in force, and what it came to."""

    model_config = ConfigDict(extra="ignore")  # written by another version: what is not known here is left


Inputs = TypeVar("Inputs", bound=Properties)
Made = TypeVar("Made", bound=State)


@dataclass(frozen=True)
class Failure:
    """One input that is not accepted, under its name on the wire."""

    property: str
    reason: str


class Resource(ABC, Generic[Inputs, Made]):
    """One type of resource."""

    kind: ClassVar[str]
    """The type token, `package:module:Type`; never changes."""

    inputs: type[Inputs]
    state: type[Made]

    def check(self, inputs: Inputs) -> Iterable[Failure]:
        """What is wrong with inputs whose types are right; looks at nothing outside."""
        return ()

    def forecast(self, old: Made | None, inputs: Inputs) -> Mapping[str, Any]:
        """Outputs (by Python name) known before `create` (no `old`) or `update`: what a preview shows."""
        return {}

    def drift(self, state: Made) -> Iterable[str]:
        """Outputs (by Python name) that are not as they should be whatever the inputs; `update` mends it."""
        return ()

    @abstractmethod
    def create(self, name: str, inputs: Inputs) -> tuple[str, Made]:
        """Make it, or adopt what an interrupted `create` left. Raises ResourceError, OSError."""

    @abstractmethod
    def read(self, id: str, state: Made) -> Made | None:
        """How it is now; None when it is gone."""

    def update(self, id: str, old: Made, inputs: Inputs) -> Made:
        """Change it in place. Raises ResourceError, OSError."""
        raise ResourceError(f"{self.kind} {id} cannot be changed in place")

    @abstractmethod
    def delete(self, id: str, state: Made) -> None:
        """Remove it; nothing to do when it is gone. Raises ResourceError, OSError."""
