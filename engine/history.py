"""Past operations of a stack, in the Pulumi CLI's files (`pkg/backend/updates.go`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trackstack.engine.errors import StateError

UpdateKind = Literal["update", "refresh", "destroy", "import", "rename", "resource-import"]


@dataclass(frozen=True)
class Update:
    """One operation. Times are unix seconds; `config` is as in Pulumi.<stack>.yaml, secrets encrypted."""

    kind: str
    start_time: int
    end_time: int
    result: str
    message: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    resource_changes: Mapping[str, int] = field(default_factory=dict)
    version: int = 0

    @property
    def succeeded(self) -> bool:
        """Whether it ended well; one that failed may have changed things too."""
        return self.result == "succeeded"

    def to_json(self) -> dict[str, Any]:
        """The CLI's record."""
        document: dict[str, Any] = {key: getattr(self, name) for name, key in _KEYS.items()}
        if not self.resource_changes:
            del document["resourceChanges"]
        return document

    @classmethod
    def parse(cls, data: bytes, source: str) -> Update:
        """Reads the CLI's record. Raises StateError naming `source`."""
        try:
            document = json.loads(data)
            members = {name: document[key] for name, key in _KEYS.items() if document.get(key) is not None}
            return cls(**members)
        except (ValueError, TypeError, AttributeError) as error:
            raise StateError(f"{source}: damaged, it is not a record of an update ({error})") from error


_KEYS = {
    "kind": "kind",
    "start_time": "startTime",
    "message": "message",
    "environment": "environment",
    "config": "config",
    "version": "version",
    "result": "result",
    "end_time": "endTime",
    "resource_changes": "resourceChanges",
}
