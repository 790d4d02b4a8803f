"""Inputs checked one by one: a preview can check those it knows, and every failure names its property."""

from typing import Any

from pydantic import BaseModel, ValidationError

from trackstack.providers.resource import Failure, Inputs, Made, Resource
from trackstack.providers.values import Properties, has_unknown, keep_secrets, reveal


def check(resource: Resource[Inputs, Made], sent: Properties) -> tuple[Properties, list[Failure]]:
    """The inputs with their defaults, and what is wrong with them; unknown ones pass as they are."""
    unknown = {key: value for key, value in sent.items() if has_unknown(value)}
    known = {key: reveal(value) for key, value in sent.items() if key not in unknown and value is not None}
    try:
        inputs = resource.inputs.model_validate(known)
    except ValidationError as error:
        failures = [failure for failure in map(_failure, error.errors()) if failure.property not in unknown]
        return sent, failures
    if unknown:
        return {**keep_secrets(dump(inputs), sent), **unknown}, []
    return keep_secrets(dump(inputs), sent), list(resource.check(inputs))


def dump(model: BaseModel) -> Properties:
    """A model as it goes over the wire; what is None is left out."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def parse(model: type[Made], sent: Properties) -> Made:
    """A state as it came over the wire. Raises ValueError when it is not one."""
    return model.model_validate({key: reveal(value) for key, value in sent.items()})


def _failure(error: Any) -> Failure:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return Failure(path, "is required")
    if error["type"] == "extra_forbidden":
        return Failure(path, "is not a property of this resource")
    return Failure(path, f"{error['msg']}, got {error['input']!r}")
