"""Experiments and runs as this API shows them: maps instead of lists, times as RFC 3339 in UTC."""

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from trackstack.server.store.entities import Experiment, MetricPoint, RunInfo, Tag

NOTE_TAG = "mlflow.note.content"
"""The tag that MLflow's web UI shows as the description; here it is the description, and no tag."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ExperimentResponse(Struct):
    id: str
    name: str
    description: str
    artifact_location: str
    lifecycle_stage: str
    created_at: str
    last_updated: str
    tenant_id: str
    tags: dict[str, str]


class RunResponse(Struct):
    """A metric's value is the newest one, as text where JSON has no number for it."""

    run_id: str
    experiment_id: str
    name: str
    description: str
    status: str
    lifecycle_stage: str
    start_time: str | None
    end_time: str | None
    user_id: str
    artifact_uri: str
    params: dict[str, str]
    metrics: dict[str, float | str]
    tags: dict[str, str]


class _Data(Struct):
    metrics: list[MetricPoint] = []
    params: list[Tag] = []
    tags: list[Tag] = []


class Run(Struct):
    """A run's stored document."""

    info: RunInfo
    data: _Data


_decode = msgspec.json.Decoder(Run).decode


def run_of(document: bytes | str) -> Run:
    """The run that the store answers as a document."""
    return _decode(document)


def experiment_view(experiment: Experiment) -> ExperimentResponse:
    tags = {tag.key: tag.value for tag in experiment.tags}
    return ExperimentResponse(
        id=experiment.experiment_id,
        name=experiment.name,
        description=tags.pop(NOTE_TAG, ""),
        artifact_location=experiment.artifact_location,
        lifecycle_stage=experiment.lifecycle_stage,
        created_at=time(experiment.creation_time),
        last_updated=time(experiment.last_update_time),
        tenant_id=experiment.tenant,
        tags=tags,
    )


def run_view(run: Run) -> RunResponse:
    info = run.info
    tags = {tag.key: tag.value for tag in run.data.tags}
    return RunResponse(
        run_id=info.run_id,
        experiment_id=info.experiment_id,
        name=info.run_name,
        description=tags.pop(NOTE_TAG, ""),
        status=info.status.lower(),
        lifecycle_stage=info.lifecycle_stage,
        start_time=time(info.start_time) if info.start_time else None,
        end_time=None if info.end_time is None else time(info.end_time),
        user_id=info.user_id,
        artifact_uri=info.artifact_uri,
        params={param.key: param.value for param in run.data.params},
        metrics=metrics_of(run),
        tags=tags,
    )


def metrics_of(run: Run) -> dict[str, float | str]:
    """The run's newest values by key."""
    return {point.key: point.value for point in run.data.metrics}


def time(millis: int) -> str:
    """`2026-01-31T12:00:00.123Z`; a number of milliseconds that no calendar has stays one, as text."""
    try:
        moment = _EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return str(millis)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
