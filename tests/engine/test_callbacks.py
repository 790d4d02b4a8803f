"""Functions of the program that the engine calls: transforms and resource hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions
from pulumi.resource_hooks import ResourceHook, ResourceHookArgs, ResourceHookBinding, ResourceHookOptions
from tests.engine.conftest import Bench, Group, Thing

from trackstack.engine.errors import EngineError, ResourceError, UnsupportedError

Args = pulumi.ResourceTransformArgs
Changed = pulumi.ResourceTransformResult


def tagged(tag: str) -> pulumi.ResourceTransform:
    """A transform that adds a tag."""

    def transform(args: Args) -> Changed | None:
        if args.type_ != "test:index:Thing":
            return None
        props = dict(args.props)
        before: Any = props.get("tags", [])
        return Changed(props={**props, "tags": [*before, tag]}, opts=args.opts)

    return transform


def test_transforms_apply_from_the_resource_to_its_parents_to_the_stack(bench: Bench) -> None:
    def program() -> None:
        pulumi.runtime.register_resource_transform(tagged("stack"))
        group = Group("group", None, ResourceOptions(transforms=[tagged("parent")]))
        Thing("a", {}, ResourceOptions(parent=group, transforms=[tagged("own")]))

    bench.up(program)

    assert bench.resource("a").inputs == {"tags": ["own", "parent", "stack"]}


def test_a_transform_changes_options(bench: Bench) -> None:
    def protect(args: Args) -> Changed:
        opts = ResourceOptions.merge(args.opts, ResourceOptions(protect=True, ignore_changes=["value"]))
        return Changed(props=args.props, opts=opts)

    bench.up(lambda: Thing("a", {"value": 1}, ResourceOptions(transforms=[protect])))
    bench.up(lambda: Thing("a", {"value": 2}, ResourceOptions(transforms=[protect])))

    assert bench.resource("a").protect
    assert bench.resource("a").inputs == {"value": 1}


def test_a_transform_that_raises_fails_its_resource(bench: Bench) -> None:
    def broken(args: Args) -> Changed | None:
        raise ValueError("no such tag")

    with pytest.raises(EngineError, match="no such tag"):
        bench.up(lambda: Thing("a", {}, ResourceOptions(transforms=[broken])))

    assert bench.names() == ["project-dev"]


def test_invoke_transforms_change_a_functions_arguments(bench: Bench) -> None:
    def louder(args: pulumi.InvokeTransformArgs) -> pulumi.InvokeTransformResult:
        return pulumi.InvokeTransformResult(args={**args.args, "word": "HELLO"}, opts=args.opts)

    def program() -> None:
        pulumi.runtime.register_invoke_transform(louder)
        result = pulumi.runtime.invoke_output("test:index:echo", {"word": "hello"})
        pulumi.export("word", result.apply(lambda answer: answer["word"]))

    assert bench.up(program).outputs == {"word": "HELLO"}


def hooked(heard: list[str], *kinds: str, value: int = 1, fails: bool = False) -> Thing:
    """A resource whose hooks note what they hear."""

    def hear(kind: str) -> ResourceHook:
        def hook(args: ResourceHookArgs) -> None:
            heard.append(f"{kind} {args.name} {args.id} {(args.new_inputs or {}).get('value'):g}")
            if fails:
                raise ValueError("not allowed")

        return ResourceHook(kind, hook)

    hooks: dict[str, Any] = {kind: [hear(kind)] for kind in kinds}
    binding = ResourceHookBinding(**hooks)
    return Thing("a", {"value": value}, ResourceOptions(hooks=binding))


def test_hooks_run_before_and_after_each_step(bench: Bench) -> None:
    heard: list[str] = []
    kinds = ("before_create", "after_create", "before_update", "after_update")
    bench.up(lambda: hooked(heard, *kinds))
    bench.up(lambda: hooked(heard, *kinds, value=2))

    assert heard == [
        "before_create a  1",
        "after_create a a-1 1",
        "before_update a a-1 2",
        "after_update a a-1 2",
    ]


def test_a_before_hook_that_raises_stops_the_step(bench: Bench) -> None:
    with pytest.raises(ResourceError, match="not allowed"):
        bench.up(lambda: hooked([], "before_create", fails=True))

    assert bench.provider.world.objects == {}


def test_an_after_hook_that_raises_fails_the_operation_but_not_the_step(bench: Bench) -> None:
    with pytest.raises(ResourceError, match="not allowed"):
        bench.up(lambda: hooked([], "after_create", fails=True))

    assert bench.resource("a").id == "a-1"
    assert bench.up(lambda: hooked([], "after_create")).changes == {"same": 2}


def test_hooks_are_silent_in_a_preview_unless_asked(bench: Bench) -> None:
    heard: list[str] = []

    def program() -> None:
        loud = ResourceHook("loud", lambda args: heard.append("loud"), ResourceHookOptions(on_dry_run=True))
        quiet = ResourceHook("quiet", lambda args: heard.append("quiet"))
        Thing("a", {}, ResourceOptions(hooks=ResourceHookBinding(before_create=[loud, quiet])))

    bench.preview(program)

    assert heard == ["loud"]


def test_delete_hooks_run_when_the_program_leaves_a_resource_out(bench: Bench) -> None:
    heard: list[str] = []

    def hook() -> ResourceHook:
        return ResourceHook("farewell", lambda args: heard.append(f"{args.name} {args.id}"))

    bench.up(lambda: Thing("a", {}, ResourceOptions(hooks=ResourceHookBinding(before_delete=[hook()]))))
    with pytest.raises(UnsupportedError, match="delete hooks"):
        bench.destroy()
    bench.up(hook)

    assert heard == ["a a-1"]


def with_transform() -> None:
    Thing("a", {}, ResourceOptions(transforms=[tagged("own")]))


def with_hook() -> None:
    hook = ResourceHook("note", lambda args: None)
    Thing("a", {}, ResourceOptions(hooks=ResourceHookBinding(before_create=[hook])))


@pytest.mark.parametrize("program", [with_transform, with_hook])
def test_a_program_that_waits_itself_cannot_be_asked(bench: Bench, program: Callable[[], None]) -> None:
    bench.set(sequential=True)

    with pytest.raises(EngineError, match="a hook or a transform: operate without `sequential`"):
        bench.up(program)

    assert "a" not in bench.names()
