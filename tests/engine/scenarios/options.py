"""Resource options."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import ResourceOptions
from tests.engine.scenarios.model import Group, Scenario, Thing, destroy, empty, preview, things, up, urn


def optioned(opts: ResourceOptions, **properties: Any) -> Any:
    """A program of one resource."""
    return lambda: Thing("a", opts, **properties)


def ignoring(*paths: str, **properties: Any) -> Any:
    return optioned(ResourceOptions(ignore_changes=list(paths)), **properties)


def replacing_on(*paths: str, **properties: Any) -> Any:
    return optioned(ResourceOptions(replace_on_changes=list(paths)), **properties)


def protected(protect: bool, **properties: Any) -> Any:
    return optioned(ResourceOptions(protect=protect), **properties)


def protected_family(protect: bool) -> None:
    group = Group("g", ResourceOptions(protect=protect))
    Thing("a", ResourceOptions(parent=group))
    Thing("b", ResourceOptions(parent=group, protect=False))


def retained() -> None:
    a = Thing("a", ResourceOptions(retain_on_delete=True), kind="x")
    Thing("b", upstream=a.address)


def contained(*, inner: bool = True, kind: str = "x") -> None:
    outer = Thing("outer", kind=kind)
    if inner:
        Thing("inner", ResourceOptions(deleted_with=outer), size=1)


def replaced_with(kind: str) -> None:
    a = Thing("a", kind=kind)
    Thing("b", ResourceOptions(replace_with=[a]), size=1)


def depending(first: bool) -> None:
    a, b = Thing("a"), Thing("b")
    Thing("c", ResourceOptions(depends_on=[a] if first else [b]))


def trio(size: int) -> None:
    a = Thing("a", size=size)
    b = Thing("b", upstream=a.address, size=size)
    Thing("c", upstream=b.address, size=size)


SCENARIOS = (
    Scenario(
        "ignore-changes",
        "Ignored paths keep their old values, at any depth.",
        (
            up(ignoring("size", "tags.owner", "list[0]", size=1, tags={"owner": "x", "n": 1}, list=[1, 2])),
            up(ignoring("size", "tags.owner", "list[0]", size=2, tags={"owner": "y", "n": 1}, list=[3, 2])),
            up(ignoring("size", "tags.owner", "list[0]", size=2, tags={"owner": "y", "n": 2}, list=[3, 4])),
            up(ignoring("*", size=5, tags={})),
            up(things("a", size=5)),
        ),
    ),
    Scenario(
        "ignore-changes-wrong-path",
        "A path that leads nowhere in the old inputs ignores nothing.",
        (
            up(ignoring("tags.owner", size=1)),
            up(ignoring("tags.owner", size=1, tags={"owner": "x"})),
            up(ignoring("list[1]", size=1, list=[1])),
        ),
    ),
    Scenario(
        "replace-on-changes",
        "A changed path replaces although the provider would update.",
        (
            up(replacing_on("tags.owner", size=1, tags={"owner": "x"})),
            up(replacing_on("tags.owner", size=2, tags={"owner": "x"})),
            preview(replacing_on("tags.owner", size=2, tags={"owner": "y"})),
            up(replacing_on("tags.owner", size=2, tags={"owner": "y"})),
            up(replacing_on("*", size=3, tags={"owner": "y"})),
        ),
    ),
    Scenario(
        "protect",
        "Protected resources are neither deleted nor replaced.",
        (
            up(protected(True, kind="x")),
            up(protected(True, kind="y"), fails=True),
            up(empty, fails=True),
            destroy(fails=True),
            up(protected(False, kind="y")),
            up(empty),
        ),
    ),
    Scenario(
        "protect-inherited",
        "Children inherit protection and may drop it.",
        (
            up(lambda: protected_family(True)),
            up(empty, fails=True),
            up(lambda: protected_family(False)),
            up(empty),
        ),
    ),
    Scenario(
        "retain-on-delete",
        "Forgotten, not deleted.",
        (up(retained), up(things("b")), up(retained), destroy()),
    ),
    Scenario(
        "retain-on-replace",
        "The replaced one stays in the world.",
        (
            up(optioned(ResourceOptions(retain_on_delete=True), kind="x")),
            up(optioned(ResourceOptions(retain_on_delete=True), kind="y")),
        ),
    ),
    Scenario(
        "deleted-with",
        "No delete is sent for what goes with another; alone it is deleted.",
        (
            up(contained),
            up(lambda: contained(inner=False)),
            up(contained),
            destroy(),
        ),
    ),
    Scenario(
        "deleted-with-replaced",
        "What is deleted with a replaced resource is replaced too.",
        (up(contained), preview(lambda: contained(kind="y")), up(lambda: contained(kind="y"))),
    ),
    Scenario(
        "replace-with",
        "Replaced together.",
        (
            up(lambda: replaced_with("x")),
            preview(lambda: replaced_with("y")),
            up(lambda: replaced_with("y")),
        ),
    ),
    Scenario(
        "depends-on",
        "A changed dependency is no change of the resource, but is kept.",
        (up(lambda: depending(True)), up(lambda: depending(False)), destroy()),
    ),
    Scenario(
        "protect-changed",
        "An option alone changes the state, not the resource.",
        (up(protected(False, size=1)), up(protected(True, size=1)), up(protected(False, size=1))),
    ),
    Scenario(
        "targets",
        "Only targets change; the rest stays as it is.",
        (
            up(lambda: trio(1)),
            up(lambda: trio(2), targets=(urn("b"),)),
            up(lambda: trio(2)),
        ),
    ),
    Scenario(
        "targets-dependents",
        "With its dependents.",
        (up(lambda: trio(1)), up(lambda: trio(2), targets=(urn("b"),), target_dependents=True)),
    ),
    Scenario(
        "targets-missing-dependency",
        "A target cannot be made on something that was not.",
        (up(lambda: trio(1), targets=(urn("a"),)), up(lambda: trio(1), targets=(urn("c"),), fails=True)),
    ),
    Scenario(
        "destroy-targets",
        "A target is destroyed with what depends on it.",
        (
            up(lambda: trio(1)),
            destroy(targets=(urn("b"),), fails=True),
            destroy(targets=(urn("b"),), target_dependents=True),
            destroy(),
        ),
    ),
    Scenario(
        "replace-flag",
        "A resource is replaced because the operator says so.",
        (up(lambda: trio(1)), up(lambda: trio(1), replace=(urn("b"),))),
    ),
    Scenario(
        "stack-outputs",
        "Outputs of a successful update are exactly the new ones.",
        (
            up(lambda: pulumi.export("a", {"b": [1, pulumi.Output.secret("s")]})),
            up(lambda: pulumi.export("c", "d")),
            up(lambda: pulumi.export("c", "d")),
        ),
    ),
)
