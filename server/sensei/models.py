"""Models: versions of MLflow's registered models, made of what a run has trained."""

import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from trackstack.server.access import guard
from trackstack.server.access.objects import NEW, On
from trackstack.server.artifacts.files import Reply
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.calls import Call
from trackstack.server.errors import ApiError, missing
from trackstack.server.mlflow.artifacts import show
from trackstack.server.mlflow.registry import events, sources
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, WRITE
from trackstack.server.sensei import reading, views
from trackstack.server.sensei.artifacts import form
from trackstack.server.sensei.engines import same_id
from trackstack.server.sensei.instances import existing
from trackstack.server.sensei.operations import (
    Body,
    Line,
    Name,
    Part,
    Tags,
    Text,
    author,
    operation,
    unprocessable,
)
from trackstack.server.store.callers import Level
from trackstack.server.store.databricks.activities import Said
from trackstack.server.store.decisions import Kind as Object
from trackstack.server.store.registry.entities import NewVersion
from trackstack.server.store.sensei.kinds import EXPERIMENT, ML_INSTANCE, MODEL, RUN, version_of
from trackstack.server.store.sensei.listing import Resource
from trackstack.server.store.sensei.models import ModelChange, NewModel, Saved
from trackstack.server.webhooks.hooks import Event

State = Literal["trained", "published", "transcoded"]

_NOT_OF_NAMES = re.compile(r"[/:\x00-\x1f\x7f-\x9f]+")


class Model(Body):
    experiment_run_id: Line
    id: Line | None = None
    name: Name | None = None
    experiment_id: Line | None = None
    description: Text | None = None
    model_artifact_uri: Line | None = None
    state: list[State] | None = None
    tags: Tags | None = None


class ModelForm(Part):
    """What is sent to make a model."""

    model: Model
    model_artifact: bytes | None = None


class _Origin(NamedTuple):
    """Where a model comes from: its run, and what it is called unless it says otherwise."""

    run: Resource
    name: str
    description: str


async def create(call: Call) -> Answer:
    """The next version of the registered model that is called like it.

    Its file goes to the run's artifacts. Without one, `modelArtifactUri` names what the run has logged.
    """
    origin: list[_Origin] = []

    async def place(body: Model) -> ArtifactPath:
        origin.append(await _origin(call, body))
        root = await call.store.artifact_roots.of_run(origin[0].run.id)
        return call.artifacts.below(root, ArtifactPath(("sensei", str(uuid.uuid4()))))

    async with form(call, ModelForm, place) as sent:
        body: Model = sent.body
        run, name, description = origin[0]
        source = await _source(call, body, run, sent.files.get("modelArtifact"))
        version = NewVersion(
            registered_name(name), source.source, source.storage_location, run.id, "", description, {}
        )
        document = {**({"tags": body.tags} if body.tags else {})}
        new = NewModel(name, version, description, "published" in (body.state or ()), document, author(call))

        def told(saved: Saved) -> Iterator[Event]:
            if saved.is_new:
                yield from events.model_created(call, saved.registered, {}, description)
            number = saved.model.id.rpartition("-")[2]
            yield from events.version_created(call, False, version, number)
            yield from _moved(saved)

        made = await call.telling(told).sensei.models.create(new, _said(call))
    return views.MODEL.one(made.model, created=True)


async def replace(call: Call, body: Model) -> Answer:
    """Overwrites name, description, state and tags; what it was made of stays."""
    id_ = same_id(call, body.id, call.params["modelId"])

    def change(old: Resource) -> ModelChange:
        of = old.fields.get("experimentRunId", "")
        if body.experiment_run_id != of:
            raise unprocessable(
                call, f"experimentRunId: the model was made by the run {of or 'of nobody'!r}."
            )
        return ModelChange(
            body.name or old.fields["name"],
            body.description or "",
            "published" in (body.state or ()),
            {"tags": body.tags} if body.tags else {},
        )

    etags = call.header(b"if-match")
    made = await call.telling(_moved).sensei.models.replace(id_, change, etags, _said(call))
    return views.MODEL.one(made.model)


