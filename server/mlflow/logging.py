"""What runs log: metrics, params and tags, one by one and in batches, in MLflow's words."""

from collections.abc import Sequence

from trackstack.server import validation
from trackstack.server.access.objects import LOGGED_MODEL, RUN
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.routes import WRITE, Route
from trackstack.server.store.entities import Point
from trackstack.server.store.logged_models import ModelPoint
from trackstack.server.store.logging import Batch

MOST_METRICS = 1000
MOST_PARAMS_OR_TAGS = 100
MOST_ITEMS = 1000


class Metric(Message):
    key: Required
    value: float
    timestamp: Int64
    step: Int64 = 0
    dataset_name: str = ""
    dataset_digest: str = ""
    model_id: str = ""
    run_id: str = ""


class LogMetric(Metric, kw_only=True):
    run_id: Required
    run_uuid: str = ""


class KeyValue(Message):
    key: Required
    value: str = ""


class LogKeyValue(KeyValue, kw_only=True):
    run_id: Required
    run_uuid: str = ""


class RunTag(Message):
    run_id: Required
    key: Required


class LogBatch(Message):
    run_id: Required
    metrics: tuple[Metric, ...] = ()
    params: tuple[KeyValue, ...] = ()
    tags: tuple[KeyValue, ...] = ()


async def log_metric(call: Call, body: LogMetric) -> None:
    points = (_point(body),)
    await call.store.logging.batch(body.run_id, Batch(points, model_points=_of_models((body,), points)))


async def log_parameter(call: Call, body: LogKeyValue) -> None:
    key, value = _param(body)
    await call.store.logging.param(body.run_id, key, value)


async def set_tag(call: Call, body: LogKeyValue) -> None:
    await call.store.logging.batch(body.run_id, Batch(tags=(_tag(body),)))


async def delete_tag(call: Call, body: RunTag) -> None:
    await call.store.runs.delete_tag(body.run_id, body.key)


async def log_batch(call: Call, body: LogBatch) -> None:
    """All of it or, where anything is wrong, nothing."""
    run_id = validation.run_id(body.run_id)
    points = [_point(metric, at) for at, metric in enumerate(body.metrics)]
    batch = Batch(
        points,
        [_param(param, at) for at, param in enumerate(body.params)],
        [_tag(tag, at) for at, tag in enumerate(body.tags)],
        _of_models(body.metrics, points),
    )
    _check_size("metrics", len(body.metrics), MOST_METRICS)
    _check_size("params", len(body.params), MOST_PARAMS_OR_TAGS)
    _check_size("tags", len(body.tags), MOST_PARAMS_OR_TAGS)
    items = len(body.metrics) + len(body.params) + len(body.tags)
    _check_size("metrics, params, and tags", items, MOST_ITEMS)
    _check_unique(batch.params)
    await call.store.logging.batch(run_id, batch)


def _point(metric: Metric, at: int | None = None) -> Point:
    if not validation.is_key(metric.key):
        validation.key(metric.key, _path("metrics", at, "name"), "Metric name")
    if metric.timestamp < 0:
        path = _path("metrics", at, "timestamp")
        raise validation.bad_timestamp(metric.timestamp, path, metric.key, metric.value)
    value, is_nan = validation.metric_value(metric.value)
    return Point(metric.key, metric.step, metric.timestamp, value, is_nan)


def _of_models(metrics: Sequence[Metric], points: Sequence[Point]) -> list[ModelPoint]:
    """Those of the points that were measured of a logged model."""
    return [
        ModelPoint(
            metric.model_id,
            *point,
            validation.limited(metric.dataset_name, 500, "dataset_name"),
            validation.limited(metric.dataset_digest, 36, "dataset_digest"),
        )
        for metric, point in zip(metrics, points, strict=True)
        if metric.model_id
    ]


def _param(param: KeyValue, at: int | None = None) -> tuple[str, str]:
    if not validation.is_key(param.key):
        validation.key(param.key, _path("params", at, "key"), "Param key")
    return param.key, param.value[: validation.PARAM_LENGTH]


def _tag(tag: KeyValue, at: int | None = None) -> tuple[str, str]:
    if not validation.is_key(tag.key):
        path = _path("tags", at, "key")
        validation.key(tag.key, path, path)
    return tag.key, tag.value[: validation.TAG_LENGTH]


def _path(items: str, at: int | None, field: str) -> str:
    """Where a value stands in the request: in a list, or at its top."""
    return field if at is None else f"{items}[{at}].{field}"


def _check_size(what: str, length: int, limit: int) -> None:
    if length > limit:
        raise invalid(
            f"A batch logging request can contain at most {limit} {what}. Got {length} {what}. "
            f"Please split up {what} across multiple requests and try again."
        )


def _check_unique(params: Sequence[tuple[str, str]]) -> None:
    keys = [key for key, _ in params]
    if len(set(keys)) < len(keys):
        repeated = [key for at, key in enumerate(keys) if key in keys[:at]]
        raise invalid(
            f"Duplicate parameter keys have been submitted: {repeated}. Please ensure the request contains "
            "only one param value per param key."
        )


ROUTES = (
    Route("POST", "/2.0/mlflow/runs/log-metric", log_metric, needs=WRITE, on=(RUN, LOGGED_MODEL)),
    Route("POST", "/2.0/mlflow/runs/log-parameter", log_parameter, needs=WRITE, on=RUN),
    Route("POST", "/2.0/mlflow/runs/set-tag", set_tag, needs=WRITE, on=RUN),
    Route("POST", "/2.0/mlflow/runs/delete-tag", delete_tag, needs=WRITE, on=RUN),
    Route(
        "POST",
        "/2.0/mlflow/runs/log-batch",
        log_batch,
        needs=WRITE,
        on=(RUN, LOGGED_MODEL.by("metrics.model_id")),
    ),
)
