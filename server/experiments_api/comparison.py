"""Runs side by side, and which of them is the best by each metric."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.experiments_api import runs
from trackstack.server.experiments_api.views import metrics_of, run_view
from trackstack.server.plain import Plain

_SMALL_IS_GOOD = re.compile("loss|error", re.IGNORECASE)
_LARGE_IS_GOOD = re.compile("accuracy|auc|f1", re.IGNORECASE)


class CompareRuns(Plain):
    """`metrics`: those to compare by; all that any of the runs has where there are none."""

    run_ids: Annotated[tuple[runs.RunId, ...], Meta(min_length=2, max_length=10)]
    metrics: Annotated[tuple[str, ...], Meta(max_length=1000)] | None = None


class ComparedRun(Struct):
    run_id: str
    name: str
    status: str
    params: dict[str, str]
    metrics: dict[str, float | str]


class MetricComparison(Struct):
    """`all_values` has every run, with null for one that did not log the metric."""

    best_run_id: str | None
    best_value: float | None
    all_values: dict[str, float | str | None]


class Comparison(Struct):
    """`best_run` is null: which run is the best depends on the metric."""

    metric_comparison: dict[str, MetricComparison]
    best_run: None = None


class CompareRunsResponse(Struct):
    runs: list[ComparedRun]
    comparison: Comparison


async def compare(call: Call, body: CompareRuns) -> CompareRunsResponse:
    """The runs in the order in which they were asked for."""
    if len(set(body.run_ids)) < len(body.run_ids):
        raise invalid("run_ids names a run twice; name each once.")
    found = [await runs.read(call, run_id) for run_id in body.run_ids]
    by_run = {run.info.run_id: metrics_of(run) for run in found}
    wanted = body.metrics or sorted({key for metrics in by_run.values() for key in metrics})
    views = [run_view(run) for run in found]
    return CompareRunsResponse(
        [
            ComparedRun(view.run_id, view.name, view.status, view.params, _only(body.metrics, view.metrics))
            for view in views
        ],
        Comparison({key: _compared(key, by_run) for key in wanted}),
    )


def _only(keys: Sequence[str] | None, metrics: dict[str, float | str]) -> dict[str, float | str]:
    return {key: metrics[key] for key in keys if key in metrics} if keys else metrics


def _compared(key: str, by_run: Mapping[str, Mapping[str, float | str]]) -> MetricComparison:
    values = {run_id: metrics.get(key) for run_id, metrics in by_run.items()}
    numbers = {run_id: value for run_id, value in values.items() if isinstance(value, float)}
    best = _best(key, numbers)
    return MetricComparison(best, numbers.get(best) if best else None, values)


def _best(key: str, numbers: Mapping[str, float]) -> str | None:
    """The first run with the best number; a name tells what is good, and smaller is where it does not."""
    large = _LARGE_IS_GOOD.search(key) and not _SMALL_IS_GOOD.search(key)
    return min(numbers, key=lambda run_id: -numbers[run_id] if large else numbers[run_id], default=None)
