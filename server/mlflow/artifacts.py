"""A run's artifacts, as the web UI and MlflowClient ask for them: list, show, upload."""

from collections.abc import AsyncIterator

from msgspec import Struct

from trackstack.server.access.objects import RUN
from trackstack.server.artifacts.files import Reply, reply
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import Entry
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.routes import READ, WRITE, Route

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
"""The largest file that the web UI's upload takes; clients use the proxy, which has no limit."""


class ListArtifacts(Message):
    run_id: Required
    path: str = ""
    page_token: str = ""  # accepted and not needed: a listing is answered whole, as MLflow does


class GetArtifact(Message):
    run_id: Required
    path: str = ""


class FileInfo(Struct, omit_defaults=True):
    path: str
    is_dir: bool | None = None
    file_size: int | None = None


class Listing(Struct, omit_defaults=True):
    root_uri: str | None = None
    files: list[FileInfo] = []


def file_info(entry: Entry, folder: ArtifactPath) -> FileInfo:
    """An entry of `folder` in MLflow's words; folders have no size."""
    path = str(ArtifactPath((*folder.parts, entry.name)))
    return FileInfo(path, entry.is_folder, None if entry.is_folder else entry.size)


async def show(call: Call, path: ArtifactPath) -> Reply:
    """The file at `path` of the store, or what the request's conditions and ranges make of it."""
    return await reply(call.artifacts.store, path, call.header, head=call.scope["method"] == "HEAD")


async def listing(call: Call, root: str, path: str) -> Listing:
    """What lies in a folder below `root`.

    A file's own path, and one where nothing is, have no files: the client takes both for a file.
    """
    folder = ArtifactPath.parse_folder(path)
    entries = await call.artifacts.store.list(call.artifacts.below(root, folder))
    return Listing(root, [file_info(entry, folder) for entry in entries])


async def file_below(call: Call, root: str, path: str) -> Reply:
    """`show` of a path below `root`."""
    return await show(call, call.artifacts.below(root, ArtifactPath.parse(path)))


async def list_artifacts(call: Call, body: ListArtifacts) -> Listing:
    return await listing(call, await call.store.artifact_roots.of_run(body.run_id), body.path)


async def get_artifact(call: Call, body: GetArtifact) -> Reply:
    return await file_below(call, await call.store.artifact_roots.of_run(body.run_id), body.path)


async def upload_artifact(call: Call) -> None:
    """The web UI's upload: the file is the body, its run and path are in the query."""
    run_id, path = (call.query.get(name, [""])[0] for name in ("run_uuid", "path"))
    if not run_id or not path:
        raise invalid(f"Request must specify {'path' if run_id else 'run_uuid'}.")
    relative = ArtifactPath.parse(path)
    root = await call.store.artifact_roots.of_run(run_id)
    await call.artifacts.store.write(call.artifacts.below(root, relative), _limited(call.stream()))


async def _limited(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > MAX_UPLOAD_BYTES:
            raise invalid("Artifact size is too large. Max size is 10MB.")
        yield chunk
    if not size:
        raise invalid("Request must specify data.")


def _uploading(call: Call, body: None) -> list[str]:
    return call.query.get("run_uuid", [])[:1]


ROUTES = (
    Route("GET", "/2.0/mlflow/artifacts/list", list_artifacts, needs=READ, on=RUN),
    Route("GET", "/get-artifact", get_artifact, needs=READ, on=RUN),
    Route(
        "POST", "/ajax-api/2.0/mlflow/upload-artifact", upload_artifact, needs=WRITE, on=RUN.by(_uploading)
    ),
)
