"""One resource as the state records it (Pulumi's apitype.ResourceV3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from trackstack.engine.errors import StateError
from trackstack.engine.values import Properties, Value, from_state, to_state

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
_PROPERTIES = frozenset({"inputs", "outputs"})


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
    inputs: Properties = field(default_factory=dict, repr=False)  # may hold secrets
    outputs: Properties = field(default_factory=dict, repr=False)
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
    replacement_trigger: Value = field(default=None, repr=False)
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
            if name == "replacement_trigger":
                if value is not None:
                    document[key] = to_state(value, encrypt)
            elif name in _PROPERTIES and value:
                document[key] = {field: to_state(inner, encrypt) for field, inner in value.items()}
            elif value or name in _ALWAYS:
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
        for name, key, is_sound in _MEMBERS:
            value = document.get(key)
            if value is None:
                continue
            if not is_sound(value):
                raise StateError(f"resource {urn}: `{key}` is malformed")
            members[name] = value
        if not members.get("type"):
            raise StateError(f"resource {urn} has no `type`")
        try:
            for name in _PROPERTIES & members.keys():
                members[name] = {key: from_state(inner, decrypt) for key, inner in members[name].items()}
            members["replacement_trigger"] = from_state(members.get("replacement_trigger"), decrypt)
        except StateError as error:
            raise StateError(f"resource {urn}: {error}") from error
        dependencies = members.get("property_dependencies", {})
        members["property_dependencies"] = {key: urns or [] for key, urns in dependencies.items()}
        extra = {key: value for key, value in document.items() if key not in _KEYS}
        return cls(**members, extra=extra)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


_IRREGULAR = {"import_id": "importID", "snippet_id": "snippetID"}
_ALWAYS = frozenset({"urn", "custom", "type"})


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_SOUND: dict[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "bool": lambda value: isinstance(value, bool),
    "Properties": lambda value: isinstance(value, dict),
    "Value": lambda value: True,
    "list[str]": _is_texts,
    "list[Any]": lambda value: isinstance(value, list),
    "list[dict[str, str]]": lambda value: isinstance(value, list),
    "dict[str, float]": lambda value: isinstance(value, dict) and all(map(_is_number, value.values())),
    "dict[str, list[str]]": lambda value: (
        isinstance(value, dict) and all(v is None or _is_texts(v) for v in value.values())
    ),
}

# (attribute, JSON key, test of the JSON value) of every member.
_MEMBERS: tuple[tuple[str, str, Callable[[Any], bool]], ...] = tuple(
    (member.name, _IRREGULAR.get(member.name, _camel(member.name)), _SOUND[str(member.type)])
    for member in fields(Resource)
    if member.name != "extra"
)
_KEYS = frozenset(key for _, key, _ in _MEMBERS)
