"""Renamed, retyped and moved resources: found by their aliases, not made anew."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import Alias, ResourceOptions
from tests.engine.conftest import Bench, Group, Thing

from trackstack.engine.errors import ResourceError


def urn(name: str, types: str = "test:index:Thing") -> str:
    """A URN of the bench's stack."""
    return f"urn:pulumi:dev::project::{types}::{name}"


@pytest.mark.parametrize(
    "alias",
    ["old", urn("old"), Alias(name="old"), Alias(name="old", parent=None)],
    ids=["name", "urn", "spec", "no parent"],
)
def test_a_renamed_resource_stays(bench: Bench, alias: Any) -> None:
    bench.up(lambda: Thing("old", {}))
    alias = Alias(name=alias) if alias == "old" else alias
    result = bench.up(lambda: Thing("new", {}, ResourceOptions(aliases=[alias])))

    assert result.changes == {"same": 2}
    assert bench.resource("new").id == "old-1"
    assert bench.names() == ["project-dev", "new"]
    assert bench.up(lambda: Thing("new", {})).changes == {"same": 2}


def test_a_resource_that_moves_below_a_component_stays(bench: Bench) -> None:
    def program() -> None:
        group = Group("group")
        Thing("a", {}, ResourceOptions(parent=group, aliases=[Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))

    bench.up(lambda: Thing("a", {}))
    result = bench.up(program)

    assert result.changes == {"same": 2, "create": 1}
    assert bench.resource("a").parent.endswith("::group")


def test_the_children_of_a_renamed_component_follow_it(bench: Bench) -> None:
    def program(name: str, *aliases: Alias) -> None:
        group = Group(name, None, ResourceOptions(aliases=list(aliases)))
        first = Thing(f"{name}-first", {}, ResourceOptions(parent=group))
        Thing("second", {"of": first.id}, ResourceOptions(parent=group))

    bench.up(lambda: program("old"))
    result = bench.up(lambda: program("new", Alias(name="old")))

    assert result.changes == {"same": 4}
    assert bench.names() == ["project-dev", "new", "new-first", "second"]
    assert bench.resource("second").dependencies == [bench.resource("new-first").urn]


def test_a_resource_of_another_type_stays_by_its_alias(bench: Bench) -> None:
    class Item(pulumi.CustomResource):
        def __init__(self, name: str, opts: ResourceOptions) -> None:
            super().__init__("test:index:Item", name, {}, opts)

    bench.up(lambda: Thing("a", {}))
    result = bench.up(lambda: Item("a", ResourceOptions(aliases=[Alias(type_="test:index:Thing")])))

    assert result.changes == {"same": 2}
    assert bench.resource("a").type == "test:index:Item"


def test_a_renamed_provider_keeps_its_resources(bench: Bench) -> None:
    def program(name: str, *aliases: Alias) -> None:
        opts = ResourceOptions(aliases=list(aliases))
        provider = pulumi.ProviderResource("test", name, {"region": "north"}, opts)
        Thing("a", {}, ResourceOptions(provider=provider))

    bench.up(lambda: program("old"))
    assert bench.up(lambda: program("new", Alias(name="old"))).changes == {"same": 3}
    assert "::new::" in bench.resource("a").provider


def test_references_to_a_renamed_resource_follow_even_if_the_program_then_fails(bench: Bench) -> None:
    def before() -> None:
        first = Thing("old", {})
        Thing("second", {"of": first.id})

    def after() -> None:
        first = Thing("new", {}, ResourceOptions(aliases=[Alias(name="old")]))
        first.id.apply(lambda _: 1 / 0)

    bench.up(before)
    with pytest.raises(Exception, match="division"):
        bench.up(after)

    assert bench.resource("second").dependencies == [urn("new")]
    bench.stack.snapshot().verify()


def test_two_resources_cannot_take_one_alias(bench: Bench) -> None:
    def program() -> None:
        for name in ("one", "two"):
            Thing(name, {}, ResourceOptions(aliases=[Alias(name="old")]))

    bench.up(lambda: Thing("old", {}))
    with pytest.raises(ResourceError, match="duplicate alias"):
        bench.up(program)


def test_an_alias_of_a_resource_that_is_still_there_is_refused(bench: Bench) -> None:
    def program() -> None:
        Thing("old", {})
        Thing("new", {}, ResourceOptions(aliases=[Alias(name="old")]))

    bench.up(lambda: Thing("old", {}))
    with pytest.raises(ResourceError, match=r"duplicate alias|already taken as an alias"):
        bench.up(program)
