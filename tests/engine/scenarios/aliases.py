"""Aliases: resources keep what they are under a new name, type or parent."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import Alias, ResourceOptions
from tests.engine.scenarios.model import (
    Cloud,
    Group,
    Program,
    Scenario,
    Thing,
    destroy,
    preview,
    things,
    up,
    urn,
)

OTHER = "cloud:index:Other"


def aliased(name: str, *aliases: str | Alias, **properties: Any) -> Program:
    return lambda: Thing(name, ResourceOptions(aliases=list(aliases)), **properties)


def family(name: str, *aliases: str | Alias, kind: str = "app:index:Group") -> None:
    group = Group(name, ResourceOptions(aliases=list(aliases)), token=kind)
    a = Thing(f"{name}-a", ResourceOptions(parent=group), size=1)
    Thing("b", ResourceOptions(parent=a), size=1)


def moved(in_group: bool) -> None:
    group = Group("g")
    if in_group:
        a = Thing("a", ResourceOptions(parent=group, aliases=[Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
    else:
        a = Thing("a", ResourceOptions(aliases=[Alias(parent=group)]))
    Thing("b", upstream=a.address)


def users(name: str, *aliases: str | Alias) -> None:
    a = Thing(name, ResourceOptions(aliases=list(aliases)), size=1)
    Thing("b", ResourceOptions(depends_on=[a], deleted_with=a), upstream=a.address)


def provided(name: str, *aliases: str | Alias) -> None:
    cloud = Cloud(name, ResourceOptions(aliases=list(aliases)))
    Thing("a", ResourceOptions(provider=cloud), size=1)


def two_of_one() -> None:
    b = Thing("b", ResourceOptions(aliases=[Alias(name="a")]))
    Thing("c", ResourceOptions(aliases=[Alias(name="a")], depends_on=[b]))


def first_and_second() -> None:
    a = Thing("a", size=2)
    Thing("b", ResourceOptions(aliases=[Alias(name="a")], depends_on=[a]), size=1)


SCENARIOS = (
    Scenario(
        "alias-name",
        "A new name.",
        (
            up(things("a", size=1)),
            preview(aliased("b", Alias(name="a"), size=1)),
            up(aliased("b", Alias(name="a"), size=1)),
            up(things("b", size=1)),
        ),
    ),
    Scenario(
        "alias-changed",
        "A new name and a new size.",
        (up(things("a", size=1)), up(aliased("b", Alias(name="a"), size=2)), destroy()),
    ),
    Scenario(
        "alias-replaced",
        "A new name and a replacement.",
        (up(things("a", kind="x")), up(aliased("b", Alias(name="a"), kind="y"))),
    ),
    Scenario(
        "alias-replaced-first-deleted",
        "A new name and a replacement that deletes first.",
        (up(things("a", slot="1")), up(aliased("b", Alias(name="a"), slot="2"))),
    ),
    Scenario(
        "alias-type",
        "A new type.",
        (up(things("a", size=1, token=OTHER)), up(aliased("a", Alias(type_=OTHER), size=1))),
    ),
    Scenario(
        "alias-urn",
        "A whole URN.",
        (up(things("a", size=1)), up(aliased("b", urn("a"), size=1)), up(aliased("b", urn("a"), size=1))),
    ),
    Scenario(
        "alias-chosen",
        "The first alias that exists counts.",
        (
            up(things("a", "c", size=1)),
            up(aliased("d", Alias(name="nothing"), Alias(name="c"), Alias(name="a"), size=1)),
        ),
    ),
    Scenario(
        "alias-parent",
        "Into a component and out of it.",
        (up(lambda: moved(False)), up(lambda: moved(True)), up(lambda: moved(False))),
    ),
    Scenario(
        "alias-of-parent",
        "A renamed component takes its children along, also those named after it.",
        (
            up(lambda: family("old")),
            preview(lambda: family("new", Alias(name="old"))),
            up(lambda: family("new", Alias(name="old"))),
            up(lambda: family("new")),
        ),
    ),
    Scenario(
        "alias-of-parent-type",
        "A component of a new type takes its children along.",
        (
            up(lambda: family("g")),
            up(lambda: family("g", Alias(type_="app:index:Group"), kind="app:index:Team")),
        ),
    ),
    Scenario(
        "alias-references",
        "Whoever refers to the renamed resource refers to its new name.",
        (up(lambda: users("a")), up(lambda: users("z", Alias(name="a"))), destroy()),
    ),
    Scenario(
        "alias-provider",
        "A renamed provider resource stays with its resources.",
        (up(lambda: provided("west")), up(lambda: provided("east", Alias(name="west"))), destroy()),
    ),
    Scenario(
        "alias-claimed-twice",
        "One old resource cannot become two.",
        (up(things("a")), up(two_of_one, fails=True)),
    ),
    Scenario(
        "alias-still-there",
        "An alias of a resource that is itself declared.",
        (up(things("a", size=1)), up(first_and_second, fails=True)),
    ),
)
