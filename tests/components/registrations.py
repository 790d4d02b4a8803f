"""What a component registers: real resource classes on Pulumi's mock monitor."""

import asyncio
import contextvars
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT
from pulumi.runtime.stack import wait_for_rpcs

from trackstack.providers.values import decode, encode, secret

RECORDED = Path(__file__).with_name("recorded")
COMPUTED: dict[str, dict[str, Any]] = {
    "trackstack:local:Folder": {"incarnation": "f1"},
    "trackstack:local:DatabaseFile": {"url": "sqlite:////d/tracking.db", "incarnation": "d1"},
    "trackstack:local:LoopbackAddress": {"host": "127.0.0.1", "port": 20001, "url": "http://127.0.0.1:20001"},
    "trackstack:local:AdminToken": {"tokenId": "id", "value": secret("tsk1.id.secret"), "digest": "id 00"},
    "trackstack:secrets:Password": {"value": secret("p4ssw0rd")},
    "trackstack:secrets:MintedToken": {
        "tokenId": "id",
        "value": secret("tsk1.id.secret"),
        "digest": "id 00",
    },
    "trackstack:local:ServerProcess": {"logFile": "/d/server.log", "pid": 7, "started": 1.5},
}
"""What the provider would answer besides the inputs."""


class Recorder(mocks.MockMonitor):
    """Keeps every registration as it goes to the engine, and answers as the provider would."""

    def __init__(self) -> None:
        super().__init__(NoCalls())
        self.registered: dict[str, dict[str, Any]] = {}
        self.dependencies: dict[str, set[str]] = {}

    def RegisterResource(self, request: Any) -> Any:
        inputs = decode(request.object)
        registered = {"type": request.type, "parent": request.parent.rpartition("::")[2], "inputs": inputs}
        if request.additionalSecretOutputs:
            registered["secret_outputs"] = list(request.additionalSecretOutputs)
        if request.retainOnDelete:
            registered["retained"] = True
        self.registered[request.name] = registered
        self.dependencies[request.name] = {urn.rpartition("::")[2] for urn in request.dependencies}
        urn = f"urn:pulumi:demo::trackstack::{request.type}::{request.name}"
        outputs = encode({**inputs, **COMPUTED.get(request.type, {})})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id", object=outputs)


class NoCalls(mocks.Mocks):
    """Components call no functions."""

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise AssertionError(f"{args.name} went past the recorder")

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"unexpected call of {args.token}")


@dataclass(frozen=True)
class Out:
    """An output's value, and whether it is a secret."""

    value: Any
    secret: bool = False


def register(make: Callable[[], Mapping[str, pulumi.Output[Any]]]) -> tuple[dict[str, Any], dict[str, Out]]:
    """The registrations by name, and the outputs, of what `make` makes and returns."""
    recorder, outputs = _run(make)
    return dict(sorted(recorder.registered.items())), outputs


def dependencies(make: Callable[[], Mapping[str, pulumi.Output[Any]]]) -> dict[str, set[str]]:
    """What must be there before each registered resource, by name."""
    return _run(make)[0].dependencies


def _run(make: Callable[[], Mapping[str, pulumi.Output[Any]]]) -> tuple[Recorder, dict[str, Out]]:
    recorder = Recorder()

    async def run() -> dict[str, Out]:
        ROOT.set(None)
        pulumi.runtime.set_mocks(NoCalls(), project="trackstack", stack="demo", monitor=recorder)
        outputs = make()
        await wait_for_rpcs()
        return {key: Out(await output.future(), await output.is_secret()) for key, output in outputs.items()}

    def isolated() -> dict[str, Out]:
        with asyncio.Runner() as runner:
            return runner.run(run())

    return recorder, contextvars.copy_context().run(isolated)


def recorded(name: str) -> Any:
    """The JSON kept under that name."""
    return json.loads((RECORDED / f"{name}.json").read_text())
