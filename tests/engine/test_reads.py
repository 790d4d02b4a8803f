"""Looking things up: `.get`, import, functions of providers, other stacks."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions
from pulumi.runtime.proto import provider_pb2 as pb
from tests.engine.conftest import Bench, Thing, ops, secrets

from trackstack.engine.errors import ResourceError
from trackstack.engine.wire import from_struct


def get(name: str, id_: str) -> Thing:
    """The resource of that id, not owned."""
    return Thing(name, {}, ResourceOptions(id=id_))


def test_a_resource_is_read_but_not_owned(bench: Bench) -> None:
    bench.provider.world.objects["theirs"] = {"value": 7}

    def program() -> None:
        found = get("a", "theirs")
        pulumi.export("size", found.size)

    result = bench.up(program)

    assert ops(result)[1:] == [("read", "a")]
    assert result.outputs == {"size": 1}
    assert bench.resource("a").external
    assert bench.up(lambda: None).changes == {"same": 1, "discard": 1}
    assert bench.provider.world.objects == {"theirs": {"value": 7}}


def test_a_read_of_what_does_not_exist_fails(bench: Bench) -> None:
    with pytest.raises(ResourceError, match="resource 'nowhere' does not exist"):
        bench.up(lambda: get("a", "nowhere"))

    assert bench.names() == ["project-dev"]


def test_an_owned_resource_that_is_only_read_from_now_on_is_deleted(bench: Bench) -> None:
    bench.provider.world.objects["theirs"] = {}
    bench.up(lambda: Thing("a", {}))
    result = bench.up(lambda: get("a", "theirs"))

    assert ("read-replacement", "a") in ops(result)
    assert bench.provider.find("a") == []
    assert bench.resource("a").external


def test_a_read_resource_that_is_owned_from_now_on_is_made(bench: Bench) -> None:
    bench.provider.world.objects["theirs"] = {}
    bench.up(lambda: get("a", "theirs"))
    result = bench.up(lambda: Thing("a", {}))

    assert ("create-replacement", "a") in ops(result)
    assert ("discard-replaced", "a") in ops(result)
    assert "theirs" in bench.provider.world.objects
    assert not bench.resource("a").external


def imported(value: int) -> Thing:
    """A resource taken over by its id."""
    return Thing("a", {"value": value}, ResourceOptions(import_="theirs"))


def test_an_existing_resource_is_taken_over(bench: Bench) -> None:
    bench.provider.world.objects["theirs"] = {"value": 7}
    result = bench.up(lambda: imported(7))

    assert result.changes == {"create": 1, "import": 1}
    assert bench.resource("a").id == "theirs"
    assert bench.up(lambda: imported(7)).changes == {"same": 2}
    assert bench.provider.names("Create") == []


def test_an_import_that_differs_is_updated(bench: Bench) -> None:
    bench.provider.world.objects["theirs"] = {"value": 7}
    result = bench.up(lambda: imported(8))

    assert ops(result)[1:] == [("import", "a"), ("update", "a")]
    assert bench.provider.world.objects["theirs"] == {"value": 8}


def test_an_import_that_would_be_replaced_is_refused(bench: Bench) -> None:
    bench.provider.world.objects["theirs"] = {"kind": "x"}

    with pytest.raises(ResourceError, match="may not be replaced"):
        bench.up(lambda: Thing("a", {"kind": "y"}, ResourceOptions(import_="theirs")))

    assert bench.provider.world.objects == {"theirs": {"kind": "x"}}


def test_an_import_of_what_does_not_exist_fails(bench: Bench) -> None:
    with pytest.raises(ResourceError, match="'theirs' does not exist"):
        bench.up(lambda: imported(1))


def test_a_provider_without_inputs_cannot_import(bench: Bench) -> None:
    bench.provider.scripts["Read"] = lambda request, context: pb.ReadResponse(id="theirs")

    with pytest.raises(ResourceError, match="does not support importing"):
        bench.up(lambda: imported(1))


def test_a_function_of_a_provider_is_called(bench: Bench) -> None:
    def program() -> None:
        result = pulumi.runtime.invoke_output("test:index:echo", {"word": "hello"})
        pulumi.export("word", result.apply(lambda answer: answer["word"]))

    assert bench.up(program).outputs == {"word": "hello"}


def test_a_function_that_fails_says_so(bench: Bench) -> None:
    def invoke(request: Any, context: Any) -> None:
        raise RuntimeError(f"no such word: {from_struct(request.args)['word']}")

    bench.provider.scripts["Invoke"] = invoke
    with pytest.raises(ResourceError, match="test:index:echo failed: RuntimeError: no such word: hello"):
        bench.up(lambda: pulumi.runtime.invoke_output("test:index:echo", {"word": "hello"}))


def test_another_stacks_outputs_are_read_with_their_secrets(bench: Bench) -> None:
    def other() -> None:
        pulumi.export("url", "http://other")
        pulumi.export("token", pulumi.Output.secret("hunter2"))

    def program() -> None:
        reference = pulumi.StackReference("organization/project/other")
        pulumi.export("url", reference.require_output("url"))
        pulumi.export("token", reference.require_output("token"))

    stack = bench.stack.backend.stack("project", "other")
    stack.init(secrets())
    stack.up(other, bench.options)
    result = bench.up(program)

    assert result.outputs["url"] == "http://other"
    assert result.outputs["token"].reveal() == "hunter2"
    assert bench.up(program).changes == {"same": 1}


def test_a_reference_to_a_stack_that_is_not_there_fails(bench: Bench) -> None:
    with pytest.raises(ResourceError, match="stack reference 'nowhere'"):
        bench.up(lambda: pulumi.StackReference("nowhere"))
