"""Calls back into the program (transforms, resource hooks), through the server that the SDK starts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc
from pulumi.runtime.proto import resource_pb2 as pb

from trackstack.engine.errors import EngineError, ResourceError
from trackstack.engine.events import Severity
from trackstack.engine.resource import Resource
from trackstack.engine.wire import to_struct

_LONGEST_MESSAGE = 400 * 1024 * 1024  # bytes: the SDK's own limit


class Callbacks:
    """Functions of the program, by the address and token that the SDK gave; one channel for each address.

    Where nobody answers, for the program waits itself (`Options.sequential`), every call fails.
    """

    def __init__(self, *, answered: bool = True) -> None:
        self._answered = answered
        self._lock = threading.Lock()
        self._channels: dict[str, grpc.Channel] = {}

    def call(self, callback: callback_pb2.Callback, request: Any) -> bytes:
        """The function's serialized answer. Raises EngineError with what the function raised."""
        if not self._answered:
            raise EngineError("the program has a hook or a transform: operate without `sequential`")
        with self._lock:
            if callback.target not in self._channels:
                limits = [(f"grpc.max_{way}_message_length", _LONGEST_MESSAGE) for way in ("send", "receive")]
                self._channels[callback.target] = grpc.insecure_channel(callback.target, options=limits)
            stub = callback_pb2_grpc.CallbacksStub(self._channels[callback.target])
        sent = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
        try:
            response: bytes = stub.Invoke(sent).response
        except grpc.RpcError as error:
            details = str(error.details()).removeprefix(f"Invoke callback {callback.token} error: ")
            raise EngineError(details.partition(":\n")[0]) from None
        return response

    def close(self) -> None:
        """Let go of the channels."""
        for channel in self._channels.values():
            channel.close()


@dataclass(frozen=True, slots=True)
class Hook:
    """A registered hook."""

    callback: callback_pb2.Callback
    on_dry_run: bool
    ignore_errors: bool


class Hooks:
    """The resource hooks that the program registered, by name."""

    def __init__(
        self, callbacks: Callbacks, *, preview: bool, say: Callable[[Severity, str, str], None]
    ) -> None:
        self._callbacks = callbacks
        self._preview = preview
        self._say = say
        self._hooks: dict[str, Hook] = {}
        self.errors: list[ResourceError] = []

    def register(self, request: pb.RegisterResourceHookRequest) -> None:
        """Remember a hook. Raises EngineError when its name is taken."""
        if request.name in self._hooks:
            raise EngineError(f"a resource hook is already registered as {request.name!r}")
        self._hooks[request.name] = Hook(request.callback, request.on_dry_run, request.ignore_errors)

    def before(self, what: str, old: Resource | None, new: Resource | None) -> None:
        """Run `Before<What>` hooks. Raises ResourceError when one fails: the step is not begun."""
        self._run(f"Before{what}", old, new)

    def after(self, what: str, old: Resource | None, new: Resource | None) -> None:
        """Run `After<What>` hooks. A failure is kept in `errors`: the step itself has succeeded."""
        try:
            self._run(f"After{what}", old, new)
        except ResourceError as error:
            self._say("error", str(error), error.urn)
            self.errors.append(error)

    def _run(self, kind: str, old: Resource | None, new: Resource | None) -> None:
        resource = new or old
        if resource is None or not resource.resource_hooks:
            return
        for name in resource.resource_hooks.get(kind, ()):
            hook = self._hooks.get(name)
            if hook is None:
                raise ResourceError(
                    resource.urn, f"resource hook {name!r} of {resource.urn} is not registered"
                )
            if self._preview and not hook.on_dry_run:
                continue
            message = self._invoke(hook, resource, old, new)
            if message and not hook.ignore_errors:
                raise ResourceError(resource.urn, f"{kind} hook {name!r} of {resource.urn} failed: {message}")
            if message:
                self._say("warning", f"{kind} hook {name!r} failed: {message}", resource.urn)

    def _invoke(self, hook: Hook, resource: Resource, old: Resource | None, new: Resource | None) -> str:
        request = pb.ResourceHookRequest(
            urn=resource.urn, id=resource.id, name=resource.name, type=resource.type
        )
        if new is not None:
            request.new_inputs.CopyFrom(to_struct(new.inputs))
            request.new_outputs.CopyFrom(to_struct(new.outputs))
        if old is not None:
            request.old_inputs.CopyFrom(to_struct(old.inputs))
            request.old_outputs.CopyFrom(to_struct(old.outputs))
        try:
            return pb.ResourceHookResponse.FromString(self._callbacks.call(hook.callback, request)).error
        except EngineError as error:
            return str(error)
