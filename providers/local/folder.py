"""A folder that belongs to the stack, with everything in it."""

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from trackstack.providers.local import files
from trackstack.providers.resource import REPLACES, Failure, Properties, Resource, ResourceError, State

MARK = ".pulumi-stack"
"""The file that says a folder is ours to delete; it is made first and removed last."""


class FolderInputs(Properties):
    path: str = Field(description="Absolute path; what is above it is made too.", json_schema_extra=REPLACES)


class FolderState(FolderInputs, State):
    incarnation: str = Field(description="Another text whenever the folder was made anew: reopen it then.")


class Folder(Resource[FolderInputs, FolderState]):
    """A folder for its owner only (0700). Deleted with everything in it.

    A folder that already holds files of others is refused, so that nothing is deleted that was not made here:
    ours carry a mark, or lie in a folder that does.
    """

    kind = "trackstack:local:Folder"
    inputs = FolderInputs
    state = FolderState

    def check(self, inputs: FolderInputs) -> Iterable[Failure]:
        return files.absolute("path", inputs.path)

    def create(self, name: str, inputs: FolderInputs) -> tuple[str, FolderState]:
        path = Path(inputs.path)
        try:
            path.mkdir(mode=files.FOLDER_MODE, parents=True, exist_ok=True)
        except FileExistsError:
            raise ResourceError(f"{path} is a file; move it away or choose another folder") from None
        if not _ours(path):
            if any(path.iterdir()):
                raise ResourceError(f"the folder {path} holds files of others; empty it or choose another")
            # Without a draft, which an interrupted call would leave as a file of others.
            (path / MARK).touch(mode=files.FILE_MODE)
            (path / MARK).write_text("This folder belongs to a Pulumi stack, which deletes it.\n")
        path.chmod(files.FOLDER_MODE)
        return inputs.path, FolderState(path=inputs.path, incarnation=secrets.token_hex(8))

    def read(self, id: str, state: FolderState) -> FolderState | None:
        return state if Path(state.path).is_dir() else None

    def delete(self, id: str, state: FolderState) -> None:
        path = Path(state.path)
        if not path.is_dir():
            return
        if not _ours(path) and any(path.iterdir()):
            raise ResourceError(
                f"the folder {path} holds files of others and is not deleted; empty it yourself"
            )
        for entry in os.scandir(path):
            if entry.name != MARK:
                _remove(entry)
        (path / MARK).unlink(missing_ok=True)
        path.rmdir()


def _ours(path: Path) -> bool:
    return (path / MARK).is_file() or (path.parent / MARK).is_file()


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path)
    else:
        os.unlink(entry.path)
