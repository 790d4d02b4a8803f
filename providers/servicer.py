"""Pulumi's provider protocol over typed resources: the same object serves in process and over gRPC."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.providers import refusals, values
from trackstack.providers.checks import check, dump, parse
from trackstack.providers.plan import compare, foretell
from trackstack.providers.resource import Failure, Resource, ResourceError
from trackstack.providers.schema import schema

VERSION = version("trackstack")


class Servicer(ResourceProviderServicer):
    """A provider of `package`: the resources it was given, and nothing else (no functions, no components)."""

    def __init__(self, package: str, description: str, resources: Iterable[Resource[Any, Any]]) -> None:
        self.package = package
        self.description = description
        self.resources = {resource.kind: resource for resource in resources}

    # The provider itself.

    def GetPluginInfo(self, request: Empty, context: Any) -> plugin_pb2.PluginInfo:
        """The version, which is the toolkit's."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def Handshake(self, request: pb.ProviderHandshakeRequest, context: Any) -> pb.ProviderHandshakeResponse:
        """Secrets are taken as such; everything else is asked for bare."""
        return pb.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> Empty:
        """Nothing is sent back to the engine, so its address is not kept."""
        return Empty()

    def GetSchema(self, request: pb.GetSchemaRequest, context: Any) -> pb.GetSchemaResponse:
        """The package's schema, from the same declarations that check the inputs."""
        if request.version:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, f"schema version {request.version} is not known, only 0"
            )
        return pb.GetSchemaResponse(
            schema=schema(self.package, self.description, VERSION, self.resources.values())
        )

    def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        """No configuration but the version is kept: a project called as the package has its own keys here."""
        known = {key: value for key, value in values.decode(request.news).items() if key == "version"}
        return pb.CheckResponse(inputs=values.encode(known))

    def DiffConfig(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        """No configuration, no difference: another version never replaces resources."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:
        """Secrets are taken as such, and previews are answered."""
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Empty, context: Any) -> Empty:
        """Every call ends by itself, the longest after the server's start timeout."""
        return Empty()

    # Its resources.

    @refusals.told
    def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        """Inputs with their defaults, or the failures, each with its property."""
        inputs, failures = check(self._resource(request.urn, context), values.decode(request.news))
        return pb.CheckResponse(inputs=values.encode(inputs), failures=map(_failure, failures))

    @refusals.told
    def Diff(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        """Inputs that differ from what is in force, and outputs that are not as they should be."""
        resource = self._resource(request.urn, context)
        state = _parsed(resource, values.decode(request.olds))
        return compare(resource, state, values.decode(request.news), frozenset(request.ignoreChanges))

    @refusals.told
    def Create(self, request: pb.CreateRequest, context: Any) -> pb.CreateResponse:
        """Make the resource; in a preview, tell what is known of it."""
        resource, sent = self._resource(request.urn, context), values.decode(request.properties)
        if request.preview:
            return pb.CreateResponse(properties=values.encode(foretell(resource, None, sent)))
        id, state = resource.create(_name(request.urn), resource.inputs.model_validate(values.reveal(sent)))
        return pb.CreateResponse(id=id, properties=_outputs(resource, state, sent))

    @refusals.told
    def Read(self, request: pb.ReadRequest, context: Any) -> pb.ReadResponse:
        """The resource as it is now; an empty id when it is gone."""
        resource, sent = self._resource(request.urn, context), values.decode(request.properties)
        if not sent:
            raise ResourceError(
                f"{resource.kind} {request.id!r} cannot be imported; declare it, and it is adopted"
            )
        state = resource.read(request.id, _parsed(resource, sent))
        if state is None:
            return pb.ReadResponse()
        inputs = values.decode(request.inputs)
        now = dump(state)
        found = {
            key: now.get(key) if values.reveal(old) != now.get(key) else old for key, old in inputs.items()
        }
        return pb.ReadResponse(
            id=request.id,
            properties=_outputs(resource, state, sent),
            inputs=values.encode(values.keep_secrets(found, inputs)),
        )

    @refusals.told
    def Update(self, request: pb.UpdateRequest, context: Any) -> pb.UpdateResponse:
        """Change the resource in place; in a preview, tell what is known of it then."""
        resource, sent = self._resource(request.urn, context), values.decode(request.news)
        old = _parsed(resource, values.decode(request.olds))
        if request.preview:
            return pb.UpdateResponse(properties=values.encode(foretell(resource, old, sent)))
        state = resource.update(request.id, old, resource.inputs.model_validate(values.reveal(sent)))
        return pb.UpdateResponse(properties=_outputs(resource, state, sent))

    @refusals.told
    def Delete(self, request: pb.DeleteRequest, context: Any) -> Empty:
        """Remove the resource, if it is there."""
        resource = self._resource(request.urn, context)
        resource.delete(request.id, _parsed(resource, values.decode(request.properties)))
        return Empty()

    def _resource(self, urn: str, context: Any) -> Resource[Any, Any]:
        kind = urn.split("::")[2].rpartition("$")[2]
        if kind not in self.resources:
            context.abort(
                grpc.StatusCode.NOT_FOUND, f"{kind} is not a resource of the {self.package} provider"
            )
        return self.resources[kind]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _parsed(resource: Resource[Any, Any], sent: values.Properties) -> Any:
    try:
        return parse(resource.state, sent)
    except ValueError as error:
        raise ResourceError(f"the recorded state of {resource.kind} cannot be used: {error}") from None


def _outputs(resource: Resource[Any, Any], state: Any, sent: values.Properties) -> Any:
    return values.encode(values.keep_secrets(_mark(resource, dump(state)), sent))


def _mark(resource: Resource[Any, Any], outputs: values.Properties) -> values.Properties:
    """The outputs declared secret, marked so."""
    secrets = {
        f.alias for f in resource.state.model_fields.values() if (f.json_schema_extra or {}).get("secret")
    }
    return {key: values.secret(value) if key in secrets else value for key, value in outputs.items()}


def _failure(failure: Failure) -> pb.CheckFailure:
    return pb.CheckFailure(property=failure.property, reason=failure.reason)
