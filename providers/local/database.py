"""A SQLite database file."""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from trackstack.providers.local import files
from trackstack.providers.resource import REPLACES, Failure, Properties, Resource, ResourceError, State


class DatabaseInputs(Properties):
    path: str = Field(description="Absolute path; its folder exists.", json_schema_extra=REPLACES)


class DatabaseState(DatabaseInputs, State):
    url: str = Field(description="SQLAlchemy's URL of the database.")
    incarnation: str = Field(description="Another text whenever the file was made anew: reopen it then.")


class DatabaseFile(Resource[DatabaseInputs, DatabaseState]):
    """A database file for its owner only (0600). An existing one is kept; deleted with its journals."""

    kind = "trackstack:local:DatabaseFile"
    inputs = DatabaseInputs
    state = DatabaseState

    def check(self, inputs: DatabaseInputs) -> Iterable[Failure]:
        return files.absolute("path", inputs.path)

    def forecast(self, old: DatabaseState | None, inputs: DatabaseInputs) -> Mapping[str, Any]:
        return {"url": _url(inputs.path)}

    def create(self, name: str, inputs: DatabaseInputs) -> tuple[str, DatabaseState]:
        path = Path(inputs.path)
        if path.is_dir():
            raise ResourceError(f"{path} is a folder; move it away or choose another path")
        if not path.exists():
            for journal in _journals(path):  # another database's: SQLite must not replay them into this one
                journal.unlink(missing_ok=True)
        path.touch(mode=files.FILE_MODE)
        path.chmod(files.FILE_MODE)
        state = DatabaseState(path=inputs.path, url=_url(inputs.path), incarnation=secrets.token_hex(8))
        return inputs.path, state

    def read(self, id: str, state: DatabaseState) -> DatabaseState | None:
        return state if Path(state.path).is_file() else None

    def delete(self, id: str, state: DatabaseState) -> None:
        path = Path(state.path)
        for file in (*_journals(path), path):
            file.unlink(missing_ok=True)


def _url(path: str) -> str:
    return f"sqlite:///{path}"


def _journals(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal")]
