"""Artifacts of logged models, as the web UI asks for them."""

from trackstack.server.access.objects import LOGGED_MODEL
from trackstack.server.artifacts.files import Reply
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.mlflow.artifacts import Listing, file_below, listing
from trackstack.server.routes import READ, Route


class ListLoggedModel(Message):
    model_id: Required
    artifact_directory_path: str = ""
    page_token: str = ""


class GetLoggedModelFile(Message):
    model_id: Required
    artifact_file_path: str = ""


async def list_logged_model(call: Call, body: ListLoggedModel) -> Listing:
    root = await call.store.artifact_roots.of_logged_model(body.model_id)
    return await listing(call, root, body.artifact_directory_path)


async def get_logged_model_file(call: Call, body: GetLoggedModelFile) -> Reply:
    root = await call.store.artifact_roots.of_logged_model(body.model_id)
    return await file_below(call, root, body.artifact_file_path)


ROUTES = (
    Route(
        "GET",
        "/2.0/mlflow/logged-models/{model_id}/artifacts/directories",
        list_logged_model,
        needs=READ,
        on=LOGGED_MODEL,
    ),
    Route(
        "GET",
        "/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files",
        get_logged_model_file,
        needs=READ,
        on=LOGGED_MODEL,
    ),
)
