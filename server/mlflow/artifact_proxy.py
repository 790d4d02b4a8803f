"""The `mlflow-artifacts` proxy: clients that hold only this server's token keep their files through it."""

from starlette.responses import Response

from trackstack.server.access.objects import PLACE
from trackstack.server.artifacts.errors import InvalidPathError
from trackstack.server.artifacts.files import Reply
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.bodies import Message
from trackstack.server.calls import Call
from trackstack.server.mlflow.artifacts import Listing, file_info, show
from trackstack.server.routes import READ, WRITE, Route

_ARTIFACT = "/2.0/mlflow-artifacts/artifacts/{artifact_path:path}"


class ListFolder(Message):
    path: str = ""


async def list_folder(call: Call, body: ListFolder) -> Listing:
    """Names without their folder, unlike a run's listing."""
    entries = await call.artifacts.store.list(ArtifactPath.parse_folder(body.path))
    return Listing(files=[file_info(entry, ArtifactPath()) for entry in entries])


async def download(call: Call) -> Reply:
    path = ArtifactPath.parse(call.params["artifact_path"])
    return await show(call, path)


async def upload(call: Call) -> Response:
    """Streamed into the store; a client that goes away before the end leaves nothing."""
    path = ArtifactPath.parse(call.params["artifact_path"])
    length = call.header(b"content-length") or ""
    size = int(length) if length.isdigit() else None
    await call.artifacts.store.write(path, call.stream(), size)
    return Response()


async def delete(call: Call) -> None:
    """A file, or a folder with all in it; the whole store cannot be deleted at once."""
    path = ArtifactPath.parse_folder(call.params["artifact_path"])
    if not path.parts:
        raise InvalidPathError
    await call.artifacts.store.delete(path)


def _folder(call: Call, body: ListFolder) -> list[str]:
    return [body.path]


ROUTES = (
    Route("GET", "/2.0/mlflow-artifacts/artifacts", list_folder, needs=READ, on=PLACE.by(_folder)),
    Route("GET", _ARTIFACT, download, needs=READ, on=PLACE),
    Route("PUT", _ARTIFACT, upload, needs=WRITE, on=PLACE),
    Route("DELETE", _ARTIFACT, delete, needs=WRITE, on=PLACE.to_manage),
)
