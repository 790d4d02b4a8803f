"""In-process providers on a loopback port, for the Pulumi CLI to attach to."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2, provider_pb2_grpc

_LIMITS = [(f"grpc.max_{way}_message_length", 400 * 1024 * 1024) for way in ("send", "receive")]
_SERVER_THREADS = 32  # calls of one provider at the same time


@contextmanager
def served(given: Any) -> Iterator[int]:
    """An in-process provider on a loopback port."""
    servicer = given() if inspect.isclass(given) or inspect.isroutine(given) else given
    pool = ThreadPoolExecutor(_SERVER_THREADS, thread_name_prefix="provider")
    server = grpc.server(pool, options=_LIMITS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        cast(ResourceProviderServicer, _Attachable(servicer)), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()
        pool.shutdown()


class _Attachable:
    """The provider, with an `Attach` that has nothing to do: it is in this process, and so is its log."""

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._servicer, name)

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                return method(request, context)
            except NotImplementedError:  # is no accident to be logged: much of the protocol is optional
                if name == "GetPluginInfo":  # but for this, without which the CLI takes no provider
                    context.set_code(grpc.StatusCode.OK)
                    return plugin_pb2.PluginInfo()
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the provider has no {name}")

        return answer

    def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


def debug_providers(attached: Mapping[str, int]) -> str:
    """PULUMI_DEBUG_PROVIDERS with these ports by package, before those that are set already."""
    ours = [f"{package}:{port}" for package, port in attached.items()]
    ambient = os.environ.get("PULUMI_DEBUG_PROVIDERS", "")
    return ",".join([*ours, *([ambient] if ambient else [])])
