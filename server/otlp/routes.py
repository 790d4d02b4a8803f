"""POST /v1/traces: where OpenTelemetry's exporters, and MLflow's client, send spans."""

import asyncio
import logging

from trackstack.server import validation
from trackstack.server.access.guard import check
from trackstack.server.access.objects import EXPERIMENT, RUN, header
from trackstack.server.calls import Call
from trackstack.server.errors import ApiError
from trackstack.server.otlp.decoding import JSON, decode
from trackstack.server.otlp.errors import OtlpError
from trackstack.server.otlp.spans import spans
from trackstack.server.responses import Answer
from trackstack.server.routes import WRITE, Route
from trackstack.server.store.callers import Level
from trackstack.server.store.decisions import Kind
from trackstack.server.store.traces.entities import NewSpan

EXPERIMENT_HEADER = b"x-mlflow-experiment-id"
RUN_HEADER = b"x-mlflow-run-id"
LARGE = 64 * 1024
"""Bodies of more bytes are decoded beside the event loop."""

log = logging.getLogger("trackstack.server")


async def export(call: Call) -> Answer:
    """All spans or none; the run's link, which has no answer of its own, is left out where it fails."""
    experiment = call.header(EXPERIMENT_HEADER)
    if experiment is None:
        raise OtlpError("The header x-mlflow-experiment-id is missing; it says where the traces belong.", 422)
    content_type = call.header(b"content-type") or ""
    encoding = call.header(b"content-encoding") or ""
    body = await call.body()

    def read() -> list[NewSpan]:
        return spans(decode(body, content_type, encoding))

    # Packed bodies may be large inside.
    found = await asyncio.to_thread(read) if len(body) > LARGE or encoding else read()
    id_ = validation.experiment_id(experiment)
    if found:
        if call.identity.limited:  # a span may be of a trace that another experiment has already
            await check(call, Kind.TRACE, {span.trace_id for span in found}, Level.EDIT)
        await call.store.spans.log(id_, found)
    roots = sorted({span.trace_id for span in found if span.parent_id is None})
    if (run_id := call.header(RUN_HEADER)) and roots:
        try:
            await call.store.traces.link_to_run(roots, run_id)
        except ApiError as error:
            log.warning("traces are not linked to run %r: %s", run_id, error.message)
    if content_type.startswith(JSON):
        return Answer(b"{}")
    return Answer(b"", media_type=b"application/x-protobuf")


_NAMED = (EXPERIMENT.by(header(EXPERIMENT_HEADER)), RUN.by(header(RUN_HEADER)))

ROUTES = (Route("POST", "/v1/traces", export, needs=WRITE, on=_NAMED),)
