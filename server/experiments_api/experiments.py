"""Experiments: MLflow's, made, found, changed, archived and restored."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from trackstack.server import validation
from trackstack.server.bodies import Required
from trackstack.server.calls import Call
from trackstack.server.experiments_api.views import NOTE_TAG, ExperimentResponse, experiment_view
from trackstack.server.plain import Plain
from trackstack.server.search import experiments as search
from trackstack.server.search.tree import Comparison, Entity, View

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Id = Annotated[str, Meta(pattern="^-?[0-9]{1,18}$")]
Description = Annotated[str, Meta(max_length=1000)]
Limit = Annotated[int, Meta(ge=1, le=1000)]
Offset = Annotated[int, Meta(ge=0, le=2**53)]

_VIEWS = {"active": View.ACTIVE_ONLY, "deleted": View.DELETED_ONLY}


class CreateExperiment(Plain):
    name: Name
    description: Description | None = None
    artifact_location: str | None = None
    tags: dict[Required, str] | None = None


class ListExperiments(Plain):
    search: str = ""
    lifecycle_stage: Literal["active", "deleted"] = "active"
    limit: Limit = 100
    offset: Offset = 0


class ExperimentRef(Plain):
    id: Id


class ChangeExperiment(ExperimentRef):
    """What is left out stays. Tags are merged; null removes one, as it removes the description."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    tags: dict[Required, str | None] | UnsetType = UNSET


class ExperimentListResponse(Struct):
    experiments: list[ExperimentResponse]
    total: int
    limit: int
    offset: int


async def create(call: Call, body: CreateExperiment) -> ExperimentResponse:
    """The name is unique on the server, among the archived too."""
    location = body.artifact_location or ""
    call.artifacts.location(location, 0)  # refuses what is not in our store
    tags = {**(body.tags or {}), **({NOTE_TAG: body.description} if body.description else {})}
    for key, value in tags.items():
        _check_tag(key, value)

    def locate(id_: int) -> str:
        return call.artifacts.location(location, id_)

    experiments = call.store.experiments
    id_ = await experiments.create(body.name, locate, tags, call.now)
    return experiment_view(await experiments.get(id_))


async def list_(call: Call, body: ListExperiments) -> ExperimentListResponse:
    """The newest first; `search` is any part of the name, in whatever case."""
    asked = named(body.search, _VIEWS[body.lifecycle_stage])
    found, _ = await call.store.searches.experiments(asked, body.limit, body.offset)
    total = await call.store.counts.experiments(asked)
    return ExperimentListResponse([experiment_view(one) for one in found], total, body.limit, body.offset)


async def get(call: Call, body: ExperimentRef) -> ExperimentResponse:
    """Archived ones too."""
    return experiment_view(await call.store.experiments.get(validation.experiment_id(body.id)))


async def change(call: Call, body: ChangeExperiment) -> ExperimentResponse:
    id_ = validation.experiment_id(body.id)
    tags: dict[str, str | None] = {} if body.tags is UNSET else dict(body.tags)
    for key, value in tags.items():
        _check_tag(key, value or "")
    if body.description is not UNSET:
        tags[NOTE_TAG] = body.description or None
    name = None if body.name is UNSET else body.name
    return experiment_view(await call.store.experiments.change(id_, name, tags, call.now))


async def archive(call: Call, body: ExperimentRef) -> None:
    """Soft-deletes it with its runs, until the retention removes them for good."""
    await call.store.experiments.delete(validation.experiment_id(body.id), call.now)


async def restore(call: Call, body: ExperimentRef) -> ExperimentResponse:
    """With its runs."""
    id_ = validation.experiment_id(body.id)
    await call.store.experiments.restore(id_, call.now)
    return experiment_view(await call.store.experiments.get(id_))


def named(part: str, view: View) -> search.ExperimentSearch:
    """A search of the experiments whose names contain `part`."""
    asked = search.parse(view, None, ())
    condition = (Comparison(Entity.ATTRIBUTE, "name", "CONTAINS", part),) if part else ()
    return search.ExperimentSearch(view, condition, asked.order)


def _check_tag(key: str, value: str) -> None:
    validation.key(key, "tags", "key")
    validation.limited(value, validation.EXPERIMENT_TAG_LENGTH, f"tags.{key}")
