"""A provider's resources called over gRPC, with plain Python for properties."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from trackstack.providers.values import decode, encode, reveal

Props = Mapping[str, Any]


@dataclass
class Made:
    """A resource as the engine would keep it."""

    kind: str
    id: str
    inputs: dict[str, Any]
    wire: dict[str, Any]
    outputs: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.outputs = reveal(self.wire)


class Refused(Exception):
    """The provider's error text."""


class Remote:
    """What an engine does with one resource after another."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
        self.stub = stub

    def check(self, kind: str, inputs: Props) -> tuple[dict[str, Any], dict[str, str]]:
        """Checked inputs, and failures by property."""
        answer = self.call("Check", pb.CheckRequest(urn=urn(kind), news=encode(inputs)))
        return decode(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def create(self, kind: str, inputs: Props) -> Made:
        """Check, then create."""
        checked, failures = self.check(kind, inputs)
        assert not failures
        answer = self.call("Create", pb.CreateRequest(urn=urn(kind), properties=encode(checked)))
        return Made(kind, answer.id, checked, decode(answer.properties))

    def foretell(self, kind: str, inputs: Props) -> dict[str, Any]:
        """The outputs in a preview of a creation."""
        request = pb.CreateRequest(urn=urn(kind), properties=encode(inputs), preview=True)
        return decode(self.call("Create", request).properties)

    def diff(self, made: Made, inputs: Props | None = None) -> pb.DiffResponse:
        """The diff to new inputs, or to those it has."""
        news = self.check(made.kind, inputs)[0] if inputs else made.inputs
        request = pb.DiffRequest(id=made.id, urn=urn(made.kind), olds=encode(made.wire), news=encode(news))
        answer = self.call("Diff", request)
        assert isinstance(answer, pb.DiffResponse)
        return answer

    def update(self, made: Made, inputs: Props | None = None) -> Made:
        """Change it to new inputs, or mend it with those it has."""
        news = self.check(made.kind, inputs)[0] if inputs else made.inputs
        request = pb.UpdateRequest(id=made.id, urn=urn(made.kind), olds=encode(made.wire), news=encode(news))
        return Made(made.kind, made.id, news, decode(self.call("Update", request).properties))

    def read(self, made: Made) -> Made | None:
        """It as it is now; None when it is gone."""
        request = pb.ReadRequest(
            id=made.id, urn=urn(made.kind), properties=encode(made.wire), inputs=encode(made.inputs)
        )
        answer = self.call("Read", request)
        return (
            Made(made.kind, answer.id, decode(answer.inputs), decode(answer.properties))
            if answer.id
            else None
        )

    def delete(self, made: Made) -> None:
        """Delete it."""
        self.call("Delete", pb.DeleteRequest(id=made.id, urn=urn(made.kind), properties=encode(made.wire)))

    def call(self, method: str, request: Any) -> Any:
        """One call; Refused carries the provider's text."""
        try:
            return getattr(self.stub, method)(request, timeout=30)
        except grpc.RpcError as error:
            raise Refused(error.details()) from error


def urn(kind: str) -> str:
    """A URN of that type, below a component."""
    return f"urn:pulumi:demo::trackstack::trackstack:index:TrackingInstance${kind}::demo-part"
