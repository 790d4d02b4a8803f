"""A resource provider for tests: keeps its world in memory, logs every call, and answers as a script says.

Spoken at protocol level, so the same object works in process, served over gRPC to the Pulumi CLI (`serve`),
or in a process of its own. Unscripted, it is a well-behaved cloud: a change of the property `kind` replaces,
of `slot` replaces deleting first, of anything else updates.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
Properties = dict[str, Any]


def plain(struct: struct_pb2.Struct) -> Properties:
    """A message's fields as JSON has them; integral numbers are ints."""
    return {key: _ints(value) for key, value in json_format.MessageToDict(struct).items()}


def message(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The opposite of `plain`."""
    return json_format.ParseDict(dict(properties), struct_pb2.Struct())


def _ints(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _ints(item) for key, item in value.items()}
    return [_ints(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded; what a method does not have is empty."""

    method: str
    urn: str = ""
    id: str = ""
    olds: Properties | None = None
    old_inputs: Properties | None = None
    news: Properties | None = None
    ignored: tuple[str, ...] = ()
    preview: bool = False
    timeout: float = 0
    context: Any = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The resource's name, or the function's token."""
        return self.urn.split("::", 3)[-1]

    def fail(self, text: str) -> NoReturn:
        """End this call with an error."""
        self.context.abort(grpc.StatusCode.UNKNOWN, text)
        raise AssertionError("abort returned")


Answer = Callable[["ScriptedProvider", Call], Any]
Script = Mapping[str, Answer]
"""Answers by method (`"create"`) or by method and resource name (`"create:db"`), the latter first."""


class ScriptedProvider(ResourceProviderServicer):
    """`world` is what exists, by id; `calls` what was asked, in order; `script` may change at any time."""

    def __init__(self, script: Script | None = None, *, accept_secrets: bool = True) -> None:
        self.script: Script = script or {}
        self.world: dict[str, Properties] = {}
        self.calls: list[Call] = []
        self.accept_secrets = accept_secrets
        self._made: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Any:
        """Log the call and answer it: by script, else as a well-behaved cloud would."""
        with self._lock:
            self.calls.append(call)
        scripted = self.script.get(f"{call.method}:{call.name}") or self.script.get(call.method)
        return scripted(self, call) if scripted else self.default(call)

    def default(self, call: Call) -> Any:
        """The well-behaved answer."""
        return getattr(self, f"_{call.method}")(call)

    # What a well-behaved cloud does.

    def _check(self, call: Call) -> Any:
        return pb.CheckResponse(inputs=message(call.news or {}))

    def _diff(self, call: Call) -> Any:
        changed = changed_keys(call)
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key in ("kind", "slot")],
            deleteBeforeReplace="slot" in changed,
        )

    def _create(self, call: Call) -> Any:
        if call.preview:
            return pb.CreateResponse(properties=message({**(call.news or {}), "address": UNKNOWN}))
        with self._lock:
            self._made[call.name] += 1
            id_ = f"{call.name}-{self._made[call.name]}"
            self.world[id_] = {**(call.news or {}), "address": f"{id_}.test"}
        return pb.CreateResponse(id=id_, properties=message(self.world[id_]))

    def _update(self, call: Call) -> Any:
        outputs = {**(call.news or {}), "address": f"{call.id}.test"}
        if not call.preview:
            with self._lock:
                self.world[call.id] = outputs
        return pb.UpdateResponse(properties=message(outputs))

    def _read(self, call: Call) -> Any:
        if call.id not in self.world:
            return pb.ReadResponse()
        outputs = self.world[call.id]
        inputs = {key: value for key, value in outputs.items() if key != "address"}
        return pb.ReadResponse(id=call.id, properties=message(outputs), inputs=message(inputs))

    def _delete(self, call: Call) -> Any:
        with self._lock:
            self.world.pop(call.id, None)
        return empty_pb2.Empty()

    def _invoke(self, call: Call) -> Any:
        response = pb.InvokeResponse()
        getattr(response, "return").CopyFrom(message(call.news or {}))
        return response

    def _check_config(self, call: Call) -> Any:
        return pb.CheckResponse(inputs=message(call.news or {}))

    def _diff_config(self, call: Call) -> Any:
        changed = changed_keys(call)
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key == "region"],
        )

    def _configure(self, call: Call) -> Any:
        return pb.ConfigureResponse(
            acceptSecrets=self.accept_secrets, supportsPreview=True, acceptResources=True
        )

    # The protocol.

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return self.answer(_check("check_config", request, context))

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return self.answer(_diff("diff_config", request, context))

    def Configure(self, request: Any, context: Any) -> Any:
        return self.answer(Call("configure", news=plain(request.args), context=context))

    def Check(self, request: Any, context: Any) -> Any:
        return self.answer(_check("check", request, context))

    def Diff(self, request: Any, context: Any) -> Any:
        return self.answer(_diff("diff", request, context))

    def Create(self, request: Any, context: Any) -> Any:
        return self.answer(
            Call(
                "create",
                request.urn,
                news=plain(request.properties),
                preview=request.preview,
                timeout=request.timeout,
                context=context,
            )
        )

    def Update(self, request: Any, context: Any) -> Any:
        return self.answer(
            Call(
                "update",
                request.urn,
                request.id,
                plain(request.olds),
                plain(request.old_inputs),
                plain(request.news),
                tuple(request.ignoreChanges),
                request.preview,
                request.timeout,
                context,
            )
        )

    def Read(self, request: Any, context: Any) -> Any:
        olds, inputs = plain(request.properties), plain(request.inputs)
        return self.answer(Call("read", request.urn, request.id, olds, inputs, context=context))

    def Delete(self, request: Any, context: Any) -> Any:
        olds, inputs = plain(request.properties), plain(request.old_inputs)
        return self.answer(
            Call("delete", request.urn, request.id, olds, inputs, timeout=request.timeout, context=context)
        )

    def Invoke(self, request: Any, context: Any) -> Any:
        return self.answer(Call("invoke", request.tok, news=plain(request.args), context=context))


def _check(method: str, request: Any, context: Any) -> Call:
    olds = plain(request.olds) if request.HasField("olds") else None
    return Call(method, request.urn, old_inputs=olds, news=plain(request.news), context=context)


def _diff(method: str, request: Any, context: Any) -> Call:
    olds, inputs, news = plain(request.olds), plain(request.old_inputs), plain(request.news)
    ignored = tuple(request.ignoreChanges)
    return Call(method, request.urn, request.id, olds, inputs, news, ignored, context=context)


def changed_keys(call: Call) -> list[str]:
    """Top-level inputs that differ, sorted."""
    olds, news = call.old_inputs or {}, call.news or {}
    return sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))


@contextmanager
def serve(provider: ResourceProviderServicer) -> Iterator[int]:
    """The provider on a loopback port, for whoever attaches to it."""
    limits = [(f"grpc.max_{way}_message_length", 400 * 1024 * 1024) for way in ("send", "receive")]
    server = grpc.server(ThreadPoolExecutor(8), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()
