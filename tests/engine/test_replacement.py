"""Replacements: what goes with them, what forbids them, and what an interrupted one leaves."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions
from tests.engine.conftest import Bench, Thing, ops

from trackstack.engine.errors import ResourceError


def pair(kind: str, **opts: Any) -> None:
    """`b` gets its kind from `a`: when `a` is replaced, so is `b`."""
    a = Thing("a", {"kind": kind}, ResourceOptions(**opts))
    Thing("b", {"kind": a.id})


def raising(request: Any, context: Any) -> None:
    """A script that fails."""
    raise RuntimeError("out of order")


def test_deleting_first_deletes_dependents_first_and_makes_them_again(bench: Bench) -> None:
    bench.provider.delete_first = True
    bench.up(lambda: pair("x"))
    result = bench.up(lambda: pair("y"))

    assert ops(result)[1:] == [
        ("delete-replaced", "b"),
        ("delete-replaced", "a"),
        ("replace", "a"),
        ("create-replacement", "a"),
        ("replace", "b"),
        ("create-replacement", "b"),
    ]
    assert bench.up(lambda: pair("y")).changes == {"same": 3}


def test_a_dependent_that_would_only_be_updated_stays(bench: Bench) -> None:
    def program(kind: str) -> None:
        a = Thing("a", {"kind": kind})
        Thing("b", {"of": a.id})

    bench.provider.delete_first = True
    bench.up(lambda: program("x"))
    result = bench.up(lambda: program("y"))

    assert ("update", "b") in ops(result)
    assert bench.provider.names("Delete") == ["a"]


@pytest.mark.parametrize(("provider_says", "option", "first"), [(True, False, False), (False, True, True)])
def test_the_option_overrides_the_provider_either_way(
    bench: Bench, provider_says: bool, option: bool, first: bool
) -> None:
    def program(kind: str) -> None:
        Thing("a", {"kind": kind}, ResourceOptions(delete_before_replace=option))

    bench.provider.delete_first = provider_says
    bench.up(lambda: program("x"))
    steps = [op for op, _ in ops(bench.up(lambda: program("y")))]

    assert (steps.index("delete-replaced") < steps.index("create-replacement")) is first


def test_a_creation_that_fails_after_its_deletion_is_pending_and_made_next_time(bench: Bench) -> None:
    bench.provider.delete_first = True
    bench.up(lambda: Thing("a", {"kind": "x"}))
    bench.provider.scripts["Create"] = raising
    with pytest.raises(ResourceError, match="out of order"):
        bench.up(lambda: Thing("a", {"kind": "y"}))

    assert bench.resource("a").pending_replacement
    bench.provider.scripts.clear()
    bench.up(lambda: Thing("a", {"kind": "y"}))
    assert not bench.resource("a").pending_replacement
    assert bench.provider.names("Delete") == ["a"]
    assert len(bench.provider.find("a")) == 1


def test_a_pending_replacement_that_is_no_longer_wanted_is_forgotten(bench: Bench) -> None:
    bench.provider.delete_first = True
    bench.up(lambda: Thing("a", {"kind": "x"}))
    bench.provider.scripts["Create"] = raising
    with pytest.raises(ResourceError):
        bench.up(lambda: Thing("a", {"kind": "y"}))
    bench.up(lambda: None)

    assert bench.names() == ["project-dev"]
    assert bench.provider.names("Delete") == ["a"]


def test_an_old_one_that_cannot_be_deleted_stays_to_be_deleted(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"kind": "x"}))
    bench.provider.scripts["Delete"] = raising
    with pytest.raises(ResourceError, match="out of order"):
        bench.up(lambda: Thing("a", {"kind": "y"}))

    assert [(r.name, r.delete) for r in bench.resources() if r.custom and not r.is_provider] == [
        ("a", False),
        ("a", True),
    ]
    bench.provider.scripts.clear()
    assert ops(bench.up(lambda: Thing("a", {"kind": "y"})))[1:] == [
        ("same", "a"),
        ("delete-replaced", "a"),
    ]
    assert len(bench.provider.find("a")) == 1


def test_a_protected_resource_is_not_replaced_until_it_is_unprotected(bench: Bench) -> None:
    bench.up(lambda: pair("x", protect=True))
    with pytest.raises(ResourceError, match="protected"):
        bench.up(lambda: pair("y", protect=True))
    with pytest.raises(ResourceError, match="protected"):
        bench.preview(lambda: pair("y", protect=True))

    assert bench.up(lambda: pair("y")).changes == {"same": 1, "replace": 2}


def test_a_protected_resource_is_not_deleted_but_others_are(bench: Bench) -> None:
    def program() -> None:
        Thing("kept", {}, ResourceOptions(protect=True))
        Thing("gone", {})

    bench.up(program)
    with pytest.raises(ResourceError, match="kept cannot be deleted because it is protected"):
        bench.destroy()

    assert bench.names() == ["project-dev", "kept"]


def test_a_retained_resource_is_forgotten_but_not_deleted(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {}, ResourceOptions(retain_on_delete=True)))
    bench.destroy()

    assert bench.resources() == []
    assert len(bench.provider.find("a")) == 1


def test_what_is_deleted_with_another_is_not_deleted_by_itself(bench: Bench) -> None:
    def program() -> None:
        whole = Thing("whole", {})
        Thing("part", {}, ResourceOptions(deleted_with=whole))

    bench.up(program)
    bench.destroy()

    assert bench.provider.names("Delete") == ["whole"]
    assert bench.resources() == []


def test_what_is_to_be_replaced_with_another_is(bench: Bench) -> None:
    def program(kind: str) -> None:
        a = Thing("a", {"kind": kind})
        Thing("b", {}, ResourceOptions(replace_with=[a]))

    bench.up(lambda: program("x"))
    assert bench.up(lambda: program("y")).changes == {"same": 1, "replace": 2}


def test_a_changed_trigger_replaces(bench: Bench) -> None:
    def program(trigger: str) -> None:
        Thing("a", {}, ResourceOptions(replacement_trigger=trigger))

    bench.up(lambda: program("one"))
    assert bench.up(lambda: program("one")).changes == {"same": 2}
    assert bench.up(lambda: program("two")).changes == {"same": 1, "replace": 1}


@pytest.mark.parametrize("pattern", ["value", "*", "nested.value", "nested.*"])
def test_changes_below_a_path_replace_on_demand(bench: Bench, pattern: str) -> None:
    def program(value: int) -> None:
        props = {"value": value} if "nested" not in pattern else {"nested": {"value": value}}
        Thing("a", props, ResourceOptions(replace_on_changes=[pattern]))

    bench.up(lambda: program(1))
    expected = "replace" if pattern in ("value", "*") else "update"  # the provider names only `nested`
    assert bench.up(lambda: program(2)).changes == {"same": 1, expected: 1}


def test_a_replacement_gets_new_defaults(bench: Bench) -> None:
    from pulumi.runtime.proto import provider_pb2 as pb

    from trackstack.engine.wire import from_struct, to_struct

    def check(request: Any, context: Any) -> pb.CheckResponse:
        name = from_struct(request.olds).get("name") or request.randomSeed.hex()[:6]
        return pb.CheckResponse(inputs=to_struct({"name": name, **from_struct(request.news)}))

    bench.provider.scripts["Check"] = check
    bench.up(lambda: Thing("a", {"kind": "x"}))
    first = bench.resource("a").inputs["name"]
    bench.up(lambda: Thing("a", {"kind": "x", "value": 1}))
    assert bench.resource("a").inputs["name"] == first
    bench.up(lambda: Thing("a", {"kind": "y", "value": 1}))
    assert bench.resource("a").inputs["name"] != first


def test_a_changed_provider_configuration_is_an_update_of_the_provider(bench: Bench) -> None:
    def program(region: str) -> None:
        provider = pulumi.ProviderResource("test", "explicit", {"region": region})
        Thing("a", {}, ResourceOptions(provider=provider))

    bench.up(lambda: program("north"))
    result = bench.up(lambda: program("south"))

    assert result.changes == {"same": 2, "update": 1}
    assert [config.get("region") for config in bench.provider.configured] == ["north", "south"]


def test_what_was_dealt_with_already_is_not_replaced_with_another(bench: Bench) -> None:
    def before() -> None:
        a = Thing("a", {"kind": "x"})
        Thing("b", {}, ResourceOptions(replace_with=[a]))

    def after() -> None:
        b = Thing("b", {})
        Thing("a", {"kind": "y"}, ResourceOptions(depends_on=[b]))

    bench.provider.delete_first = True
    bench.up(before)
    result = bench.up(after)

    assert result.changes == {"same": 2, "replace": 1}
    assert bench.provider.names("Delete") == ["a"]
