"""Experiments, in MLflow's words."""

from typing import Any

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, EXPERIMENT_NAME, FOUND, NEW_EXPERIMENT
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.views import ViewName, most, view
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import experiments as search
from trackstack.server.search import pages
from trackstack.server.store.entities import Experiment

DEFAULT_EXPERIMENTS = 1000
MOST_EXPERIMENTS = 50_000


class Tag(Message):
    key: str = ""
    value: str = ""


class CreateExperiment(Message):
    name: Required
    artifact_location: str = ""
    tags: tuple[Tag, ...] = ()
    trace_location: dict[str, Any] | None = None


class Created(Struct):
    experiment_id: str


class ExperimentRef(Message):
    experiment_id: Required


class ExperimentName(Message):
    experiment_name: Required


class Found(Struct):
    experiment: Experiment


class UpdateExperiment(Message):
    experiment_id: Required
    new_name: Required


class SetTag(Message):
    experiment_id: Required
    key: Required
    value: str = ""


class TagRef(Message):
    experiment_id: Required
    key: Required


class SearchExperiments(Message):
    max_results: Int64 = DEFAULT_EXPERIMENTS
    page_token: str = ""
    filter: str = ""
    order_by: tuple[str, ...] = ()
    view_type: ViewName = 0


class SearchedExperiments(Struct, omit_defaults=True):
    experiments: list[Experiment] = []
    next_page_token: str | None = None


async def create(call: Call, body: CreateExperiment) -> Created:
    """RESOURCE_ALREADY_EXISTS also for a soft-deleted namesake."""
    validation.limited(body.name, validation.EXPERIMENT_NAME_LENGTH, "name")
    if body.trace_location is not None:
        raise invalid("trace_location: an experiment's traces are kept with it here; leave this out.")
    tags: dict[str, str] = {}
    for tag in body.tags:
        tags[_tag_key(tag.key)] = _tag_value(tag.value)
    if len(tags) < len(body.tags):
        raise invalid("An experiment has each tag once; the request repeats some.")
    call.artifacts.location(body.artifact_location, 0)  # refuses what is not in our store

    def locate(id_: int) -> str:
        return call.artifacts.location(body.artifact_location, id_)

    return Created(str(await call.store.experiments.create(body.name, locate, tags, call.now)))


async def get(call: Call, body: ExperimentRef) -> Found:
    """Deleted ones too."""
    found = await call.store.experiments.get(validation.experiment_id(body.experiment_id))
    return Found(*_with_retention(call, [found]))


async def get_by_name(call: Call, body: ExperimentName) -> Found:
    """Deleted ones too."""
    return Found(*_with_retention(call, [await call.store.experiments.named(body.experiment_name)]))


async def update(call: Call, body: UpdateExperiment) -> None:
    validation.limited(body.new_name, validation.EXPERIMENT_NAME_LENGTH, "name")
    id_ = validation.experiment_id(body.experiment_id)
    await call.store.experiments.rename(id_, body.new_name, call.now)


async def delete(call: Call, body: ExperimentRef) -> None:
    await call.store.experiments.delete(validation.experiment_id(body.experiment_id), call.now)


async def restore(call: Call, body: ExperimentRef) -> None:
    await call.store.experiments.restore(validation.experiment_id(body.experiment_id), call.now)


async def set_tag(call: Call, body: SetTag) -> None:
    id_ = validation.experiment_id(body.experiment_id)
    await call.store.experiments.set_tag(id_, _tag_key(body.key), _tag_value(body.value))


async def delete_tag(call: Call, body: TagRef) -> None:
    await call.store.experiments.delete_tag(validation.experiment_id(body.experiment_id), body.key)


async def find(call: Call, body: SearchExperiments) -> SearchedExperiments:
    """Without `max_results`, which Databricks' clients need not give, at most 1000."""
    page = most(body.max_results, MOST_EXPERIMENTS)
    asked = search.parse(view(body.view_type), body.filter, body.order_by)
    offset = pages.offset(body.page_token)
    found, more = await call.store.searches.experiments(asked, page, offset)
    return SearchedExperiments(_with_retention(call, found), pages.token_for(offset + page) if more else None)


def _with_retention(call: Call, found: list[Experiment]) -> list[Experiment]:
    """Where traces are archived, each tells when its own are."""
    if (policy := call.services.settings.archival) is not None:
        for one in found:
            tags = {tag.key: tag.value for tag in one.tags}
            one.effective_trace_archival_retention = policy.of(int(one.experiment_id), tags)
    return found


def _tag_key(key: str) -> str:
    return validation.key(key, "key", "key")


def _tag_value(value: str) -> str:
    return validation.limited(value, validation.EXPERIMENT_TAG_LENGTH, "value")


ROUTES = (
    Route("POST", "/2.0/mlflow/experiments/create", create, needs=WRITE, on=NEW_EXPERIMENT),
    Route("GET", "/2.0/mlflow/experiments/get", get, needs=READ, on=EXPERIMENT),
    Route("GET", "/2.0/mlflow/experiments/get-by-name", get_by_name, needs=READ, on=EXPERIMENT_NAME),
    Route("POST", "/2.0/mlflow/experiments/update", update, needs=WRITE, on=EXPERIMENT),
    Route("POST", "/2.0/mlflow/experiments/delete", delete, needs=WRITE, on=EXPERIMENT.to_manage),
    Route("POST", "/2.0/mlflow/experiments/restore", restore, needs=WRITE, on=EXPERIMENT.to_manage),
    Route("POST", "/2.0/mlflow/experiments/set-experiment-tag", set_tag, needs=WRITE, on=EXPERIMENT),
    Route("POST", "/2.0/mlflow/experiments/delete-experiment-tag", delete_tag, needs=WRITE, on=EXPERIMENT),
    Route("GET", "/2.0/mlflow/experiments/search", find, needs=READ, on=FOUND),
    Route("POST", "/2.0/mlflow/experiments/search", find, needs=READ, on=FOUND),
)
