"""Traces as clients before MLflow 3 have them: the same traces, in fewer fields."""

import uuid
from typing import Annotated

from msgspec import Meta, Struct

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS, EXPERIMENT, TRACE
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.mlflow.traces import traces
from trackstack.server.mlflow.traces.messages import pairs, state
from trackstack.server.mlflow.traces.trace_search import MOST_TRACES
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import pages
from trackstack.server.search import traces as search
from trackstack.server.store.entities import Tag
from trackstack.server.store.traces import keys
from trackstack.server.store.traces.entities import NewTrace, TraceInfo
from trackstack.server.store.traces.times import parse_duration, parse_timestamp


class Pair(Message):
    key: str = ""
    value: str = ""


class StartTrace(Message):
    experiment_id: Required
    timestamp_ms: Int64 = 0
    request_metadata: tuple[Pair, ...] = ()
    tags: tuple[Pair, ...] = ()


class EndTrace(Message):
    request_id: Required
    timestamp_ms: Int64 = 0
    status: int | str = 0
    request_metadata: tuple[Pair, ...] = ()
    tags: tuple[Pair, ...] = ()


class TraceRef(Message):
    request_id: Required


class SetTag(Message):
    request_id: Required
    key: Required
    value: str = ""


class TagRef(Message):
    request_id: Required
    key: Required


class SearchTraces(Message):
    experiment_ids: tuple[str, ...]
    filter: str = ""
    max_results: Annotated[int, Meta(le=MOST_TRACES)] = 100
    order_by: tuple[str, ...] = ()
    page_token: str = ""


class Info(Struct, omit_defaults=True):
    request_id: str
    experiment_id: str
    timestamp_ms: int
    execution_time_ms: int
    status: str
    request_metadata: list[Tag] = []
    tags: list[Tag] = []


class One(Struct):
    trace_info: Info


class Found(Struct, omit_defaults=True):
    traces: list[Info] = []
    next_page_token: str | None = None


async def start(call: Call, body: StartTrace) -> One:
    """The id is the server's; spans come into the trace's artifacts."""
    new = NewTrace(
        id=f"tr-{uuid.uuid4().hex}",
        experiment_id=validation.experiment_id(body.experiment_id),
        started_at=body.timestamp_ms,
        duration=None,
        state="IN_PROGRESS",
        client_request_id=None,
        request_preview=None,
        response_preview=None,
        tags=_pairs(body.tags),
        metadata=_pairs(body.request_metadata),
        assessments=(),
    )
    return One(_info(await call.store.traces.start(new)))


async def end(call: Call, body: EndTrace) -> One:
    """Tags and metadata are merged into those that the trace has."""
    found = await call.store.traces.extend(
        body.request_id,
        body.timestamp_ms,
        state(body.status),
        _pairs(body.tags),
        _pairs(body.request_metadata),
    )
    return One(_info(found))


async def get(call: Call, body: TraceRef) -> One:
    return One(_info(await call.store.traces.get(body.request_id)))


async def set_tag(call: Call, body: SetTag) -> None:
    await traces.set_tag(call, traces.SetTag(trace_id=body.request_id, key=body.key, value=body.value))


async def delete_tag(call: Call, body: TagRef) -> None:
    await traces.delete_tag(call, traces.TagRef(trace_id=body.request_id, key=body.key))


async def find(call: Call, body: SearchTraces) -> Found:
    page, offset = most(body.max_results, MOST_TRACES), pages.offset(body.page_token)
    experiments = [validation.experiment_id(text) for text in body.experiment_ids]
    wanted = search.parse(experiments, body.filter, body.order_by)
    found, more = await call.store.traces.search(wanted, page, offset)
    return Found([_info(one) for one in found], pages.token_for(offset + page) if more else None)


def _pairs(given: tuple[Pair, ...]) -> dict[str, str]:
    return pairs({pair.key: pair.value for pair in given})


def _info(found: TraceInfo) -> Info:
    took = found.execution_duration
    return Info(
        request_id=found.trace_id,
        experiment_id=found.trace_location.mlflow_experiment.experiment_id,
        timestamp_ms=parse_timestamp(found.request_time, "request_time"),
        execution_time_ms=parse_duration(took, "execution_duration") if took else 0,
        status=found.state.replace("STATE_UNSPECIFIED", "TRACE_STATUS_UNSPECIFIED"),
        request_metadata=[
            Tag(key, value) for key, value in found.trace_metadata.items() if key != keys.FINALIZED
        ],
        tags=[Tag(key, value) for key, value in found.tags.items()],
    )


_BASE = "/2.0/mlflow/traces"
_ONE = f"{_BASE}/{{request_id}}"

ROUTES = (
    Route("POST", _BASE, start, needs=WRITE, on=EXPERIMENT),
    Route("GET", _BASE, find, needs=READ, on=AMONG_EXPERIMENTS),
    Route("PATCH", _ONE, end, needs=WRITE, on=TRACE.by("request_id")),
    Route("GET", f"{_ONE}/info", get, needs=READ, on=TRACE.by("request_id")),
    Route("PATCH", f"{_ONE}/tags", set_tag, needs=WRITE, on=TRACE.by("request_id")),
    Route("DELETE", f"{_ONE}/tags", delete_tag, needs=WRITE, on=TRACE.by("request_id")),
)
