"""Replacements in either order, their cascades, and what is left when they are interrupted."""

from __future__ import annotations

from typing import Any

from pulumi import ResourceOptions
from tests.engine.answers import compares, fails
from tests.engine.scenarios.model import (
    Group,
    Program,
    Scenario,
    Thing,
    chain,
    destroy,
    empty,
    preview,
    things,
    up,
)


def explicit(first: bool | None, **properties: Any) -> Program:
    return lambda: Thing("a", ResourceOptions(delete_before_replace=first), **properties)


def cascade(slot: str, *, protect: bool = False) -> None:
    a = Thing("a", slot=slot)
    b = Thing("b", kind=a.address)
    Thing("c", upstream=b.address)
    Thing("d", ResourceOptions(depends_on=[a]), size=1)
    Thing("e", ResourceOptions(protect=protect), slot=a.address)


def cascade_through_component(slot: str) -> None:
    a = Thing("a", slot=slot)
    group = Group("g", upstream=a.address)
    Thing("b", ResourceOptions(parent=group), kind=a.address)


def replaced_chain(kind: str) -> Program:
    return chain("a", "b", "c", a={"kind": kind})


def followed(kind: str) -> None:
    a = Thing("a", kind=kind)
    b = Thing("b", kind=a.address)
    Thing("c", kind=b.address)


NO_ROOM = {"create:a": fails("no room")}

SCENARIOS = (
    Scenario(
        "replace",
        "A new one is made, dependents move over, the old one goes last.",
        (
            up(replaced_chain("x")),
            preview(replaced_chain("y")),
            up(replaced_chain("y")),
            up(replaced_chain("y")),
        ),
    ),
    Scenario(
        "replace-all",
        "Replacements that follow one another are deleted backwards.",
        (up(lambda: followed("x")), preview(lambda: followed("y")), up(lambda: followed("y"))),
    ),
    Scenario(
        "delete-before-replace",
        "The provider wants the old one gone first.",
        (
            up(things("a", slot="1")),
            preview(things("a", slot="2")),
            up(things("a", slot="2")),
            up(things("a", slot="2")),
        ),
    ),
    Scenario(
        "explicit-delete-before-replace",
        "The option overrides the provider, either way.",
        (
            up(explicit(True, kind="x", slot="1")),
            up(explicit(True, kind="y", slot="1")),
            up(explicit(False, kind="y", slot="2")),
            up(explicit(None, kind="y", slot="3")),
        ),
    ),
    Scenario(
        "cascade",
        "Before the old one goes, those go that cannot live without it: by property, not by mere dependency.",
        (up(lambda: cascade("1")), preview(lambda: cascade("2")), up(lambda: cascade("2"))),
    ),
    Scenario(
        "cascade-component",
        "Components are passed over, their children are not.",
        (up(lambda: cascade_through_component("1")), up(lambda: cascade_through_component("2"))),
    ),
    Scenario(
        "cascade-protected",
        "A protected dependent stops the replacement.",
        (
            up(lambda: cascade("1", protect=True)),
            up(lambda: cascade("2", protect=True), fails=True),
            up(lambda: cascade("1")),
            up(lambda: cascade("2")),
        ),
    ),
    Scenario(
        "replace-create-error",
        "When the new one cannot be made the old one stays as it is.",
        (
            up(things("a", kind="x")),
            up(things("a", kind="y"), NO_ROOM, fails=True),
            up(things("a", kind="y")),
        ),
    ),
    Scenario(
        "pending-replacement",
        "Deleted first and not made again: marked so, and made by the next update.",
        (
            up(chain("a", "b", a={"slot": "1"})),
            up(chain("a", "b", a={"slot": "2"}), NO_ROOM, fails=True),
            preview(chain("a", "b", a={"slot": "2"})),
            up(chain("a", "b", a={"slot": "2"})),
        ),
    ),
    Scenario(
        "pending-replacement-changed",
        "Made with the inputs of the later program.",
        (
            up(things("a", slot="1")),
            up(things("a", slot="2"), NO_ROOM, fails=True),
            up(things("a", slot="3", size=1)),
        ),
    ),
    Scenario(
        "pending-replacement-reverted",
        "Made again even when the program went back to what was.",
        (
            up(things("a", slot="1")),
            up(things("a", slot="2"), NO_ROOM, fails=True),
            up(things("a", slot="1")),
        ),
    ),
    Scenario(
        "pending-replacement-forgotten",
        "Nothing to delete when the program forgets it.",
        (up(things("a", slot="1")), up(things("a", slot="2"), NO_ROOM, fails=True), up(empty)),
    ),
    Scenario(
        "pending-replacement-destroyed",
        "Nothing to delete on destroy either.",
        (up(things("a", slot="1")), up(things("a", slot="2"), NO_ROOM, fails=True), destroy()),
    ),
    Scenario(
        "pending-delete",
        "An old one that could not be deleted is tried again by the next update.",
        (
            up(things("a", kind="x")),
            up(things("a", kind="y"), {"delete:a": fails("in use")}, fails=True),
            preview(things("a", kind="y")),
            up(things("a", kind="y")),
        ),
    ),
    Scenario(
        "pending-delete-twice",
        "Two old ones wait to be deleted.",
        (
            up(things("a", kind="x")),
            up(things("a", kind="y"), {"delete:a": fails("in use")}, fails=True),
            up(things("a", kind="z"), {"delete:a": fails("in use")}, fails=True),
            up(things("a", kind="z")),
        ),
    ),
    Scenario(
        "pending-delete-destroyed",
        "Destroy takes both.",
        (
            up(things("a", kind="x")),
            up(things("a", kind="y"), {"delete:a": fails("in use")}, fails=True),
            destroy(),
        ),
    ),
    Scenario(
        "diff-replaces",
        "The provider says which properties replace, and may say so of none that changed.",
        (
            up(things("a", size=1)),
            up(things("a", size=2), {"diff": compares("size", replaces=("size",))}),
            up(things("a", size=2), {"diff": compares("size", replaces=("size",), delete_first=True)}),
        ),
    ),
)
