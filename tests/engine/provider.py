"""A scriptable provider at protocol level, with a world of its own that tests can look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2, status_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.engine.values import SECRET, SIG, UNKNOWN, equal
from trackstack.engine.wire import from_struct, to_struct

Properties = dict[str, Any]


def bare(value: Any) -> Any:
    """The value without secret wrappers."""
    if isinstance(value, dict):
        return bare(value["value"]) if value.get(SIG) == SECRET else {k: bare(v) for k, v in value.items()}
    return [bare(v) for v in value] if isinstance(value, list) else value


def fail(context: Any, message: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> NoReturn:
    """End a call with an error."""
    context.abort(code, message)
    raise AssertionError("abort returned")


def fail_init(context: Any, id_: str, properties: Properties, reasons: Sequence[str]) -> NoReturn:
    """End a call with a partial failure: the resource exists but did not come up."""
    detail = any_pb2.Any()
    detail.Pack(pb.ErrorResourceInitFailed(id=id_, properties=to_struct(properties), reasons=reasons))
    status = status_pb2.Status(code=2, message="resource init failed", details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    fail(context, "resource init failed")


@dataclass
class World:
    """What exists outside: properties by id; shared by providers that manage the same world."""

    objects: dict[str, Properties] = field(default_factory=dict)
    made: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Call:
    """One call that the engine made."""

    method: str
    urn: str
    request: Any

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.split("::")[-1]


Script = Callable[[Any, Any], Any]


class ScriptedProvider(ResourceProviderServicer):
    """Manages objects in `world`; an object's id is `<name>-<number>`, its outputs are its inputs and `size`.

    A change of a key in `replaces` replaces (delete first if `delete_first`). `scripts` take the place of a
    method: what they return is the answer, None means to go on as usual. `calls` remembers every call.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        replaces: Sequence[str] = ("kind",),
        delete_first: bool = False,
        accept_secrets: bool = True,
        supports_preview: bool = True,
    ) -> None:
        self.world = world or World()
        self.replaces = replaces
        self.delete_first = delete_first
        self.accept_secrets = accept_secrets
        self.supports_preview = supports_preview
        self.scripts: dict[str, Script] = {}
        self.calls: list[Call] = []
        self.configured: list[Properties] = []

    def names(self, method: str) -> list[str]:
        """The resources for which a method was called, in order."""
        return [call.name for call in self.calls if call.method == method]

    def find(self, name: str) -> list[Properties]:
        """The objects made for resources of that name."""
        return [value for key, value in self.world.objects.items() if key.rpartition("-")[0] == name]

    def _scripted(self, method: str, request: Any, context: Any) -> Any:
        self.calls.append(Call(method, getattr(request, "urn", ""), request))
        script = self.scripts.get(method)
        return script(request, context) if script else None

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return self._scripted("CheckConfig", request, context) or pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        answer = self._scripted("DiffConfig", request, context)
        return answer or pb.DiffResponse(changes=pb.DiffResponse.DIFF_UNKNOWN)

    def Configure(self, request: Any, context: Any) -> Any:
        answer = self._scripted("Configure", request, context)
        self.configured.append(from_struct(request.args))
        return answer or pb.ConfigureResponse(
            acceptSecrets=self.accept_secrets, supportsPreview=self.supports_preview, acceptResources=True
        )

    def Check(self, request: Any, context: Any) -> Any:
        return self._scripted("Check", request, context) or pb.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        answer = self._scripted("Diff", request, context)
        if answer:
            return answer
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        keys = sorted(k for k in {**old, **new} if not equal(old.get(k), new.get(k)))
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if keys else pb.DiffResponse.DIFF_NONE,
            diffs=keys,
            replaces=[key for key in keys if key in self.replaces],
            deleteBeforeReplace=self.delete_first,
        )

    def outputs(self, inputs: Properties, *, preview: bool) -> Properties:
        """What an object with these inputs answers."""
        return {**inputs, "size": UNKNOWN if preview else len(inputs)}

    def Create(self, request: Any, context: Any) -> Any:
        answer = self._scripted("Create", request, context)
        if answer:
            return answer
        inputs = from_struct(request.properties)
        if request.preview:
            return pb.CreateResponse(properties=to_struct(self.outputs(inputs, preview=True)))
        with self.world.lock:
            self.world.made += 1
            id_ = f"{request.urn.split('::')[-1]}-{self.world.made}"
            self.world.objects[id_] = bare(inputs)
        return pb.CreateResponse(id=id_, properties=to_struct(self.outputs(inputs, preview=False)))

    def Update(self, request: Any, context: Any) -> Any:
        answer = self._scripted("Update", request, context)
        if answer:
            return answer
        inputs = from_struct(request.news)
        if not request.preview:
            self.world.objects[request.id] = bare(inputs)
        return pb.UpdateResponse(properties=to_struct(self.outputs(inputs, preview=request.preview)))

    def Delete(self, request: Any, context: Any) -> Any:
        answer = self._scripted("Delete", request, context)
        if answer:
            return answer
        self.world.objects.pop(request.id, None)
        return empty_pb2.Empty()

    def Read(self, request: Any, context: Any) -> Any:
        answer = self._scripted("Read", request, context)
        if answer:
            return answer
        found = self.world.objects.get(request.id)
        if found is None:
            return pb.ReadResponse()
        outputs = self.outputs(found, preview=False)
        return pb.ReadResponse(id=request.id, properties=to_struct(outputs), inputs=to_struct(found))

    def Invoke(self, request: Any, context: Any) -> Any:
        answer = self._scripted("Invoke", request, context)
        return answer or pb.InvokeResponse(**{"return": request.args})

    def Cancel(self, request: Any, context: Any) -> Any:
        return self._scripted("Cancel", request, context) or empty_pb2.Empty()
