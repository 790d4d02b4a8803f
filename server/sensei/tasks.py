"""Tasks of ML instances, experiments and runs: their types, inheritance and secret parameters.

A secret's value is sealed before it is stored, never answered, and no param of a run. Where a request leaves
the value of a secret out, as one that was read and is written back does, the one that is stored holds.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from trackstack.server import validation
from trackstack.server.calls import Call
from trackstack.server.sensei.operations import Int32, Line, Name, Part, Text, Values, plain, unprocessable

Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Resource = Literal["dataset", "model", "genericFile"]


class Parameter(Part):
    """`value` is missing where a client does not change a secret."""

    key: Name
    value: Text | None = None
    secret: bool = False


class ContainerTaskSpec(Part, tag_field="type", tag="ContainerTaskSpec"):
    cpus: Literal["1"] | None = None
    gpus: Literal["1"] | None = None


class SparkTaskSpec(Part, tag_field="type", tag="SparkTaskSpec"):
    name: Line | None = None
    class_name: Line | None = None
    driver_memory_in_mb: Positive | None = field(default=None, name="driverMemoryInMB")
    driver_cores: Positive | None = None
    executor_memory_in_mb: Positive | None = field(default=None, name="executorMemoryInMB")
    executor_cores: Positive | None = None
    num_executors: Positive | None = None


class ReferredInput(Part):
    experiment_run_id: Line | None = None
    task_name: Line | None = None
    output_name: Line | None = None


class Input(Part):
    name: Line | None = None
    id: Line | None = None
    disk_size_in_gb: Int32 | None = field(default=None, name="diskSizeInGB")
    res_type: Resource | None = None
    download_required: bool | None = None
    ref_input: ReferredInput | None = None
    metadata: Values | None = None


class Output(Part):
    name: Line | None = None
    id: Line | None = None
    disk_size_in_gb: Int32 | None = field(default=None, name="diskSizeInGB")
    res_type: Resource | None = None
    upload_required: bool | None = None
    generated_uri: Line | None = field(default=None, name="generatedURI")
    metadata: Values | None = None


class Datasets(Part):
    inputs: list[Input] | None = None
    outputs: list[Output] | None = None


class Task(Part):
    """One unit of work: `train`, `score` or `fp` (featurePipeline)."""

    name: Name | None = None
    parameters: list[Parameter] | None = None
    specification: ContainerTaskSpec | SparkTaskSpec | None = None
    datasets: Datasets | None = None


_SYNONYMS = {"featurepipeline": "fp"}
_NOT_OF_KEYS = re.compile(r"[^/\w.\- :]")


def stored(call: Call, given: Sequence[Task], old: Sequence[Values] = ()) -> list[Values]:
    """Tasks as they are stored. Raises ApiError for a secret without a value that `old` does not have."""
    sealed = {
        (task.get("name"), parameter["key"]): parameter["sealed"]
        for task in old
        for parameter in task.get("parameters", ())
        if "sealed" in parameter
    }
    result = []
    for task in given:
        values = plain(task)
        if task.parameters is not None:
            values["parameters"] = [
                _stored(call, parameter, sealed.get((task.name, parameter.key)))
                for parameter in task.parameters
            ]
        result.append(values)
    return result


def without_secrets(value: Any) -> Any:
    """The same document without what is sealed in it."""
    if isinstance(value, dict):
        hidden = "sealed" if value.get("secret") is True else None
        return {key: without_secrets(one) for key, one in value.items() if key != hidden}
    return [without_secrets(one) for one in value] if isinstance(value, list) else value


def of_mode(tasks: Sequence[Values], mode: str) -> list[Values]:
    """The tasks that a run in this mode does."""
    return [task for task in tasks if mode_of(task.get("name", "")) == mode]


def merged(inherited: Sequence[Values], given: Sequence[Values]) -> list[Values]:
    """Inherited tasks, with the given ones' fields and parameters instead of those of the same names."""
    left = {mode_of(task.get("name", "")): task for task in given}
    result = []
    for task in inherited:
        own = left.pop(mode_of(task.get("name", "")), {})
        parameters = {one["key"]: one for some in (task, own) for one in some.get("parameters", ())}
        result.append({**task, **own, **({"parameters": list(parameters.values())} if parameters else {})})
    return result + list(left.values())


def params(tasks: Sequence[Values], mode: str) -> list[tuple[str, str]]:
    """What a run logs of its tasks: parameters by their keys, those of other tasks than its mode's by
    `task.key`; no secrets. Characters that no param's name has become _."""
    found: dict[str, str] = {}
    for task in tasks:
        name = task.get("name", "")
        prefix = "" if mode_of(name) == mode else f"{name}."
        for parameter in task.get("parameters", ()):
            key = _NOT_OF_KEYS.sub("_", prefix + parameter["key"])
            if not parameter.get("secret") and "value" in parameter and validation.is_key(key):
                found[key] = parameter["value"][: validation.PARAM_LENGTH]
    return list(found.items())


def mode_of(name: str) -> str:
    """The mode of the runs that do a task of this name."""
    return _SYNONYMS.get(name.lower(), name.lower())


def _stored(call: Call, parameter: Parameter, sealed: str | None) -> Values:
    if not parameter.secret:
        return plain(parameter)
    if parameter.value is not None:
        sealed = call.services.secrets.seal(parameter.value, f"sensei parameter {parameter.key}")
    if sealed is None:
        raise unprocessable(call, f"The secret parameter {parameter.key[:100]!r} needs a value.")
    return {"key": parameter.key, "secret": True, "sealed": sealed}
