"""Searching traces, and how two filters go together."""

import math
from typing import Annotated

from msgspec import Meta, Struct

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS, Among
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.mlflow.traces.messages import LocationMessage
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, Route
from trackstack.server.search import pages
from trackstack.server.search import traces as search
from trackstack.server.store.decisions import Kind
from trackstack.server.store.traces.entities import TraceInfo

MOST_TRACES = 500


class SearchTraces(Message):
    locations: tuple[LocationMessage, ...]
    filter: str = ""
    max_results: Annotated[int, Meta(le=MOST_TRACES)] = 100
    order_by: tuple[str, ...] = ()
    page_token: str = ""


class Correlate(Message):
    experiment_ids: tuple[str, ...]
    filter_string1: Required
    filter_string2: Required
    base_filter: str = ""


class Found(Struct, omit_defaults=True):
    traces: list[TraceInfo] = []
    next_page_token: str | None = None


class Correlation(Struct):
    npmi: float | str  # JSON has no NaN
    npmi_smoothed: float | str
    filter1_count: int
    filter2_count: int
    joint_count: int
    total_count: int


async def find(call: Call, body: SearchTraces) -> Found:
    page, offset = most(body.max_results, MOST_TRACES), pages.offset(body.page_token)
    experiments = [
        validation.experiment_id(one.mlflow_experiment.experiment_id)
        for one in body.locations
        if one.mlflow_experiment
    ]
    wanted = search.parse(experiments, body.filter, body.order_by)
    found, more = await call.store.traces.search(wanted, page, offset)
    return Found(found, pages.token_for(offset + page) if more else None)


async def correlate(call: Call, body: Correlate) -> Correlation:
    """Normalised pointwise mutual information of two filters, among the traces that a third one finds."""
    experiments = [validation.experiment_id(text) for text in body.experiment_ids]
    base, one, other = (
        search.parse(experiments, text, ())
        for text in (body.base_filter, body.filter_string1, body.filter_string2)
    )
    total, first, second, joint = await call.store.traces.counts(
        (base,), (base, one), (base, other), (base, one, other)
    )
    plain, smoothed = npmi(joint, first, second, total)
    return Correlation(_shown(plain), _shown(smoothed), first, second, joint, total)


def npmi(joint: int, first: int, second: int, total: int) -> tuple[float, float]:
    """From -1 (never together) to 1 (always together), and the same with half a trace added to each cell.

    NaN where one of the two filters finds nothing.
    """
    cells = (joint, first - joint, second - joint, total - first - second + joint)
    if not first or not second or min(cells) < 0:
        return math.nan, math.nan
    plain = _npmi(joint, first, second, total) if joint else -1.0
    return plain, _npmi(joint + 0.5, first + 1.0, second + 1.0, total + 2.0)


def _shown(value: float) -> float | str:
    return "NaN" if math.isnan(value) else value


def _npmi(joint: float, first: float, second: float, total: float) -> float:
    if joint == total:
        return 1.0
    pmi = math.log(joint) + math.log(total) - math.log(first) - math.log(second)
    return max(-1.0, min(1.0, pmi / (math.log(total) - math.log(joint))))


_AMONG_LOCATIONS = Among(Kind.EXPERIMENT, "locations", "mlflow_experiment.experiment_id")

ROUTES = (
    Route("POST", "/3.0/mlflow/traces/search", find, needs=READ, on=_AMONG_LOCATIONS),
    Route(
        "POST", "/3.0/mlflow/traces/calculate-filter-correlation", correlate, needs=READ, on=AMONG_EXPERIMENTS
    ),
)
