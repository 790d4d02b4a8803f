"""What the store hands out and takes in, in MLflow's JSON shape: encode them and they are an answer.

Fields that are empty or unset are left out, as protocol buffers do.
"""

from typing import NamedTuple

from msgspec import Struct, field


class Tag(Struct):
    key: str
    value: str


class Experiment(Struct, omit_defaults=True, kw_only=True):
    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int
    creation_time: int
    tags: list[Tag] = field(default_factory=list)
    effective_trace_archival_retention: str | None = None
    workspace: str | None = None
    tenant: str = ""


class RunInfo(Struct, omit_defaults=True, kw_only=True):
    run_uuid: str
    experiment_id: str
    run_name: str
    user_id: str
    status: str
    start_time: int
    end_time: int | None = None
    artifact_uri: str
    lifecycle_stage: str
    run_id: str


class MetricPoint(Struct, omit_defaults=True, gc=False):
    """One value of a metric; NaN is text, as JSON has none."""

    key: str
    value: float | str
    timestamp: int
    step: int
    run_id: str | None = None


class Point(NamedTuple):
    """One value to store: NaN is 0 with `is_nan`, infinities are the largest doubles."""

    key: str
    step: int
    timestamp: int
    value: float
    is_nan: int


class DatasetInput(NamedTuple):
    """A dataset that a run read; `tags` are those of the input, not of the dataset."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None
    profile: str | None
    tags: tuple[Tag, ...]
