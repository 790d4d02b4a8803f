"""Operations limited to targets, and operations that go on past errors."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import Alias, ResourceOptions
from tests.engine.conftest import Bench, Thing, ops

from trackstack.engine.errors import EngineError, ResourceError


def urn(name: str) -> str:
    """A URN of the bench's stack."""
    return f"urn:pulumi:dev::project::test:index:Thing::{name}"


def three(value: int) -> None:
    """`b` depends on `a`, `c` on nothing."""
    a = Thing("a", {"value": value})
    Thing("b", {"value": value, "of": a.id})
    Thing("c", {"value": value})


def values(bench: Bench) -> dict[str, Any]:
    """The recorded value of each resource."""
    return {r.name: r.inputs.get("value") for r in bench.resources() if r.custom and not r.is_provider}


@pytest.mark.parametrize("target", [urn("c"), "**::c", "urn:pulumi:dev::project::*:index:Thing::c"])
def test_only_targets_are_updated(bench: Bench, target: str) -> None:
    bench.up(lambda: three(1))
    bench.set(targets=(target,))
    result = bench.up(lambda: three(2))

    assert result.changes == {"same": 3, "update": 1}
    assert values(bench) == {"a": 1, "b": 1, "c": 2}


def test_dependents_of_targets_are_targets_on_demand(bench: Bench) -> None:
    bench.up(lambda: three(1))
    bench.set(targets=(urn("a"),), target_dependents=True)
    bench.up(lambda: three(2))

    assert values(bench) == {"a": 2, "b": 2, "c": 1}


def test_untargeted_resources_are_not_made(bench: Bench) -> None:
    bench.set(targets=(urn("c"),))
    result = bench.up(lambda: three(1))

    assert ("create", "c") in ops(result)
    assert bench.names() == ["project-dev", "c"]


def test_a_target_that_needs_what_would_not_be_made_is_refused(bench: Bench) -> None:
    bench.set(targets=(urn("b"),))
    with pytest.raises(ResourceError, match=r"depends on .*::a, which would be created but is not among"):
        bench.up(lambda: three(1))

    assert bench.provider.names("Create") == []


def test_only_targets_are_destroyed(bench: Bench) -> None:
    bench.up(lambda: three(1))
    bench.set(targets=(urn("c"),))
    bench.destroy()

    assert bench.names() == ["project-dev", "a", "b"]


def test_a_destroy_refuses_to_take_more_than_its_targets_unless_asked(bench: Bench) -> None:
    bench.up(lambda: three(1))
    bench.set(targets=(urn("a"),))
    with pytest.raises(ResourceError, match="not among the targets"):
        bench.destroy()
    assert set(bench.names()) == {"project-dev", "a", "b", "c"}

    bench.set(target_dependents=True)
    bench.destroy()
    assert bench.names() == ["project-dev", "c"]


def test_an_unknown_target_is_refused(bench: Bench) -> None:
    bench.set(targets=(urn("nobody"),))

    with pytest.raises(EngineError, match="nobody is not in the stack"):
        bench.destroy()


def test_a_resource_is_replaced_on_demand(bench: Bench) -> None:
    bench.up(lambda: three(1))
    bench.set(replace=(urn("c"),))
    result = bench.up(lambda: three(1))

    assert result.changes == {"same": 3, "replace": 1}
    assert bench.provider.names("Delete") == ["c"]


def test_a_refresh_reads_only_targets(bench: Bench) -> None:
    bench.up(lambda: three(1))
    bench.provider.world.objects.clear()
    bench.set(targets=(urn("c"),))
    bench.refresh()

    assert bench.names() == ["project-dev", "a", "b"]


def failing(*names: str) -> Any:
    """A script that fails for resources of these names."""

    def script(request: Any, context: Any) -> None:
        if request.urn.split("::")[-1] in names:
            raise RuntimeError("out of order")

    return script


def test_what_does_not_depend_on_a_failure_goes_on_if_asked(bench: Bench) -> None:
    bench.provider.scripts["Create"] = failing("a")
    bench.set(continue_on_error=True, parallel=1)
    with pytest.raises(ResourceError, match="out of order") as caught:
        bench.up(lambda: three(1))

    assert caught.value.urn == urn("a")
    assert bench.names() == ["project-dev", "c"]
    assert "b" not in bench.provider.names("Create")


def test_a_program_goes_on_to_its_end_past_a_failure_if_asked(bench: Bench) -> None:
    def program() -> None:
        a = Thing("a", {})
        b = Thing("b", {"of": a.id})
        Thing("c", {"of": b.id})
        pulumi.export("done", True)
        pulumi.export("size", b.size)

    bench.up(lambda: Thing("old", {}))
    bench.provider.scripts["Create"] = failing("a")
    bench.set(continue_on_error=True)
    with pytest.raises(ResourceError, match="out of order"):
        bench.up(program)

    assert bench.names() == ["project-dev"]
    assert bench.stack.outputs()["done"] is True


def test_a_resource_whose_dependency_failed_keeps_its_state(bench: Bench) -> None:
    bench.up(lambda: three(1))
    bench.provider.scripts["Update"] = failing("a")
    bench.set(continue_on_error=True)
    with pytest.raises(ResourceError):
        bench.up(lambda: three(2))

    assert values(bench) == {"a": 1, "b": 1, "c": 2}


def test_deletions_go_on_past_a_failure_if_asked(bench: Bench) -> None:
    bench.up(lambda: three(1))
    bench.provider.scripts["Delete"] = failing("b")
    bench.set(continue_on_error=True)
    with pytest.raises(ResourceError):
        bench.destroy()

    assert bench.names() == ["project-dev", "a", "b"]


def test_what_a_failed_resource_still_needs_is_not_deleted(bench: Bench) -> None:
    def after() -> None:
        Thing("b", {"value": 2})

    bench.up(lambda: three(1))
    bench.provider.scripts["Update"] = failing("b")
    bench.set(continue_on_error=True)
    with pytest.raises(ResourceError):
        bench.up(after)

    assert set(bench.names()) == {"project-dev", "a", "b"}
    bench.provider.scripts.clear()
    bench.up(after)
    assert bench.names() == ["project-dev", "b"]


def test_a_renamed_resource_that_fails_keeps_its_state(bench: Bench) -> None:
    def after() -> None:
        Thing("new", {"value": 2}, ResourceOptions(aliases=[Alias(name="old")]))

    bench.up(lambda: Thing("old", {"value": 1}))
    bench.provider.scripts["Check"] = failing("new")
    bench.set(continue_on_error=True)
    with pytest.raises(ResourceError):
        bench.up(after)

    assert bench.names() == ["project-dev", "old"]
    assert bench.provider.names("Delete") == []
