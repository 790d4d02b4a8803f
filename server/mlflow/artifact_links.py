"""Transfers that pass the server by: signed links and multipart uploads, where the store can."""

import ntpath
from datetime import timedelta

from msgspec import Struct

from trackstack.server.access.objects import LOGGED_MODEL, PLACE, RUN
from trackstack.server.artifacts.errors import UnsupportedError
from trackstack.server.artifacts.multipart import MultipartUploads, Part
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import SignsLinks
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.routes import READ, WRITE, Route

MAX_VALID_S = 604_800
"""The longest life of a link that the clouds allow: a week."""

_DOWNLOAD_S = 300
_UPLOAD_S = 900


class CreateUpload(Message):
    path: Required  # the client's own path of the file; its last part is the name
    num_parts: Int64 = 1


class UploadedPart(Message):
    part_number: Int64
    etag: str = ""
    url: str = ""


class CompleteUpload(Message):
    path: Required
    parts: tuple[UploadedPart, ...]
    upload_id: str = ""


class AbortUpload(Message):
    path: Required
    upload_id: str = ""


class DownloadLink(Message):
    run_id: Required
    path: Required
    expiration: Int64 = _DOWNLOAD_S


class UploadLink(Message):
    path: Required
    run_id: str = ""
    model_id: str = ""
    expiration: Int64 = _UPLOAD_S


class Credential(Struct):
    url: str
    part_number: int
    headers: dict[str, str] = {}


class CreatedUpload(Struct):
    upload_id: str
    credentials: list[Credential]


class Link(Struct, omit_defaults=True):
    presigned_url: str
    file_size: int | None = None


class ProxyLink(Struct):
    """The same for the proxy's clients, which call it otherwise."""

    url: str
    headers: dict[str, str]
    file_size: int


async def create_upload(call: Call, body: CreateUpload) -> CreatedUpload:
    path = _target(call, body.path)
    upload, links = await _uploads(call).create(path, body.num_parts)
    return CreatedUpload(upload, [Credential(link, number) for number, link in enumerate(links, 1)])


async def complete_upload(call: Call, body: CompleteUpload) -> None:
    path = _target(call, body.path)
    parts = [Part(part.part_number, part.etag) for part in body.parts]
    await _uploads(call).complete(path, body.upload_id, parts)


async def abort_upload(call: Call, body: AbortUpload) -> None:
    path = _target(call, body.path)
    await _uploads(call).abort(path, body.upload_id)


async def proxy_link(call: Call) -> ProxyLink:
    path = ArtifactPath.parse(call.params["artifact_path"])
    if call.artifacts.links is None:
        raise UnsupportedError("Multipart download is not supported for the current artifact repository")
    size = await _size(call, path)
    url = await call.artifacts.links.download_url(path, timedelta(seconds=_DOWNLOAD_S))
    return ProxyLink(url, {}, size)


async def download_link(call: Call, body: DownloadLink) -> Link:
    relative = ArtifactPath.parse(body.path)
    valid = _valid(body.expiration)
    root = await call.store.artifact_roots.of_run(body.run_id)
    path, links = _direct(call, root, relative, "download")
    size = await _size(call, path)
    return Link(await links.download_url(path, valid), size)


async def upload_link(call: Call, body: UploadLink) -> Link:
    if bool(body.run_id) == bool(body.model_id):
        raise invalid("Exactly one of run_id and model_id must be provided.")
    relative = ArtifactPath.parse(body.path)
    valid = _valid(body.expiration)
    roots = call.store.artifact_roots
    root = await (roots.of_run(body.run_id) if body.run_id else roots.of_logged_model(body.model_id))
    path, links = _direct(call, root, relative, "upload")
    return Link(await links.upload_url(path, valid))


def _target(call: Call, file: str) -> ArtifactPath:
    """The artifact of a client's file, in the folder that the request's path names."""
    return ArtifactPath.parse(call.params["artifact_path"]) / ArtifactPath.parse(ntpath.basename(file))


def _uploads(call: Call) -> MultipartUploads:
    if call.artifacts.uploads is None:
        raise UnsupportedError("Multipart upload is not supported for the current artifact repository")
    return call.artifacts.uploads


def _direct(call: Call, root: str, relative: ArtifactPath, what: str) -> tuple[ArtifactPath, SignsLinks]:
    """The path in a bucket that clients were told of; what they reach through us needs no links."""
    place = call.artifacts.place(root)
    if place.proxied:
        raise invalid(
            f"Presigned {what} is not supported for proxied artifact storage (artifact URI scheme: "
            "mlflow-artifacts). This endpoint requires a direct cloud storage artifact URI."
        )
    if call.artifacts.links is None:
        raise UnsupportedError(f"Presigned {what} is not supported for the current artifact repository")
    return place.path / relative, call.artifacts.links


def _valid(seconds: int) -> timedelta:
    if not 1 <= seconds <= MAX_VALID_S:
        raise invalid(f"expiration must be between 1 and {MAX_VALID_S} seconds (got {seconds}).")
    return timedelta(seconds=seconds)


async def _size(call: Call, path: ArtifactPath) -> int:
    file = await call.artifacts.store.open(path)
    await file.close()
    return file.facts.size


def _uploaded(call: Call, body: CreateUpload | CompleteUpload | AbortUpload) -> list[str]:
    return [str(_target(call, body.path))]


ROUTES = (
    Route(
        "POST",
        "/2.0/mlflow-artifacts/mpu/create/{artifact_path:path}",
        create_upload,
        needs=WRITE,
        on=PLACE.by(_uploaded),
    ),
    Route(
        "POST",
        "/2.0/mlflow-artifacts/mpu/complete/{artifact_path:path}",
        complete_upload,
        needs=WRITE,
        on=PLACE.by(_uploaded),
    ),
    Route(
        "POST",
        "/2.0/mlflow-artifacts/mpu/abort/{artifact_path:path}",
        abort_upload,
        needs=WRITE,
        on=PLACE.by(_uploaded),
    ),
    Route("GET", "/2.0/mlflow-artifacts/presigned/{artifact_path:path}", proxy_link, needs=READ, on=PLACE),
    Route("POST", "/2.0/mlflow/artifacts/presigned-download-url", download_link, needs=READ, on=RUN),
    Route(
        "POST", "/2.0/mlflow/artifacts/presigned-upload-url", upload_link, needs=WRITE, on=(RUN, LOGGED_MODEL)
    ),
)
