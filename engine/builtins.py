"""The built-in provider `pulumi`: references to other stacks, and stashed values (deploy/builtins.go)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.engine import urn as urns
from trackstack.engine.checkpoint import open_secrets
from trackstack.engine.errors import EngineError, PassphraseError, StateError
from trackstack.engine.secrets import provider_state
from trackstack.engine.values import has_secret, unwrap
from trackstack.engine.wire import from_struct, to_struct

if TYPE_CHECKING:
    from trackstack.engine.backend import Backend
    from trackstack.engine.secrets import SecretsManager

STACK_REFERENCE = "pulumi:pulumi:StackReference"
STASH = "pulumi:index:Stash"


class Builtins(Mapping[str, Callable[[], Any]]):
    """The packages that the engine itself serves."""

    def __init__(self, backend: Backend, project: str, secrets: SecretsManager) -> None:
        self._make = {"pulumi": lambda: PulumiProvider(backend, project, secrets)}

    def __getitem__(self, package: str) -> Callable[[], Any]:
        return self._make[package]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)


class PulumiProvider:
    """The provider at protocol level; the methods have the service's names."""

    def __init__(self, backend: Backend, project: str, secrets: SecretsManager) -> None:
        self._backend = backend
        self._project = project
        self._secrets = secrets

    def CheckConfig(self, request: Any, context: Any) -> pb.CheckResponse:
        """It has no configuration."""
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> pb.DiffResponse:
        """Nor differences of it."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> pb.ConfigureResponse:
        """It takes everything as it is."""
        return pb.ConfigureResponse(acceptSecrets=True, acceptResources=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> pb.CheckResponse:
        """One property, `name` or `input`."""
        wanted = {STACK_REFERENCE: "name", STASH: "input"}.get(urns.type_of(request.urn))
        if wanted is None:
            raise NotImplementedError(f"unknown type {urns.type_of(request.urn)}")
        failures = [
            pb.CheckFailure(property=k, reason="unknown property") for k in request.news.fields if k != wanted
        ]
        if wanted not in request.news.fields:
            failures.append(pb.CheckFailure(property=wanted, reason="missing required property"))
        return pb.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: Any, context: Any) -> pb.DiffResponse:
        """Another name is another reference; another input is an update."""
        key = "name" if urns.type_of(request.urn) == STACK_REFERENCE else "input"
        if request.news.fields[key] == request.old_inputs.fields[key]:
            return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
        replaces = [key] if key == "name" else []
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_SOME, diffs=[key], replaces=replaces)

    def Create(self, request: Any, context: Any) -> pb.CreateResponse:
        """Read the other stack, or keep the value."""
        inputs = from_struct(request.properties)
        if urns.type_of(request.urn) == STACK_REFERENCE:
            outputs = self._outputs(inputs, context)
        else:
            outputs = {"input": inputs.get("input"), "output": inputs.get("input")}
        return pb.CreateResponse(
            id="" if request.preview else str(uuid.uuid4()), properties=to_struct(outputs)
        )

    def Update(self, request: Any, context: Any) -> pb.UpdateResponse:
        """A stash keeps the output that it was made with."""
        outputs = {
            "input": from_struct(request.news).get("input"),
            "output": from_struct(request.olds).get("output"),
        }
        return pb.UpdateResponse(properties=to_struct(outputs))

    def Delete(self, request: Any, context: Any) -> Empty:
        """Nothing is out there."""
        return Empty()

    def Read(self, request: Any, context: Any) -> pb.ReadResponse:
        """The other stack's outputs now."""
        inputs = from_struct(request.inputs)
        if urns.type_of(request.urn) == STASH:
            return pb.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        if "name" not in inputs:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a stack reference cannot be imported")
        return pb.ReadResponse(
            id=request.id, properties=to_struct(self._outputs(inputs, context)), inputs=request.inputs
        )

    def Invoke(self, request: Any, context: Any) -> pb.InvokeResponse:
        """`readStackOutputs` by name."""
        if request.tok != "pulumi:pulumi:readStackOutputs":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"unknown function {request.tok}")
        outputs = self._outputs(from_struct(request.args), context)
        response = pb.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(outputs))
        return response

    def Cancel(self, request: Any, context: Any) -> Empty:
        """Nothing runs long."""
        return Empty()

    def _outputs(self, inputs: dict[str, Any], context: Any) -> dict[str, Any]:
        name = str(unwrap(inputs.get("name", "")))
        project, stack = self._named(name)
        try:
            snapshot = self._backend.store(project, stack).load()
            try:
                open_secrets(snapshot, self._secrets.bind(provider_state(snapshot.secrets_provider)))
            except (PassphraseError, StateError):
                outputs = {key: value for key, value in snapshot.outputs.items() if not has_secret(value)}
            else:
                outputs = snapshot.outputs
        except EngineError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, f"stack reference '{name}': {error}")
        secret_names = sorted(key for key, value in outputs.items() if has_secret(value))
        return {"name": inputs.get("name"), "outputs": outputs, "secretOutputNames": secret_names}

    def _named(self, name: str) -> tuple[str, str]:
        """`stack`, `project/stack` or `organization/project/stack`."""
        parts = name.split("/")
        return (self._project, parts[0]) if len(parts) == 1 else (parts[-2], parts[-1])
