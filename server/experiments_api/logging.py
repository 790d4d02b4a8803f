"""What runs log: metrics, params and tags, within MLflow's limits, all or nothing a request."""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from trackstack.server.bodies import Int64, Required
from trackstack.server.calls import Call
from trackstack.server.experiments_api.runs import RunRef
from trackstack.server.mlflow import logging as mlflow
from trackstack.server.plain import Plain

Value = float | Literal["NaN", "Infinity", "-Infinity"]
"""JSON has no numbers for the three texts."""

Millis = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class LogMetrics(RunRef):
    """`timestamp`: milliseconds since 1970; the server's time where it is left out."""

    metrics: dict[Required, Value]
    step: Int64 = 0
    timestamp: Millis | None = None


class LogParams(RunRef):
    params: dict[Required, str]


class Metric(Plain):
    key: Required
    value: Value
    step: Int64 = 0
    timestamp: Millis | None = None


class KeyValue(Plain):
    key: Required
    value: str


class LogBatch(RunRef):
    metrics: tuple[Metric, ...] = ()
    params: tuple[KeyValue, ...] = ()
    tags: tuple[KeyValue, ...] = ()


class Logged(Struct):
    """How many items were logged."""

    run_id: str
    metrics: int = 0
    params: int = 0
    tags: int = 0


async def log_metrics(call: Call, body: LogMetrics) -> Logged:
    """One point of each key, all at one step and time."""
    points = [
        Metric(key=key, value=value, step=body.step, timestamp=body.timestamp)
        for key, value in body.metrics.items()
    ]
    return await _log(call, body.run_id, metrics=points)


async def log_params(call: Call, body: LogParams) -> Logged:
    """A param is logged once; the same value again changes nothing, another one is refused."""
    return await _log(
        call, body.run_id, params=[KeyValue(key=key, value=value) for key, value in body.params.items()]
    )


async def log_batch(call: Call, body: LogBatch) -> Logged:
    return await _log(call, body.run_id, body.metrics, body.params, body.tags)


async def _log(
    call: Call,
    run_id: str,
    metrics: Iterable[Metric] = (),
    params: Iterable[KeyValue] = (),
    tags: Iterable[KeyValue] = (),
) -> Logged:
    now = call.now
    batch = mlflow.LogBatch(
        run_id=run_id,
        metrics=tuple(
            mlflow.Metric(
                key=one.key,
                value=float(one.value),
                step=one.step,
                timestamp=now if one.timestamp is None else one.timestamp,
            )
            for one in metrics
        ),
        params=tuple(mlflow.KeyValue(key=one.key, value=one.value) for one in params),
        tags=tuple(mlflow.KeyValue(key=one.key, value=one.value) for one in tags),
    )
    await mlflow.log_batch(call, batch)
    return Logged(run_id, len(batch.metrics), len(batch.params), len(batch.tags))
