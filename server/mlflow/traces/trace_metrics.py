"""Figures over traces, as the web UI's overview asks for them."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, Route
from trackstack.server.search import trace_metrics as search

MOST_POINTS = 1000
Seconds = Annotated[int, Meta(ge=1, le=10**9)]

_VIEWS = {"1": "TRACES", "2": "SPANS", "3": "ASSESSMENTS"}
_AGGREGATIONS = {"1": "COUNT", "2": "SUM", "3": "AVG", "4": "PERCENTILE", "5": "MIN", "6": "MAX"}


class AggregationMessage(Message):
    aggregation_type: int | str
    percentile_value: float | None = None


class QueryMetrics(Message):
    experiment_ids: tuple[str, ...]
    view_type: int | str
    metric_name: Required
    aggregations: tuple[AggregationMessage, ...]
    dimensions: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    time_interval_seconds: Seconds | None = None
    start_time_ms: Int64 | None = None
    end_time_ms: Int64 | None = None
    max_results: Int64 = MOST_POINTS
    page_token: str = ""  # accepted and not needed: there are no further pages, as in MLflow


class Point(Struct, omit_defaults=True, kw_only=True):
    metric_name: str
    dimensions: dict[str, str] = {}
    values: dict[str, float]


class Points(Struct, omit_defaults=True):
    data_points: list[Point] = []


async def query(call: Call, body: QueryMetrics) -> Points:
    if not body.aggregations:
        raise invalid("aggregations must name at least one aggregation_type.")
    asked = search.MetricSearch(
        experiments=tuple(validation.experiment_id(text) for text in body.experiment_ids),
        view=_one_of(body.view_type, _VIEWS, "view_type"),
        metric=body.metric_name,
        aggregations=tuple(map(_aggregation, body.aggregations)),
        dimensions=tuple(dict.fromkeys(body.dimensions)),
        filters=body.filters,
        interval=body.time_interval_seconds and body.time_interval_seconds * 1000,
        start=body.start_time_ms,
        end=body.end_time_ms,
        most=most(body.max_results, MOST_POINTS),
    )
    search.check(asked)
    found = await call.store.traces.metrics(asked)
    return Points(
        [
            Point(metric_name=body.metric_name, dimensions=_dimensions(point), values=point.values)
            for point in found
        ]
    )


def _aggregation(given: AggregationMessage) -> search.Aggregation:
    name = _one_of(given.aggregation_type, _AGGREGATIONS, "aggregation_type")
    if name != "PERCENTILE":
        return search.Aggregation(name)
    if given.percentile_value is None or not 0 <= given.percentile_value <= 100:
        raise invalid(f"percentile_value must be a number from 0 to 100, got {given.percentile_value}")
    return search.Aggregation(name, given.percentile_value)


def _one_of(given: int | str, names: dict[str, str], field: str) -> str:
    name = names.get(str(given), str(given))
    if name not in names.values():
        raise invalid(f"{field} must be one of {list(names.values())}, got '{name[:100]}'")
    return name


def _dimensions(point: search.Point) -> dict[str, str]:
    if point.bucket is None:
        return point.dimensions
    return {"time_bucket": datetime.fromtimestamp(point.bucket / 1000, UTC).isoformat(), **point.dimensions}


ROUTES = (Route("POST", "/3.0/mlflow/traces/metrics", query, needs=READ, on=AMONG_EXPERIMENTS),)
