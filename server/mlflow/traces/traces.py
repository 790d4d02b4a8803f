"""Traces themselves: start, get with and without spans, tag, link, delete."""

import asyncio
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_TRACES, EXPERIMENT, RUN, TRACE
from trackstack.server.artifacts.errors import ArtifactNotFoundError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid, missing
from trackstack.server.mlflow.traces import span_json
from trackstack.server.mlflow.traces.messages import TraceInfoMessage, new_trace, pairs
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store.traces import keys
from trackstack.server.store.traces.entities import StoredTrace, TraceInfo
from trackstack.server.store.traces.traces import complete
from trackstack.server.trace_archival import archived_spans

MOST_LINKS = 100
RETRIES_S = (1, 2)
"""How long a trace is waited for whose spans are still on their way, as MLflow does."""


class TraceMessage(Message):
    trace_info: TraceInfoMessage


class StartTrace(Message):
    trace: TraceMessage


class TraceRef(Message):
    trace_id: Required


class GetTrace(Message):
    trace_id: Required
    allow_partial: bool = False


class Batch(Message):
    trace_ids: tuple[str, ...]
    experiment_ids: tuple[str, ...] | None = None


class DeleteTraces(Message):
    experiment_id: Required
    max_timestamp_millis: Int64 | None = None
    max_traces: Int64 | None = None
    request_ids: tuple[str, ...] = ()


class SetTag(Message):
    trace_id: Required
    key: Required
    value: str = ""


class TagRef(Message):
    trace_id: Required
    key: Required


class LinkToRun(Message):
    trace_ids: tuple[str, ...]
    run_id: Required


class PromptVersion(Message):
    name: Required
    version: int | str


class LinkPrompts(Message):
    trace_id: Required
    prompt_versions: tuple[PromptVersion, ...]


class WithInfo(Struct):
    trace_info: TraceInfo


class OneInfo(Struct):
    trace: WithInfo


class Infos(Struct, omit_defaults=True):
    trace_infos: list[TraceInfo] = []


class Deleted(Struct):
    traces_deleted: int


async def start(call: Call, body: StartTrace) -> OneInfo:
    """Also for a trace that exists: spans may have come first."""
    return OneInfo(WithInfo(await call.store.traces.start(new_trace(call, body.trace.trace_info))))


async def get_info(call: Call, body: TraceRef) -> OneInfo:
    return OneInfo(WithInfo(await call.store.traces.get(body.trace_id)))


async def get(call: Call, body: GetTrace) -> dict[str, Any]:
    """Waits a little for a trace's last spans, unless a part of it will do."""
    for pause in (*RETRIES_S, 0):
        found = await stored(call, [body.trace_id])
        if not found:
            raise missing(f"Trace with ID {body.trace_id} is not found.")
        if not known(found[0]):
            raise missing("Trace data not stored in tracking store")
        if body.allow_partial or whole(found[0]):
            return {"trace": _whole(found[0])}
        await asyncio.sleep(pause)
    raise missing(f"Trace with ID {body.trace_id} is not fully exported yet, please try again later.")


async def batch_get(call: Call, body: Batch) -> dict[str, Any]:
    """Only traces whose spans are all there."""
    found = await stored(call, body.trace_ids, _experiments(body))
    traces = [_whole(trace) for trace in found if known(trace) and whole(trace)]
    return {"traces": traces} if traces else {}


async def batch_get_infos(call: Call, body: Batch) -> Infos:
    return Infos(await call.store.traces.infos(body.trace_ids, _experiments(body)))


async def delete(call: Call, body: DeleteTraces) -> Deleted:
    """By ids, or the oldest ones up to a time; with their artifacts."""
    by_time = body.max_timestamp_millis is not None
    if by_time == bool(body.request_ids):
        if by_time:
            raise invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified.")
        raise invalid("Either `max_timestamp_millis` or `trace_ids` must be specified.")
    if body.max_traces is not None and (not by_time or body.max_traces <= 0):
        raise invalid("`max_traces` must be a positive integer, and can't be specified with `trace_ids`.")
    id_ = validation.experiment_id(body.experiment_id)
    experiment = await call.store.experiments.get(id_)
    doomed = await call.store.traces.oldest(
        id_, body.request_ids or None, body.max_timestamp_millis, body.max_traces
    )
    root = call.artifacts.place(experiment.artifact_location).path
    for trace_id in doomed:  # files first: a deletion that is cut off here can be asked for again
        try:
            await call.artifacts.store.delete(root / ArtifactPath.parse(f"traces/{trace_id}"))
        except ArtifactNotFoundError:
            continue  # most traces have none
    return Deleted(await call.store.traces.delete(id_, doomed))


