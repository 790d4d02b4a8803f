"""Provider plugins: processes of their own that speak the provider protocol over gRPC.

A plugin is given the address of an engine service for its log, prints the port it serves on as its first
line, and is ended with its whole process group when the operation is over. One that dies in the middle of a
call fails that call with its exit code and the last it said.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2_grpc

from trackstack.engine.errors import EngineError
from trackstack.engine.plugin_search import Attached, Executable, find_plugin
from trackstack.engine.servicer import Aborted

_LARGEST_MESSAGE = 400 * 1024 * 1024  # bytes; rpcutil.GrpcChannelOptions of the CLI
_OPTIONS = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ("grpc.enable_http_proxy", 0),  # a plugin is on this host, whatever HTTP_PROXY says
)
_START_SECONDS = 60  # until the port is printed, and until it answers; large Go plugins need several
_STOP_SECONDS = 3
_LAST_WORDS_SECONDS = 0.3
_WORDS = 20  # lines of what the plugin said that are kept for an error


def open_plugin(package: str, version: str, download_url: str, root: Path) -> Plugin:
    """Find and start (or attach to) the plugin of a package for the project at `root`.

    Raises UnsupportedError when it is not on this machine, ConfigError for a wrong setting, EngineError when
    it does not start.
    """
    found = find_plugin(package, version, root)
    return Plugin(package, found, root)


class Plugin:
    """A running provider; `call` has the signature that the engine calls every provider with."""

    def __init__(self, package: str, found: Attached | Executable, root: Path) -> None:
        self._package = package
        self._engine = _EngineService()
        self._process: _Process | None = None
        try:
            if isinstance(found, Executable):
                self._process = _Process(package, [*found.command, self._engine.address], root)
                port = self._process.port()
            else:
                port = found.port
            self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", _OPTIONS)
            self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
            self._wait_until_ready(port)
            if isinstance(found, Attached):
                self.call("Attach", plugin_pb2.PluginAttach(address=self._engine.address))
        except BaseException:
            self.close()
            raise

    def call(self, method: str, request: Any) -> Any:
        """One call; raises grpc.RpcError, which tells of a plugin that died while it was asked."""
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            raise Aborted(grpc.StatusCode.UNAVAILABLE, self._obituary(f"during {method}")) from error

    def close(self) -> None:
        """End the process with all its children; an attached provider is left running."""
        if hasattr(self, "_channel"):
            self._channel.close()
        if self._process is not None:
            self._process.stop()
        self._engine.stop()

    def _wait_until_ready(self, port: int) -> None:
        try:
            grpc.channel_ready_future(self._channel).result(timeout=_START_SECONDS)
        except grpc.FutureTimeoutError as error:
            what = self._obituary("at its start")
            raise EngineError(f"{what}; nothing answers on port {port}") from error

    def _obituary(self, when: str) -> str:
        if self._process is None:
            return f"the attached provider of package {self._package} went away {when}"
        return f"the provider plugin of package {self._package} {self._process.ended()} {when}"


class _Process:
    """The plugin's process, leader of a process group of its own."""

    def __init__(self, package: str, command: list[str], folder: Path) -> None:
        self._package = package
        self._words: deque[str] = deque(maxlen=_WORDS)
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # its own group: Ctrl-C is ours to handle, and children end with it
            )
        except OSError as error:
            raise EngineError(f"cannot start the provider plugin {command[0]}: {error.strerror}") from error
        self._listeners: list[threading.Thread] = []
        self._listen(self._process.stderr)

    def port(self) -> int:
        """The port it prints. Raises EngineError if it prints something else, ends, or takes too long."""
        alarm = threading.Timer(_START_SECONDS, self.stop)
        alarm.start()
        try:
            assert self._process.stdout is not None  # it was asked for above
            line = self._process.stdout.readline().strip()
        finally:
            alarm.cancel()
        if not line.isdigit():
            self.stop()
            said = f"printed {line.decode(errors='replace')!r} instead of a port" if line else self.ended()
            raise EngineError(f"the provider plugin of package {self._package} {said} at its start")
        self._listen(self._process.stdout)
        return int(line)

    def ended(self) -> str:
        """How it ended and the last it said; it is given a moment to do so."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        code = self._process.poll()
        if code is None:
            return "stopped answering"
        self._listeners[0].join(_LAST_WORDS_SECONDS)  # longer only if a child keeps its stderr open
        last = f" (it said: {self._words[-1]})" if self._words else ""
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return how + last

    def stop(self) -> None:
        """Ask the group to end, then make it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
        for listener in self._listeners:
            listener.join(_STOP_SECONDS)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _listen(self, stream: IO[bytes] | None) -> None:
        def listen() -> None:
            for line in stream or ():
                text = line.decode(errors="replace").strip()
                if text:
                    self._words.append(text)

        self._listeners.append(threading.Thread(target=listen, daemon=True))
        self._listeners[-1].start()


class _EngineService(engine_pb2_grpc.EngineServicer):
    """The part of Pulumi's engine service that a provider uses: a log. What matters is said by errors
    besides.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="plugin-log")
        self._server = grpc.server(self._pool, options=_OPTIONS)
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def stop(self) -> None:
        """No more log."""
        self._server.stop(0).wait()
        self._pool.shutdown(wait=False)
