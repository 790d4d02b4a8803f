"""The tracking server's process."""

import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from pydantic import Field

from trackstack.providers.local import files, ports, process
from trackstack.providers.local.health import wait_until_healthy
from trackstack.providers.local.logs import rotate
from trackstack.providers.local.process import Identity
from trackstack.providers.resource import REPLACES, Failure, Properties, Resource, State

LOG_FILE = "server.log"
PID_FILE = "server.pid"
VERSION = version("trackstack")


class ServerInputs(Properties):
    data_dir: str = Field(description="The server's data folder.", json_schema_extra=REPLACES)
    host: str = Field(description="Address to listen at.")
    port: int = Field(description="Port to listen at.")
    artifact_root: str = Field(description="Where artifacts are kept: a folder or a bucket's URI.")
    running: bool = Field(
        default=True, description="Whether it is to run; false stops it and keeps everything."
    )
    triggers: list[str] = Field(default=[], description="Texts; the server is restarted when one changes.")


class ServerState(ServerInputs, State):
    log_file: str = Field(description="What the server writes; the one before it ends in .1.")
    command: list[str] = Field(description="Its command line; empty when it does not run.")
    version: str = Field(description="The version that was started.")
    pid: int | None = Field(default=None, description="Its process; none when it does not run.")
    started: float | None = Field(default=None, description="When that process started, seconds since 1970.")

    @property
    def identity(self) -> Identity | None:
        """The process as it was recorded."""
        return Identity(self.pid, self.started) if self.pid and self.started else None


class ServerProcess(Resource[ServerInputs, ServerState]):
    """The server as a process of its own, which outlives the operator; one at most for a data folder.

    Made when its `/health` answers. It is detached: new session, no input, output to the log file, a minimal
    environment. Stopped with SIGTERM, after 5 s with SIGKILL.
    """

    kind = "trackstack:local:ServerProcess"
    inputs = ServerInputs
    state = ServerState

    def check(self, inputs: ServerInputs) -> Iterable[Failure]:
        yield from files.absolute("dataDir", inputs.data_dir)
        if not 1 <= inputs.port <= 65535:
            yield Failure("port", f"must be between 1 and 65535, got {inputs.port}")

    def forecast(self, old: ServerState | None, inputs: ServerInputs) -> Mapping[str, Any]:
        command = _command(inputs) if inputs.running else []
        return {"log_file": str(Path(inputs.data_dir) / LOG_FILE), "command": command, "version": VERSION}

    def drift(self, state: ServerState) -> Iterable[str]:
        if state.running != (state.pid is not None):
            yield "pid"
        elif state.running and state.command[1:] != _command(state)[1:]:
            yield "command"
        elif state.running and state.version != VERSION:
            yield "version"

    def create(self, name: str, inputs: ServerInputs) -> tuple[str, ServerState]:
        """A server that an interrupted `create` left running is taken over."""
        found = _running(inputs.data_dir)
        if found and inputs.running and found.cmdline()[1:] == _command(inputs)[1:]:
            folder, identity = Path(inputs.data_dir), Identity.of(found)
            wait_until_healthy(inputs.host, inputs.port, identity, folder / LOG_FILE, log_start=0)
            process.write_pid_file(folder / PID_FILE, identity)
            return inputs.data_dir, _state(inputs, found)
        return inputs.data_dir, self._enforce(inputs)

    def read(self, id: str, state: ServerState) -> ServerState | None:
        found = _running(state.data_dir, state.identity)
        same = state.pid == (found.pid if found else None)
        return _state(state, found, version=state.version if same else "")  # of another it is not known

    def update(self, id: str, old: ServerState, inputs: ServerInputs) -> ServerState:
        return self._enforce(inputs, old.identity)

    def delete(self, id: str, state: ServerState) -> None:
        _stop(state.data_dir, state.identity)

    def _enforce(self, inputs: ServerInputs, known: Identity | None = None) -> ServerState:
        """Stop whatever runs on the data folder, and start it as asked if it is to run."""
        _stop(inputs.data_dir, known)
        if not inputs.running:
            ports.let_go(inputs.port)  # a descriptor for every stopped server would be too many
            return _state(inputs, None)
        ports.require_free(inputs.host, inputs.port)
        folder = Path(inputs.data_dir)
        log_start = rotate(folder / LOG_FILE)
        identity = process.start(
            _command(inputs),
            folder=folder,
            log=folder / LOG_FILE,
            environment={**process.environment(), **_settings(inputs)},
        )
        try:
            process.write_pid_file(folder / PID_FILE, identity)
            wait_until_healthy(inputs.host, inputs.port, identity, folder / LOG_FILE, log_start=log_start)
            ports.let_go(inputs.port)
            return _state(inputs, identity.process())
        except BaseException:
            _stop(inputs.data_dir, identity)
            raise


def _command(inputs: ServerInputs) -> list[str]:
    return [
        *(sys.executable, "-P"),  # no module is looked for in the data folder
        *_words(inputs.data_dir),
        *("--host", inputs.host),
        *("--port", str(inputs.port)),
        *("--artifact-root", inputs.artifact_root),
    ]


def _settings(inputs: ServerInputs) -> dict[str, str]:
    """What the server says of itself; its data folder is called as its stack."""
    return {
        "TRACKSTACK_SERVER_SERVICE_NAME": Path(inputs.data_dir).name,
        "TRACKSTACK_SERVER_PUBLIC_URL": f"http://{inputs.host}:{inputs.port}",
    }


def _words(data_dir: str) -> list[str]:
    """The part of the command line that tells one data folder's server from all other processes."""
    return ["-m", "trackstack.server", "serve", "--data-dir", data_dir]


def _running(data_dir: str, known: Identity | None = None) -> psutil.Process | None:
    """The data folder's server: as recorded, as its pid file says, or else by its command line."""
    for identity in (known, process.read_pid_file(Path(data_dir) / PID_FILE)):
        if identity and (found := identity.process()):
            return found
    return next(process.find(_words(data_dir)), None)


def _stop(data_dir: str, known: Identity | None) -> None:
    while found := _running(data_dir, known):
        process.stop(found)
    (Path(data_dir) / PID_FILE).unlink(missing_ok=True)


def _state(inputs: ServerInputs, running: psutil.Process | None, version: str = VERSION) -> ServerState:
    asked = {name: getattr(inputs, name) for name in ServerInputs.model_fields}
    return ServerState(
        **asked,
        log_file=str(Path(inputs.data_dir) / LOG_FILE),
        command=running.cmdline() if running else [],
        version=version,
        pid=running.pid if running else None,
        started=running.create_time() if running else None,
    )
