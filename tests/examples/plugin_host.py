"""The component host as an engine runs it: a process of its own, and the engine's services over gRPC."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc, resource_pb2_grpc

ROOT = Path(__file__).parents[2]
PLUGIN = yaml.safe_load((ROOT / "PulumiPlugin.yaml").read_text())


class _Relay:
    """A service's methods, answered by the running engine's object."""

    def __init__(self, to: Any) -> None:
        self._to = to

    def __getattr__(self, name: str) -> Any:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            return getattr(self._to, name)(request) or Empty()

        return answer


@contextmanager
def engine() -> Iterator[str]:
    """The address of the engine and the monitor of the program that runs."""
    server = grpc.server(ThreadPoolExecutor(32))
    monitor: Any = _Relay(settings.get_monitor())
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    told: Any = _Relay(settings.get_engine())
    engine_pb2_grpc.add_EngineServicer_to_server(told, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(1).wait()


@contextmanager
def host(folder: Path, engine: str = "127.0.0.1:1") -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """The plugin that PulumiPlugin.yaml names, started in a program's folder."""
    line = [sys.executable, str(ROOT / PLUGIN["main"]), engine]
    process = subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        process.terminate()
        process.communicate()
