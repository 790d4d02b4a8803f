"""Runs: MLflow's, begun, found and ended."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from trackstack.server import validation
from trackstack.server.bodies import Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.experiments_api import experiments
from trackstack.server.experiments_api.experiments import Description, Limit, Offset
from trackstack.server.experiments_api.views import NOTE_TAG, Run, RunResponse, run_of, run_view
from trackstack.server.mlflow import runs as mlflow
from trackstack.server.plain import Plain
from trackstack.server.search import runs as search
from trackstack.server.search.tree import View

RunId = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9][\w\-]{0,255}$")]
Status = Literal["finished", "failed", "killed"]

MOST_EXPERIMENTS = 50_000
"""As many are looked at for a listing of runs that names none."""


class CreateRun(Plain):
    experiment_id: Required
    name: str | None = None
    description: Description | None = None
    tags: dict[Required, str] | None = None


class ListRuns(Plain):
    experiment_id: str = ""
    limit: Limit = 100
    offset: Offset = 0


class RunRef(Plain):
    run_id: RunId


class EndRun(RunRef):
    status: Status | None = None


class EndQuery(Struct):
    """The status may stand here instead."""

    status: Status = "finished"


class RunListResponse(Struct):
    runs: list[RunResponse]
    total: int
    limit: int
    offset: int


class _Created(Struct):
    run: Run


_created = msgspec.json.Decoder(_Created).decode


async def create(call: Call, body: CreateRun) -> RunResponse:
    """A run without a name gets one."""
    tags = {**(body.tags or {}), **({NOTE_TAG: body.description} if body.description else {})}
    made = await mlflow.create(
        call,
        mlflow.CreateRun(
            experiment_id=body.experiment_id,
            user_id=call.identity.user,
            run_name=body.name or "",
            start_time=call.now,
            tags=tuple(mlflow.Tag(key=key, value=value) for key, value in tags.items()),
        ),
    )
    return run_view(_created(made.body).run)


async def list_(call: Call, body: ListRuns) -> RunListResponse:
    """Active runs, the newest first, of one experiment or of all."""
    if body.experiment_id:
        ids = [validation.experiment_id(body.experiment_id)]
        await call.store.experiments.get(ids[0])
    else:
        asked = experiments.named("", View.ACTIVE_ONLY)
        page, _ = await call.store.searches.experiments(asked, MOST_EXPERIMENTS, 0)
        ids = [int(one.experiment_id) for one in page]
    runs = search.parse(ids, View.ACTIVE_ONLY, None, ())
    found, _ = await call.store.searches.runs(runs, body.limit, body.offset)
    total = await call.store.counts.runs(ids, View.ACTIVE_ONLY)
    views = [run_view(run_of(document)) for document in found]
    return RunListResponse(views, total, body.limit, body.offset)


async def get(call: Call, body: RunRef) -> RunResponse:
    """Deleted ones too."""
    return run_view(await read(call, body.run_id))


async def end(call: Call, body: EndRun) -> RunResponse:
    """The status may be in the body or in the query; ending again sets status and time anew."""
    status = _status(body.status, call.query.get("status", []))
    await call.store.runs.update(validation.run_id(body.run_id), status.upper(), call.now, None)
    return run_view(run_of(await call.store.runs.get(body.run_id)))


async def read(call: Call, run_id: str) -> Run:
    """The run; raises ApiError where there is none."""
    return run_of(await call.store.runs.get(validation.run_id(run_id)))


def _status(in_body: Status | None, in_query: list[str]) -> str:
    given = {*in_query, *([in_body] if in_body else [])} or {"finished"}
    if len(given) > 1:
        raise invalid(f"status is given as {' and as '.join(sorted(given))}; give it once.")
    [status] = given
    if status not in ("finished", "failed", "killed"):
        raise invalid(f"status must be finished, failed or killed, not {status[:100]!r}.")
    return status
