"""Calls back into the program: transforms and resource hooks, through the server that the SDK starts for them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from trackstack.engine.resource import Resource

if TYPE_CHECKING:
    from trackstack.engine.deployment import Deployment


class Hooks:
    """The resource hooks that the program registered, by name."""

    def __init__(self) -> None:
        self._hooks: dict[str, Any] = {}

    def run(self, kind: str, old: Resource | None, new: Resource | None) -> None:
        return
