"""How long the server keeps what was deleted, in the file that it reads."""

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from trackstack import durations
from trackstack.providers.local import files
from trackstack.providers.resource import REPLACES, Failure, Properties, Resource, State

FILE = "retention.json"


class RetentionInputs(Properties):
    data_dir: str = Field(description="The server's data folder.", json_schema_extra=REPLACES)
    retention: str = Field(description="How long deleted experiments are kept, such as 30d or 1d12h.")


class RetentionState(RetentionInputs, State):
    pass


class RetentionSchedule(Resource[RetentionInputs, RetentionState]):
    """The retention in force. The server reads it again by itself when it changes."""

    kind = "trackstack:local:RetentionSchedule"
    inputs = RetentionInputs
    state = RetentionState

    def check(self, inputs: RetentionInputs) -> Iterable[Failure]:
        yield from files.absolute("dataDir", inputs.data_dir)
        try:
            durations.parse(inputs.retention)
        except ValueError as error:
            yield Failure("retention", str(error))

    def create(self, name: str, inputs: RetentionInputs) -> tuple[str, RetentionState]:
        path = Path(inputs.data_dir) / FILE
        files.write(path, json.dumps({"retention": inputs.retention}) + "\n")
        return str(path), RetentionState(**inputs.model_dump())

    def read(self, id: str, state: RetentionState) -> RetentionState | None:
        """A file that is missing or spoilt is a retention of "", which the next update mends."""
        try:
            found = json.loads(files.read(Path(id)) or "")["retention"]
        except (ValueError, TypeError, KeyError):
            found = ""
        return state.model_copy(update={"retention": str(found)})

    def update(self, id: str, old: RetentionState, inputs: RetentionInputs) -> RetentionState:
        return self.create("", inputs)[1]

    def delete(self, id: str, state: RetentionState) -> None:
        Path(id).unlink(missing_ok=True)
