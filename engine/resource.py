"""One resource as the state records it (Pulumi's apitype.ResourceV3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from trackstack.engine.errors import StateError
from trackstack.engine.values import Properties, Value, from_state, to_state

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
_VALUES = frozenset({"inputs", "outputs", "replacement_trigger"})  # fields that may hold secrets


@dataclass(eq=False)
class Resource:
    """A mutable record with identity: two states of one URN are two resources. URNs are plain strings.

    `inputs`, `outputs` and `replacement_trigger` are wire JSON (see `values`); times are RFC 3339 text, so
    that what is carried over stays as it was written; timeouts are seconds. `extra` holds JSON keys that
    this engine does not know and writes back.
    """

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: list[dict[str, str]] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    hide_diff: list[Any] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    replacement_trigger: Value = None
    refresh_before_update: bool = False
    view_of: str = ""
    resource_hooks: dict[str, list[str]] = field(default_factory=dict)
    extension_ref: str = ""
    snippet_id: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name: all that follows the URN's third `::`."""
        return self.urn.split("::", 3)[-1]

    @property
    def is_provider(self) -> bool:
        """Whether this is a provider's own record (`pulumi:providers:<package>`)."""
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def is_stack(self) -> bool:
        """Whether this is the root whose outputs are the stack's."""
        return self.type == STACK_TYPE and not self.parent

    @property
    def reference(self) -> str:
        """How other resources name this provider: `<urn>::<id>`."""
        return f"{self.urn}::{self.id}"

    def to_json(self, encrypt: Callable[[str], str]) -> dict[str, Any]:
        """The state's JSON; empty members are left out, as Go's `omitempty` does."""
        document: dict[str, Any] = {}
        for name, key, _ in _MEMBERS:
            value = getattr(self, name)
            if name in _VALUES and value:
                value = to_state(value, encrypt)
            if value or name in _ALWAYS or (name == "replacement_trigger" and value is not None):
                document[key] = value
        document.update(self.extra)
        return document

    @classmethod
    def from_json(cls, document: Any, decrypt: Callable[[str], str] | None = None) -> Resource:
        """Reads the state's JSON, secrets sealed unless `decrypt` is given; StateError names the URN."""
        if not isinstance(document, dict):
            raise StateError(f"a resource in the state is not an object but {type(document).__name__}")
        urn = document.get("urn")
        if not isinstance(urn, str) or not urn:
            raise StateError("a resource in the state has no `urn`")
        members: dict[str, Any] = {}
        for name, key, kind in _MEMBERS:
            value = document.get(key)
            if value is None:
                continue
            if not isinstance(value, kind):
                raise StateError(f"resource {urn}: `{key}` is {type(value).__name__}, not {kind.__name__}")
            members[name] = value
        for name in _VALUES & members.keys():
            try:
                members[name] = from_state(members[name], decrypt)
            except StateError as error:
                raise StateError(f"resource {urn}: {error}") from error
        if not members.get("type"):
            raise StateError(f"resource {urn} has no `type`")
        extra = {key: value for key, value in document.items() if key not in _KEYS}
        return cls(**members, extra=extra)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


_IRREGULAR = {"import_id": "importID", "snippet_id": "snippetID"}
_ALWAYS = frozenset({"urn", "custom", "type"})


def _kind(name: str, annotation: str) -> type:
    if name == "replacement_trigger":
        return object
    return {"str": str, "bool": bool, "Properties": dict}.get(annotation) or (
        list if annotation.startswith("list") else dict
    )


# (attribute, JSON key, JSON type) of every member, in the order in which Go writes them.
_MEMBERS: tuple[tuple[str, str, type], ...] = tuple(
    (member.name, _IRREGULAR.get(member.name, _camel(member.name)), _kind(member.name, str(member.type)))
    for member in fields(Resource)
    if member.name != "extra"
)
_KEYS = frozenset(key for _, key, _ in _MEMBERS)
