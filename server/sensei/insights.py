"""Insights: what was measured of a run or model; numbers about a run are metrics of MLflow's run, too."""

import math
import re

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access import guard
from trackstack.server.access.objects import NEW, NOTHING
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, WRITE
from trackstack.server.sensei import reading, views
from trackstack.server.sensei.operations import (
    Body,
    Line,
    Name,
    Part,
    Text,
    author,
    operation,
    plain,
)
from trackstack.server.store.callers import Level
from trackstack.server.store.decisions import Kind as Object
from trackstack.server.store.entities import Point
from trackstack.server.store.logging import Batch
from trackstack.server.store.sensei.kinds import INSIGHT, RUN

DEFAULT_METRICS = {
    "Classification": ["accuracy", "precision", "recall", "f-score", "areaUnderROC"],
    "Regression": ["mae", "mape", "mase", "rmse", "r2"],
    "Custom": [],
    "fp": [],
}
"""What is measured of an algorithm unless its engine says otherwise."""

_NOT_OF_KEYS = re.compile(r"[^/\w.\- :]")


class Context(Part):
    client_id: Line | None = None
    notebook_id: Line | None = None
    experiment_id: Line | None = None
    engine_id: Line | None = None
    ml_instance_id: Line | None = None
    experiment_run_id: Line | None = None
    model_id: Line | None = None
    data_set_id: Line | None = None


class Event(Part):
    name: Line | None = None
    event_values: dict[Name, Text] | None = None


class Metric(Part):
    """Values are text; numbers are taken, too."""

    name: Name
    value: Line | float | None = None
    value_type: Line | None = None


class Insight(Body):
    id: Line | None = None
    context: Context | None = None
    events: Event | None = None
    metrics: list[Metric] | None = None


class Algorithm(Struct):
    """The query of default metrics: one algorithm, or all."""

    algorithm: str = ""


async def create(call: Call, body: Insight) -> Answer:
    """A run that the store does not have (any more) is only remembered by its id."""
    document = plain(body)
    document.pop("id", None)
    for metric in document.get("metrics", ()):
        if "value" in metric:
            metric["value"] = _text(metric["value"])
    run_id = body.context.experiment_run_id if body.context is not None else None
    points = _points(body.metrics or (), call.now)
    if run_id is not None and points:
        run = await call.store.sensei.resources.find(RUN, run_id)
        if run is not None and run.deleted_at is None:
            if call.identity.limited:
                await guard.check(call, Object.RUN, [run.id], Level.EDIT)
            await call.store.logging.batch(run.id, Batch(points))
    made = await call.store.sensei.resources.create(INSIGHT, document, author(call), call.now)
    return views.INSIGHT.one(made, created=True)


async def default_metrics(call: Call) -> Answer:
    """Of one algorithm, whichever way its name is written, or of all."""
    wanted = call.query.get("algorithm", [""])[-1].lower()
    children = [
        {"algorithm": name, "defaultMetrics": metrics}
        for name, metrics in DEFAULT_METRICS.items()
        if wanted in ("", name.lower())
    ]
    return views.document({"children": children}, "defaultMetricsListing")


def _points(metrics: "list[Metric] | tuple[()]", at: int) -> list[Point]:
    points = {}
    for metric in metrics:
        key = _NOT_OF_KEYS.sub("_", metric.name)
        number = _number(metric.value)
        if number is not None and validation.is_key(key):
            points[key] = Point(key, 0, at, *validation.metric_value(number))
    return list(points.values())


def _number(value: str | float | None) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}" if value == int(value) else str(value)


ROUTES = (
    *reading.routes(views.INSIGHT, "insightId"),
    operation("POST", "/insights", create, needs=WRITE, on=NEW),
    operation("GET", "/insights/metrics", default_metrics, needs=READ, on=NOTHING, query=Algorithm),
)
