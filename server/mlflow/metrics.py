"""Histories of metrics, in MLflow's words."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from trackstack.server.access.objects import RUN
from trackstack.server.bodies import SEE, Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.views import within
from trackstack.server.routes import READ, Route
from trackstack.server.search import pages
from trackstack.server.store.entities import MetricPoint
from trackstack.server.store.points import Points

MOST_RUNS = 100
MOST_POINTS = 25_000
MOST_SAMPLES = 2500


class GetHistory(Message):
    run_id: Required
    metric_key: Required
    run_uuid: str = ""
    page_token: str = ""
    max_results: Int64 | None = None


class GetHistories(Message):
    run_id: tuple[str, ...] = ()
    metric_key: str | None = None
    max_results: Annotated[int, Meta(ge=0)] = MOST_POINTS


class GetSamples(Message):
    run_ids: tuple[str, ...]
    metric_key: Required
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: Int64 = MOST_SAMPLES


_POINT = msgspec.json.schema(MetricPoint)["$defs"]["MetricPoint"]


class History(Struct, omit_defaults=True):
    metrics: Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": _POINT})] | UnsetType = UNSET
    next_page_token: str | None = None


async def history(call: Call, body: GetHistory) -> History:
    """Everything at once, unless `max_results` asks for pages."""
    page = body.max_results
    if page is not None and page <= 0:
        raise invalid(
            f"Invalid value {page} for parameter 'max_results' supplied. It must be a positive integer."
        )
    offset = pages.offset(body.page_token)
    if page is None and not offset:
        return _history(await call.store.metrics.history(body.run_id, body.metric_key))
    points, more = await call.store.metrics.page(body.run_id, body.metric_key, page, offset)
    return _history(points, pages.token_for(offset + points.count) if more else None)


async def histories(call: Call, body: GetHistories) -> History:
    """Several runs' histories, one after the other, up to 25 000 points in all."""
    name = "GetMetricHistoryBulk request"
    if not body.run_id:
        raise invalid(f"{name} must specify at least one run_id.")
    if len(body.run_id) > MOST_RUNS:
        raise invalid(
            f"{name} cannot specify more than {MOST_RUNS} run_ids. Received {len(body.run_id)} run_ids."
        )
    if body.metric_key is None:
        raise invalid(f"{name} must specify a metric_key.")
    most = min(body.max_results, MOST_POINTS)
    return _history(await call.store.metrics.histories(body.run_id, body.metric_key, most))


async def samples(call: Call, body: GetSamples) -> History:
    """Some points of each run, evenly spread, with its first and last."""
    if len(body.run_ids) > MOST_RUNS:
        raise invalid(
            f"GetMetricHistoryBulkInterval request must specify at most {MOST_RUNS} run_ids. "
            f"Received {len(body.run_ids)} run_ids.{SEE}"
        )
    most = within(body.max_results, MOST_SAMPLES)
    start, end = body.start_step, body.end_step
    if (start is None) != (end is None):
        raise invalid("If either start step or end step are specified, both must be specified.")
    if start is not None and end is not None and start > end:
        raise invalid(
            f"end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        )
    return _history(await call.store.metrics.sampled(body.run_ids, body.metric_key, most, start, end))


def _history(points: Points, token: str | None = None) -> History:
    return History(points.json if points.count else UNSET, token)


ROUTES = (
    Route("GET", "/2.0/mlflow/metrics/get-history", history, needs=READ, on=RUN),
    Route("GET", "/2.0/mlflow/metrics/get-history-bulk", histories, needs=READ, on=RUN),
    Route("GET", "/2.0/mlflow/metrics/get-history-bulk-interval", samples, needs=READ, on=RUN.by("run_ids")),
)