async def delete(call: Call) -> Answer:
    """MLflow keeps the version, archived; its file stays."""
    await call.telling(_moved).sensei.models.delete(call.params["modelId"], _said(call))
    return views.done("Model deletion was successful")


async def artifact(call: Call) -> Reply:
    """The model's file; of a version that has several, MLflow's API gives each."""
    model = await call.store.sensei.resources.get(MODEL, call.params["modelId"])
    place = await sources.path(call, model.fields["_location"])
    entries = await call.artifacts.store.list(place)
    if len(entries) == 1 and not entries[0].is_folder:
        place = place / ArtifactPath((entries[0].name,))
    elif entries:
        raise missing(
            f"The model {model.id} has no one file but a folder, at {model.fields['modelArtifactUri']}; "
            "get its files through MLflow."
        )
    return await show(call, place)


def registered_name(name: str) -> str:
    """The registered model's name for a model's: MLflow's have no '/' and ':', and are no path."""
    cleaned = _NOT_OF_NAMES.sub("-", name).strip()
    return cleaned if cleaned.strip(".") else f"model {cleaned}".strip()


def registered_models(call: Call, body: object) -> Iterable[str]:
    """The number of the registered model that the path's model is a version of."""
    number = version_of(call.params["modelId"])
    return [] if number is None else [str(number[0])]


def _said(call: Call) -> Said:
    return Said(call.identity.name, "", call.now)


def _moved(saved: Saved) -> Iterable[Event]:
    return events.transitioned(saved.registered, saved.moves)


async def _origin(call: Call, body: Model) -> _Origin:
    """Raises ApiError for a run that is not there, and where the caller may not write to it or the model."""
    run = await existing(call, "experimentRunId", RUN, body.experiment_run_id)
    experiment = await existing(call, "experimentId", EXPERIMENT, run.fields["experimentId"])
    if body.experiment_id not in (None, experiment.id):
        raise unprocessable(call, f"experimentId: the run {run.id} is of the experiment {experiment.id}.")
    instance_id = experiment.fields.get("mlInstanceId")
    instance = (await call.store.sensei.resources.find(ML_INSTANCE, instance_id)) if instance_id else None
    inherited = (instance or experiment).fields
    name = body.name or inherited["name"]
    if call.identity.limited:
        await guard.check(call, Object.RUN, [run.id], Level.EDIT)
        await guard.check(call, Object.REGISTERED_MODEL, [registered_name(name)], Level.EDIT)
    return _Origin(run, name, body.description or inherited.get("description", ""))


async def _source(call: Call, body: Model, run: Resource, file: ArtifactPath | None) -> sources.Found:
    if file is not None:
        uri = call.artifacts.locations.parse(f"mlflow-artifacts:/{file}").uri
        return sources.Found(uri, uri, run.id, None)
    if body.model_artifact_uri is None:
        raise unprocessable(call, "The form needs a part 'modelArtifact', or modelArtifactUri a value.")
    try:
        return await sources.resolve(call, sources.Wanted(body.model_artifact_uri, run.id, None))
    except ApiError as error:
        raise unprocessable(call, f"modelArtifactUri: {error.message}") from None


THIS = On(Object.REGISTERED_MODEL_ID, registered_models)

ROUTES = (
    *reading.routes(views.MODEL, "modelId", THIS),
    operation("POST", "/models", create, needs=WRITE, on=NEW, form=ModelForm),
    operation("PUT", "/models/{modelId}", replace, needs=WRITE, on=THIS),
    operation("DELETE", "/models/{modelId}", delete, needs=WRITE, on=THIS.to_manage),
    operation("GET", "/models/{modelId}/artifact", artifact, needs=READ, on=THIS, file=True),
)
