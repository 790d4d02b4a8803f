"""A provider whose world is a folder, so that it outlives the process that is killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from tests.engine.scripted import Call, Properties, ScriptedProvider, message

REPLACING = ("kind", "slot")


class LastingProvider(ScriptedProvider):
    """Ids follow from name and inputs, so what a killed create has left is found again by the next.

    `notice` is called before and after each thing that is done to the world.
    """

    def __init__(self, folder: Path, notice: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.folder = folder
        self._notice = notice
        folder.mkdir(parents=True, exist_ok=True)

    def exists(self) -> dict[str, Properties]:
        """The world, by id."""
        return {file.name: json.loads(file.read_text()) for file in self.folder.iterdir()}

    def answer(self, call: Call) -> Any:
        self._notice()
        try:
            return super().answer(call)
        finally:
            self._notice()

    def _create(self, call: Call) -> Any:
        if call.preview:
            return super()._create(call)
        inputs = call.news or {}
        id_ = "-".join([call.name, *(str(inputs[key]) for key in REPLACING if key in inputs)])
        return pb.CreateResponse(id=id_, properties=message(self._put(id_, inputs)))

    def _update(self, call: Call) -> Any:
        if call.preview:
            return super()._update(call)
        return pb.UpdateResponse(properties=message(self._put(call.id, call.news or {})))

    def _read(self, call: Call) -> Any:
        file = self.folder / call.id
        if not file.exists():
            return pb.ReadResponse()
        outputs = json.loads(file.read_text())
        inputs = {key: value for key, value in outputs.items() if key != "address"}
        return pb.ReadResponse(id=call.id, properties=message(outputs), inputs=message(inputs))

    def _delete(self, call: Call) -> Any:
        (self.folder / call.id).unlink(missing_ok=True)
        return empty_pb2.Empty()

    def _put(self, id_: str, inputs: Properties) -> Properties:
        outputs = {**inputs, "address": f"{id_}.test"}
        (self.folder / id_).write_text(json.dumps(outputs))
        return outputs
