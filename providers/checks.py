"""Inputs checked one by one: a preview can check those it knows, and every failure names its property."""

from typing import Any

from pydantic import BaseModel, ValidationError

from trackstack.providers.resource import Failure, Inputs, Made, Resource
from trackstack.providers.values import Properties, has_secret, has_unknown, keep_secrets, reveal


def check(resource: Resource[Inputs, Made], sent: Properties) -> tuple[Properties, list[Failure]]:
    """The inputs with their defaults, and what is wrong with them; unknown ones pass as they are."""
    unknown = {key: value for key, value in sent.items() if has_unknown(value)}
    known = {key: reveal(value) for key, value in sent.items() if key not in unknown and value is not None}
    try:
        inputs = resource.inputs.model_validate(known)
    except ValidationError as error:
        found = (_failure(each, sent) for each in error.errors())
        failures = [failure for failure in found if failure.property not in unknown]
        return {**_defaults(resource.inputs), **sent}, failures
    if unknown:
        return {**keep_secrets(dump(inputs), sent), **unknown}, []
    return keep_secrets(dump(inputs), sent), list(resource.check(inputs))


def dump(model: BaseModel) -> Properties:
    """A model as it goes over the wire; what is None is left out."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def parse(model: type[Made], sent: Properties) -> Made:
    """A state as it came over the wire. Raises ValueError when it is not one."""
    return model.model_validate({key: reveal(value) for key, value in sent.items()})


def _defaults(model: type[BaseModel]) -> Properties:
    fields = (field for field in model.model_fields.values() if not field.is_required())
    return {str(field.alias): field.default for field in fields if field.default is not None}


def _failure(error: Any, sent: Properties) -> Failure:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return Failure(path, "is required")
    if error["type"] == "extra_forbidden":
        return Failure(path, "is not a property of this resource")
    value = "a secret" if has_secret(sent.get(str(error["loc"][0]))) else repr(error["input"])
    return Failure(path, f"{error['msg']}, got {value}")
