"""Pulumi's provider protocol for `kubernetes:*`, whatever kinds the cluster serves."""

import copy
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2, status_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.providers import refusals, values
from trackstack.providers.kubernetes import annotations, drift, names, paths, settings, shapes, tokens
from trackstack.providers.kubernetes.errors import NotServed
from trackstack.providers.kubernetes.objects import Objects, Wanted
from trackstack.providers.kubernetes.plan import plan
from trackstack.providers.kubernetes.settings import Settings
from trackstack.providers.kubernetes.state import State, hide
from trackstack.providers.kubernetes.waiting import NotReady
from trackstack.providers.resource import ResourceError
from trackstack.providers.servicer import VERSION
from trackstack.providers.values import Properties


class Kubernetes(ResourceProviderServicer):
    """One provider resource: it is configured once, and then serves the resources of one cluster."""

    def __init__(self) -> None:
        self._id = ""
        self._objects = Objects(Settings())

    @property
    def requests(self) -> int:
        """How many requests the cluster was sent."""
        return self._objects.cluster.requests

    # The provider itself.

    def GetPluginInfo(self, request: Empty, context: Any) -> plugin_pb2.PluginInfo:
        """The version, which is the toolkit's."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        """The inputs as they are, or what is not served here."""
        found = settings.failures(values.decode(request.news))
        failures = [pb.CheckFailure(property=each.property, reason=each.reason) for each in found]
        return pb.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        """Another cluster replaces everything; other ways into the same one, nothing."""
        olds, news = values.decode(request.olds), values.decode(request.news)
        changed = [key for key in sorted(olds.keys() | news.keys()) if olds.get(key) != news.get(key)]
        if not changed:
            return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
        replaces = [key for key in changed if key in _replacing(olds, news)]
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_SOME, diffs=changed, replaces=replaces)

    def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:
        """Nothing is asked of the cluster yet: who only looks at the state needs none."""
        self._id = request.id
        self._objects = Objects(Settings.parse(values.decode(request.args)))
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Empty, context: Any) -> Empty:
        """Wait for nothing any longer; what was applied stays, and is recorded."""
        self._objects.cancelled.set()
        return Empty()

    @refusals.told
    def Invoke(self, request: pb.InvokeRequest, context: Any) -> pb.InvokeResponse:
        """No functions: they render charts and files."""
        tokens.refuse_elsewhere(request.tok)
        raise ResourceError(f"{request.tok} is not served without the Pulumi CLI and its kubernetes plugin")

    # Its resources.

    @refusals.told
    def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        """The inputs with name and namespace; whether the rest is right, the server says in the preview."""
        sent, token = values.decode(request.news), tokens.of(request.urn)
        version, kind = tokens.parse(token)
        inputs = copy.deepcopy(values.reveal(sent))
        inputs.setdefault("apiVersion", version)
        inputs.setdefault("kind", kind)
        metadata = inputs.setdefault("metadata", {})
        if tokens.is_patch(token) and not (isinstance(metadata, dict) and metadata.get("name")):
            raise ResourceError("metadata.name: a patch needs the name of what it patches")
        if isinstance(metadata, dict):
            names.name(inputs, values.reveal(values.decode(request.olds)), request.urn, request.randomSeed)
            if not metadata.get("namespace") and self._objects.namespaced(shapes.to_wire(inputs)):
                metadata["namespace"] = self._objects.settings.default_namespace()
        return pb.CheckResponse(inputs=values.encode(hide(inputs, sent)))

    @refusals.told
    def Diff(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:
        """The changes that an update would really make: what the server defaulted or rewrote is none."""
        state = self._state(request.olds, request.old_inputs)
        return plan(self._objects, self._wanted(request, request.news, state), state)

    @refusals.told
    def Create(self, request: pb.CreateRequest, context: Any) -> pb.CreateResponse:
        """Make the object and wait until it is up; in a preview, have the server try."""
        wanted = self._wanted(request, request.properties)
        if request.preview:
            return pb.CreateResponse(properties=self._foretold(wanted, None, request.properties))
        try:
            live = self._objects.create(wanted)
        except NotReady as error:
            _partly(context, error, self._recorded(wanted, error.live, request.properties))
        return pb.CreateResponse(id=_id(live), properties=self._recorded(wanted, live, request.properties))

    @refusals.told
    def Update(self, request: pb.UpdateRequest, context: Any) -> pb.UpdateResponse:
        """Change the object and wait until it is up again; in a preview, have the server try."""
        state = self._state(request.olds, request.old_inputs)
        wanted = self._wanted(request, request.news, state)
        if request.preview:
            return pb.UpdateResponse(properties=self._foretold(wanted, state, request.news))
        try:
            live = self._objects.update(wanted, state)
        except NotReady as error:
            _partly(context, error, self._recorded(wanted, error.live, request.news, state))
        return pb.UpdateResponse(properties=self._recorded(wanted, live, request.news, state))

    @refusals.told
    def Read(self, request: pb.ReadRequest, context: Any) -> pb.ReadResponse:
        """The object as it is now, with its inputs; an empty id when it is gone."""
        state = self._state(request.properties, request.inputs)
        live = self._objects.read(self._sought(request, state))
        if live is None:
            return pb.ReadResponse()
        inputs = drift.since(state.inputs, state.live, live) if state.inputs else shapes.desired(live)
        sent = values.decode(request.inputs) or values.decode(request.properties)
        manager = state.manager or names.field_manager(self._id, request.urn)
        recorded = State(live, inputs, manager, state.version)
        return pb.ReadResponse(
            id=request.id,
            properties=values.encode(recorded.write(sent)),
            inputs=values.encode(hide(shapes.from_wire(inputs), sent)),
        )

    @refusals.told
    def Delete(self, request: pb.DeleteRequest, context: Any) -> Empty:
        """Delete the object, and return when it is gone."""
        state = self._state(request.properties, request.old_inputs)
        wanted = Wanted(
            inputs=state.inputs,
            manager=state.manager or names.field_manager(self._id, request.urn),
            seconds=request.timeout,
            patch=tokens.is_patch(tokens.of(request.urn)),
        )
        self._objects.delete(wanted, {**state.live, **self._sought(request, state)})
        return Empty()

    def _wanted(self, request: Any, news: Any, state: State | None = None) -> Wanted:
        inputs = shapes.to_wire(values.reveal(values.decode(news)))
        recorded = state.manager if state else ""
        given = annotations.value(inputs, annotations.FIELD_MANAGER)
        return Wanted(
            inputs=inputs,
            manager=given or recorded or names.field_manager(self._id, request.urn),
            seconds=getattr(request, "timeout", 0),
            patch=tokens.is_patch(tokens.of(request.urn)),
            ignored=tuple(map(paths.parse, getattr(request, "ignoreChanges", ()))),
        )

    def _state(self, outputs: Any, inputs: Any) -> State:
        """The recorded state; of one that was read only, its inputs are those of the request."""
        state = State.parse(values.decode(outputs))
        given = shapes.to_wire(values.reveal(values.decode(inputs)))
        return state if state.inputs else State(state.live, given, state.manager, state.version)

    def _foretold(self, wanted: Wanted, state: State | None, sent: Any) -> Any:
        """How the outputs will be; where nobody can say, the inputs."""
        if values.has_unknown(wanted.inputs) or (wanted.patch and state is None):
            return sent
        try:
            found = self._objects.tried(wanted, state)
        except NotServed:
            return sent
        if found is None:
            return sent
        if state is None:
            found.pop("status", None)
        return self._recorded(wanted, found, sent, state)

    def _recorded(self, wanted: Wanted, live: Any, sent: Any, state: State | None = None) -> Any:
        version = state.version if state and state.version else str(wanted.inputs.get("apiVersion"))
        return values.encode(State(live, wanted.inputs, wanted.manager, version).write(values.decode(sent)))

    def _sought(self, request: Any, state: State) -> shapes.Document:
        """What identifies the object: its id, and its kind from where it is known."""
        namespace, _, name = request.id.rpartition("/")
        version, kind = tokens.parse(tokens.of(request.urn))
        known = state.inputs or state.live
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        if state.live.get("metadata", {}).get("uid"):
            metadata["uid"] = state.live["metadata"]["uid"]
        return {
            "apiVersion": known.get("apiVersion", version),
            "kind": known.get("kind", kind),
            "metadata": metadata,
        }


class _Partial(grpc.Status):
    """The object exists, but is not what it should be: state and reason travel together."""

    def __init__(self, error: NotReady, properties: Any) -> None:
        detail = Packed()
        detail.Pack(
            pb.ErrorResourceInitFailed(id=_id(error.live), properties=properties, reasons=[str(error)])
        )
        status = status_pb2.Status(
            code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail]
        )
        self.code = grpc.StatusCode.UNKNOWN
        self.details = str(error)
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def _partly(context: Any, error: NotReady, properties: Any) -> NoReturn:
    context.abort_with_status(_Partial(error, properties))
    raise AssertionError("an aborted call does not go on")


def _replacing(olds: Properties, news: Properties) -> tuple[str, ...]:
    """The inputs of a provider by which its resources come to be in another cluster."""
    old, new = olds.get("clusterIdentifier"), news.get("clusterIdentifier")
    if old and new:
        return ("clusterIdentifier",) if old != new else ()
    ways = ("kubeconfig", "context", "cluster")
    if any(values.has_unknown(news.get(key)) for key in ways):
        return ways
    before, after = Settings.parse(olds).cluster_key(), Settings.parse(news).cluster_key()
    return ways if before and after and before != after else ()


def _id(live: shapes.Document) -> str:
    metadata = live["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]
