"""What the program asks for: one registration of a resource, after transforms and inheritance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trackstack.engine.resource import Resource


@dataclass(frozen=True, slots=True)
class Alias:
    """Another identity the resource may have had; an empty field means the resource's own."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(slots=True, kw_only=True)
class Goal:
    """The wanted resource, its options resolved; `properties` may hold unknowns only in a preview."""

    type: str
    name: str
    custom: bool
    parent: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    provider: str = ""
    aliases: list[Alias] = field(default_factory=list)
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    replacement_trigger: Any = None
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    hide_diff: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    hooks: dict[str, list[str]] = field(default_factory=dict)
    source_position: str = ""
    stack_trace: list[str] = field(default_factory=list)

    def state(self, urn: str, old: Resource | None, alias: str) -> Resource:
        """The state that the goal leads to, before its provider has spoken."""
        return Resource(
            urn=urn,
            type=self.type,
            custom=self.custom,
            inputs=dict(self.properties),
            parent=self.parent,
            protect=bool(self.protect),
            dependencies=list(self.dependencies),
            provider=self.provider,
            property_dependencies=self.property_dependencies,
            additional_secret_outputs=self.additional_secret_outputs,
            aliases=[alias] if alias else [],
            custom_timeouts=self.custom_timeouts,
            import_id=self.import_id,
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            replace_with=self.replace_with,
            created=old.created if old is not None else "",
            modified=old.modified if old is not None else "",
            source_position=self.source_position,
            stack_trace=[{"sourcePosition": position} for position in self.stack_trace],
            ignore_changes=self.ignore_changes,
            hide_diff=list(self.hide_diff),
            replace_on_changes=self.replace_on_changes,
            replacement_trigger=self.replacement_trigger,
            resource_hooks=self.hooks,
        )
