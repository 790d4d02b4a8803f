"""Transcodings: requests for a model in another format, for whoever converts models."""

from typing import Literal

from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, WRITE
from trackstack.server.search.sql import Sql
from trackstack.server.sensei import listings, views
from trackstack.server.sensei.models import THIS
from trackstack.server.sensei.operations import Body, Line, author, operation, plain, unprocessable
from trackstack.server.store.sensei.kinds import MODEL, TRANSCODING


class Transcoding(Body):
    model_id: Line
    id: Line | None = None
    target_format: Literal["CoreML", "TF", "K2", "Deepnet"] | None = None


async def create(call: Call, body: Transcoding) -> Answer:
    model = await call.store.sensei.resources.get(MODEL, call.params["modelId"])
    if body.model_id != model.id:
        raise unprocessable(call, f"modelId: the path is of the model {model.id}.")
    document = plain(body)
    for name in ("id", "modelId"):
        document.pop(name, None)
    resources = call.store.sensei.resources
    made = await resources.create(TRANSCODING, document, author(call), call.now, model.id)
    return views.TRANSCODING.one(made, created=True)


async def list_(call: Call) -> Answer:
    model = await call.store.sensei.resources.get(MODEL, call.params["modelId"])
    scope = Sql("r.parent = ?", (model.id,))
    return await listings.answer(call, views.TRANSCODING, {"modelId": model.id}, scope)


async def get(call: Call) -> Answer:
    model = await call.store.sensei.resources.get(MODEL, call.params["modelId"])
    scope = Sql("r.parent = ?", (model.id,))
    found = await call.store.sensei.resources.get(TRANSCODING, call.params["modelTranscodingId"], scope)
    return views.TRANSCODING.one(found)


_PATH = "/models/{modelId}/transcodings"


ROUTES = (
    operation("GET", _PATH, list_, needs=READ, on=THIS, query=listings.Query),
    operation("POST", _PATH, create, needs=WRITE, on=THIS),
    operation("GET", f"{_PATH}/{{modelTranscodingId}}", get, needs=READ, on=THIS),
)
