"""What a scenario is: operations one after another on one stack, each with a program and a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
from pulumi import Output, ResourceOptions
from tests.engine.scripted import Script

PROJECT, STACK, PASSPHRASE = "demo", "dev", "correct horse"

Program = Callable[[], Any]
Kind = Literal["up", "preview", "refresh", "destroy"]
Edit = Callable[[dict[str, Any]], None]


def empty() -> None:
    """A program that declares nothing."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of a scenario; `edit` first changes the deployment in the checkpoint by hand."""

    kind: Kind
    program: Program = empty
    script: Script = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    fails: bool = False
    edit: Edit | None = None
    targets: tuple[str, ...] = ()
    target_dependents: bool = False
    replace: tuple[str, ...] = ()
    refresh: bool = False
    clear_pending_creates: bool = False
    continue_on_error: bool = False


@dataclass(frozen=True)
class Scenario:
    """Operations on a stack that starts empty; `shows` says what it is about."""

    name: str
    shows: str
    operations: tuple[Operation, ...]
    accept_secrets: bool = True


def up(program: Program, script: Script | None = None, **settings: Any) -> Operation:
    """An update."""
    return Operation(kind="up", program=program, script=script or {}, **settings)


def preview(program: Program, script: Script | None = None, **settings: Any) -> Operation:
    """A preview; changes nothing."""
    return Operation(kind="preview", program=program, script=script or {}, **settings)


def refresh(script: Script | None = None, **settings: Any) -> Operation:
    """A refresh, which runs no program."""
    return Operation(kind="refresh", script=script or {}, **settings)


def destroy(script: Script | None = None, **settings: Any) -> Operation:
    """A destroy, which runs no program."""
    return Operation(kind="destroy", script=script or {}, **settings)


class Thing(pulumi.CustomResource):
    """A resource of the scripted provider."""

    address: Output[str]

    def __init__(self, name: str, opts: ResourceOptions | None = None, /, **properties: Any) -> None:
        token = properties.pop("token", "cloud:index:Thing")
        super().__init__(token, name, {**properties, "address": None}, opts)


class Group(pulumi.ComponentResource):
    """A component."""

    def __init__(self, name: str, opts: ResourceOptions | None = None, /, **properties: Any) -> None:
        token = properties.pop("token", "app:index:Group")
        super().__init__(token, name, properties, opts)
        self.register_outputs({"label": name})


class Cloud(pulumi.ProviderResource):
    """An explicit provider resource of the scripted provider."""

    def __init__(self, name: str, opts: ResourceOptions | None = None, /, **properties: Any) -> None:
        super().__init__("cloud", name, properties, opts)


def things(*names: str, **properties: Any) -> Program:
    """A program of independent resources with the same properties."""

    def program() -> None:
        for name in names:
            Thing(name, **properties)

    return program


def chain(*names: str, **properties: Any) -> Program:
    """A program of resources, each with the address of the one before as its input `upstream`."""

    def program() -> None:
        before: Thing | None = None
        for name in names:
            upstream = {} if before is None else {"upstream": before.address}
            own = properties.get(name, {})
            before = Thing(name, **upstream, **own)

    return program


def urn(name: str, kind: str = "cloud:index:Thing") -> str:
    """The URN of a resource without a parent."""
    return f"urn:pulumi:{STACK}::{PROJECT}::{kind}::{name}"
