"""Datasets and models that runs read and made, in MLflow's words."""

import json

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS, LOGGED_MODEL, RUN
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store import entities

MOST_EXPERIMENTS = 20
_LIMITS = {"name": 500, "digest": 36, "source": 65_535, "schema": 1_048_575, "profile": 16_777_215}
_LEGACY_FIELDS = {"artifact_path", "flavors", "utc_time_created", "run_id"}


class InputTag(Message):
    key: str = ""
    value: str = ""


class Dataset(Message):
    name: str = ""
    digest: str = ""
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Message):
    tags: tuple[InputTag, ...] = ()
    dataset: Dataset | None = None


class ModelInput(Message):
    model_id: str = ""


class ModelOutput(Message):
    model_id: str = ""
    step: Int64 = 0


class LogInputs(Message):
    run_id: Required
    datasets: tuple[DatasetInput, ...] = ()
    models: tuple[ModelInput, ...] = ()


class LogOutputs(Message):
    run_id: Required
    models: tuple[ModelOutput, ...]


class LogModel(Message):
    run_id: Required
    model_json: Required


class SearchDatasets(Message):
    experiment_ids: tuple[str, ...] = ()


class Summary(Struct, omit_defaults=True):
    experiment_id: str
    name: str
    digest: str
    context: str | None = None


class Summaries(Struct, omit_defaults=True):
    dataset_summaries: list[Summary] = []


async def log_inputs(call: Call, body: LogInputs) -> None:
    run_id = validation.run_id(body.run_id)
    datasets = [_dataset(given) for given in body.datasets]
    await call.store.inputs.log(run_id, datasets, [model.model_id for model in body.models])


async def log_outputs(call: Call, body: LogOutputs) -> None:
    await call.store.inputs.log_outputs(body.run_id, [(model.model_id, model.step) for model in body.models])


async def log_model(call: Call, body: LogModel) -> None:
    """MLflow 2's way: the model is an item of the run's tag mlflow.log-model.history."""
    try:
        model = json.loads(body.model_json)
    except ValueError:
        raise invalid(f"Malformed model info. \n {body.model_json} \n is not a valid JSON.") from None
    fields = set(model) if isinstance(model, dict) else set()
    if missing := _LEGACY_FIELDS - fields:
        raise invalid(f"Model json is missing mandatory fields: {missing}")
    kept = {key: model[key] for key in (*_LEGACY_FIELDS, "model_uuid") if key in model}
    await call.store.logging.append(body.run_id, "mlflow.log-model.history", kept)


async def search_datasets(call: Call, body: SearchDatasets) -> Summaries:
    if not body.experiment_ids:
        raise invalid("SearchDatasets request must specify at least one experiment_id.")
    if len(body.experiment_ids) > MOST_EXPERIMENTS:
        raise invalid(
            f"SearchDatasets request cannot specify more than {MOST_EXPERIMENTS} experiment_ids. "
            f"Received {len(body.experiment_ids)} experiment_ids."
        )
    ids = [validation.experiment_id(text) for text in body.experiment_ids]
    return Summaries([Summary(str(id_), *row) for id_, *row in await call.store.inputs.summaries(ids)])


def _dataset(given: DatasetInput) -> entities.DatasetInput:
    if given.dataset is None:
        raise invalid("Dataset input must have a dataset associated with it.")
    for name, length in _LIMITS.items():
        validation.limited(getattr(given.dataset, name) or "", length, name)
    for tag in given.tags:
        validation.limited(tag.key, 255, "key")
        validation.limited(tag.value, 500, "value")
    one = given.dataset
    tags = tuple(entities.Tag(tag.key, tag.value) for tag in given.tags)
    return entities.DatasetInput(
        one.name, one.digest, one.source_type[:36], one.source, one.schema, one.profile, tags
    )


ROUTES = (
    Route(
        "POST",
        "/2.0/mlflow/runs/log-inputs",
        log_inputs,
        needs=WRITE,
        on=(RUN, LOGGED_MODEL.by("models.model_id").to_read),
    ),
    Route(
        "POST",
        "/2.0/mlflow/runs/outputs",
        log_outputs,
        needs=WRITE,
        on=(RUN, LOGGED_MODEL.by("models.model_id")),
    ),
    Route("POST", "/2.0/mlflow/runs/log-model", log_model, needs=WRITE, on=RUN),
    Route(
        "POST", "/2.0/mlflow/experiments/search-datasets", search_datasets, needs=READ, on=AMONG_EXPERIMENTS
    ),
)
