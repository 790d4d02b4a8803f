"""POST …/log-artifact: a file of a form, streamed into the run's artifacts."""

from collections.abc import AsyncIterator

from msgspec import Struct

from trackstack.server.artifacts.paths import MAX_PATH_BYTES, ArtifactPath
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.experiments_api import runs
from trackstack.server.multipart import Part, parts


class ArtifactFolder(Struct):
    """`artifact_path`: the folder for the file."""

    artifact_path: str = ""


class ArtifactForm(ArtifactFolder, kw_only=True):
    """`artifact_path` stands before the file, or in the query."""

    file: bytes


class ArtifactLogged(Struct):
    """`artifact`: the file's path among the run's artifacts."""

    message: str
    run_id: str
    artifact: str


async def log_artifact(call: Call) -> ArtifactLogged:
    """The form's `file`, of any size, in the folder `artifact_path` of the query, or of the form before it.

    Nothing is stored of a form that does not arrive whole, or has more than one file.
    """
    run = await runs.read(call, call.params["run_id"])
    if run.info.lifecycle_stage != "active":
        raise invalid(f"The run {run.info.run_id} is deleted; restore it first.")
    folder = call.query.get("artifact_path", [""])[-1]
    form = parts(call)
    async for part in form:
        if part.name == "artifact_path":
            folder = _text(await part.text(MAX_PATH_BYTES))
        elif part.name == "file":
            path = ArtifactPath.parse_folder(folder) / _name(part)
            place = call.artifacts.below(run.info.artifact_uri, path)
            await call.artifacts.store.write(place, _all_of(part, form))
            return ArtifactLogged("Artifact logged", run.info.run_id, str(path))
    raise invalid("The form has no field 'file'.")


async def _all_of(file: Part, form: AsyncIterator[Part]) -> AsyncIterator[bytes]:
    """The file's data; ends only when the form has, so that half a form stores nothing."""
    async for data in file.content:
        yield data
    async for part in form:
        if part.name in ("file", "artifact_path"):
            raise invalid(f"The form has a field {part.name!r} after its file; send it before, or by itself.")


def _name(file: Part) -> ArtifactPath:
    name = ArtifactPath.parse(file.filename) if file.filename else ArtifactPath()
    if len(name.parts) != 1:
        raise invalid("The form's file must have a name without folders; these belong into artifact_path.")
    return name


def _text(folder: bytes) -> str:
    try:
        return folder.decode()
    except UnicodeDecodeError:
        raise invalid("artifact_path must be UTF-8.") from None
