"""Providers that answer nonsense or fail: an error that names the resource, and a state that is sound."""

from __future__ import annotations

from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from tests.engine.conftest import Bench, Thing
from tests.engine.provider import fail, fail_init

from trackstack.engine.errors import ResourceError
from trackstack.engine.values import UNKNOWN
from trackstack.engine.wire import to_struct

SECRET = "correct-battery"


def program() -> None:
    """One resource with a secret."""
    Thing("a", {"value": 1, "password": pulumi.Output.secret(SECRET)})


def raising(error: Exception) -> Any:
    """A script that raises."""

    def script(request: Any, context: Any) -> None:
        raise error

    return script


@pytest.mark.parametrize(
    ("method", "answer", "says"),
    [
        ("Create", pb.CreateResponse(properties=struct_pb2.Struct()), "did not return an ID"),
        ("Create", pb.UpdateResponse(), "answered Create with UpdateResponse"),
        ("Create", "nonsense", "answered Create with str"),
        ("Check", pb.CreateResponse(), "answered Check with CreateResponse"),
        ("Check", pb.CheckResponse(inputs=to_struct({"value": UNKNOWN})), "unknown inputs from Check"),
    ],
    ids=["no id", "other message", "no message", "other check", "unknown inputs"],
)
def test_a_wrong_answer_to_a_creation_leaves_nothing(
    bench: Bench, method: str, answer: Any, says: str
) -> None:
    bench.provider.scripts[method] = lambda request, context: answer

    with pytest.raises(ResourceError, match=says) as caught:
        bench.up(program)

    assert caught.value.urn.endswith("::a")
    assert bench.names() == ["project-dev"]
    bench.provider.scripts.clear()
    assert bench.up(program).changes == {"same": 1, "create": 1}


def test_an_unknown_kind_of_difference_is_refused(bench: Bench) -> None:
    bench.up(program)
    nonsense: Any = 17
    bench.provider.scripts["Diff"] = lambda request, context: pb.DiffResponse(changes=nonsense)

    with pytest.raises(ResourceError, match="unknown kind of change") as caught:
        bench.up(program)

    assert caught.value.urn.endswith("::a")
    assert bench.names() == ["project-dev", "a"]


def test_unknown_outputs_of_a_creation_are_a_partial_failure_that_the_next_up_mends(bench: Bench) -> None:
    def create(request: Any, context: Any) -> pb.CreateResponse:
        return pb.CreateResponse(id="a-1", properties=to_struct({"value": 1, "size": UNKNOWN}))

    bench.provider.scripts["Create"] = create
    with pytest.raises(ResourceError, match="unknown values from Create"):
        bench.up(program)

    assert bench.resource("a").id == "a-1"
    assert bench.resource("a").init_errors
    assert bench.up(program).changes == {"same": 1, "update": 1}
    assert bench.resource("a").init_errors == []


@pytest.mark.parametrize("method", ["Check", "Create"])
def test_secrets_in_a_providers_error_are_blanked(bench: Bench, method: str) -> None:
    bench.provider.scripts[method] = raising(ValueError(f"cannot use {SECRET}"))

    with pytest.raises(ResourceError, match=r"cannot use \[secret\]") as caught:
        bench.up(program)

    assert SECRET not in str(caught.value)
    assert SECRET not in repr(bench.events)


def test_an_error_keeps_the_providers_own_words(bench: Bench) -> None:
    def create(request: Any, context: Any) -> None:
        fail(context, "quota of 3 exceeded", grpc.StatusCode.RESOURCE_EXHAUSTED)

    bench.provider.scripts["Create"] = create
    with pytest.raises(ResourceError, match=r"creating urn:.*::a: quota of 3 exceeded"):
        bench.up(program)


def test_a_creation_that_fails_in_part_is_kept_and_updated_next_time(bench: Bench) -> None:
    def create(request: Any, context: Any) -> None:
        bench.provider.world.objects["a-1"] = {"value": 1}
        fail_init(context, "a-1", {"value": 1}, ["it does not answer", f"tried {SECRET}"])

    bench.provider.scripts["Create"] = create
    with pytest.raises(ResourceError, match="it does not answer"):
        bench.up(program)

    assert bench.resource("a").init_errors == ["it does not answer", "tried [secret]"]
    bench.provider.scripts.clear()
    assert bench.up(program).changes == {"same": 1, "update": 1}
    assert bench.up(program).changes == {"same": 2}


def test_an_update_that_fails_in_part_keeps_the_old_inputs(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"value": 1}))

    def update(request: Any, context: Any) -> None:
        fail_init(context, "a-1", {"value": 2}, ["half done"])

    bench.provider.scripts["Update"] = update
    with pytest.raises(ResourceError, match="half done"):
        bench.up(lambda: Thing("a", {"value": 2}))

    assert bench.resource("a").inputs == {"value": 1}
    assert bench.resource("a").outputs == {"value": 2}


def test_garbage_in_an_errors_details_is_an_ordinary_failure(bench: Bench) -> None:
    def create(request: Any, context: Any) -> None:
        context.set_trailing_metadata((("grpc-status-details-bin", b"\xff\xff garbage"),))
        fail(context, "broken")

    bench.provider.scripts["Create"] = create
    with pytest.raises(ResourceError, match="broken"):
        bench.up(program)

    assert bench.names() == ["project-dev"]


def test_a_failed_deletion_keeps_the_resource(bench: Bench) -> None:
    bench.up(program)
    bench.provider.scripts["Delete"] = raising(RuntimeError("in use"))
    with pytest.raises(ResourceError, match="in use"):
        bench.up(lambda: None)

    assert bench.names() == ["project-dev", "a"]
    assert bench.stack.snapshot().pending == []