async def set_tag(call: Call, body: SetTag) -> None:
    _mutable(body.key, "set")
    (pair,) = pairs({body.key: body.value}).items()
    await call.store.traces.set_tag(body.trace_id, *pair)


async def delete_tag(call: Call, body: TagRef) -> None:
    _mutable(body.key, "deleted")
    await call.store.traces.delete_tag(body.trace_id, body.key)


async def link_to_run(call: Call, body: LinkToRun) -> None:
    if len(body.trace_ids) > MOST_LINKS:
        raise invalid(
            f"Cannot link more than {MOST_LINKS} traces to a run in a single request. "
            f"Provided {len(body.trace_ids)} traces."
        )
    await call.store.traces.link_to_run(body.trace_ids, validation.run_id(body.run_id))


async def link_prompts(call: Call, body: LinkPrompts) -> None:
    prompts = [f"{prompt.name}/{prompt.version}" for prompt in body.prompt_versions]
    for prompt in prompts:
        validation.limited(prompt, 300, "prompt_versions")
    await call.store.traces.link_prompts(body.trace_id, prompts)


async def stored(
    call: Call, trace_ids: Sequence[str], experiments: Sequence[int] | None = None
) -> list[StoredTrace]:
    """Traces with their spans, from the database or the archive; those that there are not are left out."""

    async def read(trace: StoredTrace) -> StoredTrace:
        if not archived(trace):
            return trace
        return StoredTrace(trace.info, await archived_spans(call.artifacts, trace.info))

    found = await call.store.traces.stored(trace_ids, experiments)
    return list(await asyncio.gather(*map(read, found)))


def known(trace: StoredTrace) -> bool:
    """Whether the server has the trace's spans, and not only a file that its client wrote."""
    return archived(trace) or trace.info.tags.get(keys.SPANS_LOCATION) == keys.IN_STORE


def archived(trace: StoredTrace) -> bool:
    """Whether the trace's spans are a file that the server wrote."""
    return trace.info.tags.get(keys.SPANS_LOCATION) == keys.IN_ARCHIVE


def whole(trace: StoredTrace) -> bool:
    """Whether no spans are on their way any more."""
    return archived(trace) or complete(trace)


def _whole(trace: StoredTrace) -> dict[str, Any]:
    return {"trace_info": trace.info, "spans": [span_json.span(content) for content in trace.spans]}


def _experiments(body: Batch) -> list[int] | None:
    if body.experiment_ids is None:
        return None
    return [validation.experiment_id(text) for text in body.experiment_ids]


def _mutable(key: str, what: str) -> None:
    if key in keys.IMMUTABLE_TAGS and not (what == "deleted" and key.endswith("archivalFailure")):
        raise invalid(f"Tag '{key}' is immutable and cannot be {what} on a trace.")


_BASE = "/3.0/mlflow/traces"
_INFO = "trace.trace_info"
_LOCATION = f"{_INFO}.trace_location.mlflow_experiment.experiment_id"

ROUTES = (
    Route("POST", _BASE, start, needs=WRITE, on=(EXPERIMENT.by(_LOCATION), TRACE.by(f"{_INFO}.trace_id"))),
    Route("GET", f"{_BASE}/get", get, needs=READ, on=TRACE),
    Route("GET", f"{_BASE}/batchGet", batch_get, needs=READ, on=AMONG_TRACES),
    Route("POST", f"{_BASE}/batchGetInfos", batch_get_infos, needs=READ, on=AMONG_TRACES),
    Route("POST", f"{_BASE}/delete-traces", delete, needs=WRITE, on=EXPERIMENT),
    Route("POST", "/2.0/mlflow/traces/delete-traces", delete, needs=WRITE, on=EXPERIMENT),
    Route("GET", f"{_BASE}/{{trace_id}}", get_info, needs=READ, on=TRACE),
    Route("PATCH", f"{_BASE}/{{trace_id}}/tags", set_tag, needs=WRITE, on=TRACE),
    Route("DELETE", f"{_BASE}/{{trace_id}}/tags", delete_tag, needs=WRITE, on=TRACE),
    Route(
        "POST", "/2.0/mlflow/traces/link-to-run", link_to_run, needs=WRITE, on=(TRACE.by("trace_ids"), RUN)
    ),
    Route("POST", "/2.0/mlflow/traces/link-prompts", link_prompts, needs=WRITE, on=TRACE),
)
