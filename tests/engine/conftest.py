"""A stack on a temporary backend, with one scripted provider of package `test`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.engine.provider import ScriptedProvider

from trackstack.engine import Backend, Options, Passphrase, Result, Stack
from trackstack.engine.events import Event
from trackstack.engine.resource import Resource

PASSPHRASE = "correct horse"


@cache
def secrets() -> Passphrase:
    """One salt for all stacks: deriving a key takes a third of a second."""
    return Passphrase(PASSPHRASE, Passphrase(PASSPHRASE).state)


class Thing(pulumi.CustomResource):
    """A resource of the scripted provider."""

    size: pulumi.Output[int]

    def __init__(
        self, name: str, props: Mapping[str, Any] | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("test:index:Thing", name, {**(props or {}), "size": None}, opts)


class Group(pulumi.ComponentResource):
    """A component without logic."""

    def __init__(
        self, name: str, props: Mapping[str, Any] | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("test:index:Group", name, dict(props or {}), opts)


Program = Callable[[], Any]


@dataclass
class Bench:
    """One stack, and short ways to operate on it."""

    stack: Stack
    provider: ScriptedProvider
    options: Options
    events: list[Event] = field(default_factory=list)

    def set(self, **changes: Any) -> None:
        """Change options for what follows."""
        self.options = replace(self.options, **changes)

    def up(self, program: Program) -> Result:
        """Up."""
        return self.stack.up(program, self.options)

    def preview(self, program: Program) -> Result:
        """Preview."""
        return self.stack.preview(program, self.options)

    def refresh(self) -> Result:
        """Refresh."""
        return self.stack.refresh(self.options)

    def destroy(self) -> Result:
        """Destroy."""
        return self.stack.destroy(self.options)

    def resource(self, name: str) -> Resource:
        """The recorded resource of that name that is not to be deleted."""
        found = [r for r in self.resources() if r.name == name and not r.delete]
        assert len(found) == 1, [r.urn for r in self.resources()]
        return found[0]

    def resources(self) -> list[Resource]:
        """All recorded resources."""
        return self.stack.snapshot().resources

    def names(self) -> list[str]:
        """The names of all recorded resources but providers, in order."""
        return [r.name for r in self.resources() if not r.is_provider]


def ops(result: Result, *, providers: bool = False) -> list[tuple[str, str]]:
    """The steps as (operation, name), default providers left out."""
    return [(s.op, s.name) for s in result.steps if providers or not s.name.startswith("default")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A new stack `project/dev`."""
    stack = Backend.open(tmp_path / "state").stack("project", "dev")
    provider = ScriptedProvider()
    events: list[Event] = []
    options = Options(secrets=secrets(), providers={"test": provider}, on_event=events.append, root=tmp_path)
    stack.init(options.secrets)
    return Bench(stack, provider, options, events)
