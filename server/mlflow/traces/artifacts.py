"""A trace's spans and attachments as the web UI and clients ask for them: files of JSON and others."""

from trackstack.server.access.objects import TRACE
from trackstack.server.artifacts.errors import ArtifactNotFoundError
from trackstack.server.artifacts.files import Reply
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import missing
from trackstack.server.mlflow.artifacts import show
from trackstack.server.mlflow.traces.traces import known, stored
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, Route
from trackstack.server.store.traces import keys

DATA_FILE = "traces.json"


class GetTraceArtifact(Message):
    request_id: Required
    path: str = ""


async def get(call: Call, body: GetTraceArtifact) -> Answer | Reply:
    """Without a path the trace's spans, as far as there are any yet; with one, an attachment."""
    found = await stored(call, [body.request_id])
    if not found:
        raise missing(f"Trace with ID '{body.request_id}' not found.")
    if not body.path and known(found[0]):
        spans = f'{{"spans":[{",".join(found[0].spans)}]}}'.encode()
        return Answer(spans, headers=[(b"content-disposition", b"attachment; filename=traces.json")])
    name = f"attachments/{body.path}" if body.path else DATA_FILE
    path = ArtifactPath.parse(name)
    try:
        return await show(call, call.artifacts.below(found[0].info.tags[keys.ARTIFACT_LOCATION], path))
    except ArtifactNotFoundError:
        raise missing(f"Trace data not found for path={name}") from None


ROUTES = (
    Route("GET", "/2.0/mlflow/get-trace-artifact", get, needs=READ, on=TRACE.by("request_id")),
    Route("GET", "/3.0/mlflow/get-trace-artifact", get, needs=READ, on=TRACE.by("request_id")),
)
