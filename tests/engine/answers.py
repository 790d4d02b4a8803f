"""Answers with which a scenario scripts the provider."""

from __future__ import annotations

from typing import Any

from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2
from tests.engine.scripted import Answer, Call, ScriptedProvider, message, plain


def fails(text: str) -> Answer:
    """The call ends with an error, nothing done."""
    return lambda provider, call: call.fail(text)


def half_done(*reasons: str, **properties: Any) -> Answer:
    """The call did its work, but the resource did not come up: a partial failure."""

    def answer(provider: ScriptedProvider, call: Call) -> Any:
        done = provider.default(call)
        detail = pb.ErrorResourceInitFailed(id=getattr(done, "id", "") or call.id, reasons=reasons)
        detail.properties.CopyFrom(message({**plain(done.properties), **properties}))
        detail.inputs.CopyFrom(message(call.news if call.news is not None else call.old_inputs or {}))
        packed = any_pb2.Any()
        packed.Pack(detail)
        status = status_pb2.Status(code=2, message="the resource did not come up", details=[packed])
        call.context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        call.fail(status.message)

    return answer


def compares(
    *changed: str, replaces: tuple[str, ...] = (), delete_first: bool = False, stables: tuple[str, ...] = ()
) -> Answer:
    """Diff says these properties changed and, of them, which replace; none: nothing changed."""
    response = pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
        diffs=changed,
        replaces=replaces,
        deleteBeforeReplace=delete_first,
        stables=stables,
    )
    return lambda provider, call: response


def cannot_compare(provider: ScriptedProvider, call: Call) -> Any:
    """Diff says it does not know."""
    return pb.DiffResponse(changes=pb.DiffResponse.DIFF_UNKNOWN)


def refuses(**reasons: str) -> Answer:
    """Check finds these properties wrong."""
    failures = [pb.CheckFailure(property=key, reason=reason) for key, reason in reasons.items()]
    return lambda provider, call: pb.CheckResponse(inputs=message(call.news or {}), failures=failures)


def checks_to(**inputs: Any) -> Answer:
    """Check adds these inputs, as providers do with defaults."""
    return lambda provider, call: pb.CheckResponse(inputs=message({**inputs, **(call.news or {})}))


def missing(provider: ScriptedProvider, call: Call) -> Any:
    """Read finds nothing, and indeed the resource is gone."""
    provider.world.pop(call.id, None)
    return pb.ReadResponse()


def drifted(**properties: Any) -> Answer:
    """Read finds these properties changed by somebody else."""

    def answer(provider: ScriptedProvider, call: Call) -> Any:
        if call.id in provider.world:
            provider.world[call.id] = {**provider.world[call.id], **properties}
        return provider.default(call)

    return answer
