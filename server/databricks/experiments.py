"""Experiments and their runs, many at once."""

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, FOUND
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.experiments import SearchedExperiments
from trackstack.server.mlflow.views import ViewName, most, view
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import experiments as search
from trackstack.server.search import pages

MOST_LISTED = 1000
MOST_RUNS = 10_000
_ALL = 2**53


class ListExperiments(Message):
    max_results: Int64 | None = None
    page_token: str = ""
    view_type: ViewName = 0


class DeleteRuns(Message):
    experiment_id: Required
    max_timestamp_millis: Int64
    max_runs: Int64 = MOST_RUNS


class RestoreRuns(Message):
    experiment_id: Required
    min_timestamp_millis: Int64
    max_runs: Int64 = MOST_RUNS


class RunsDeleted(Struct):
    runs_deleted: int


class RunsRestored(Struct):
    runs_restored: int


async def list_experiments(call: Call, body: ListExperiments) -> SearchedExperiments:
    """All of them without `max_results`; more than 1000 are taken for 1000."""
    page = _ALL if body.max_results is None else min(most(body.max_results, 2**63), MOST_LISTED)
    offset = pages.offset(body.page_token)
    asked = search.parse(view(body.view_type), "", ())
    found, more = await call.store.searches.experiments(asked, page, offset)
    return SearchedExperiments(found, pages.token_for(offset + page) if more else None)


async def delete_runs(call: Call, body: DeleteRuns) -> RunsDeleted:
    """Those that began at the given time or before it, at most `max_runs`, the oldest first."""
    experiment, runs = validation.experiment_id(body.experiment_id), _most_runs(body.max_runs)
    until = body.max_timestamp_millis
    return RunsDeleted(await call.store.many_runs.delete(experiment, until, runs, call.now))


async def restore_runs(call: Call, body: RestoreRuns) -> RunsRestored:
    """Those that were deleted at the given time or after it, at most `max_runs`, the first deleted first."""
    experiment, runs = validation.experiment_id(body.experiment_id), _most_runs(body.max_runs)
    return RunsRestored(await call.store.many_runs.restore(experiment, body.min_timestamp_millis, runs))


def _most_runs(asked: int) -> int:
    if not 1 <= asked <= MOST_RUNS:
        raise invalid(f"max_runs is {asked}; it must be between 1 and {MOST_RUNS}.")
    return asked


_RUNS = "/2.0/mlflow/databricks/runs"

ROUTES = (
    Route("GET", "/2.0/mlflow/experiments/list", list_experiments, needs=READ, on=FOUND),
    Route("POST", f"{_RUNS}/delete-runs", delete_runs, needs=WRITE, on=EXPERIMENT),
    Route("POST", f"{_RUNS}/restore-runs", restore_runs, needs=WRITE, on=EXPERIMENT),
)
