"""A package's Pulumi schema (https://www.pulumi.com/docs/iac/packages-and-automation/pulumi-packages/schema/)."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from trackstack.providers.resource import Resource


def schema(package: str, description: str, version: str, resources: Iterable[Resource[Any, Any]]) -> str:
    """The schema as JSON text, from the models that check inputs and state."""
    return json.dumps(
        {
            "name": package,
            "version": version,
            "description": description,
            "config": {},
            "provider": {"description": description},
            "resources": {resource.kind: _resource(resource) for resource in resources},
        }
    )


def _resource(resource: Resource[Any, Any]) -> dict[str, Any]:
    inputs, outputs = _declared(resource.inputs), _declared(resource.state)
    return {
        "description": (resource.__doc__ or "").strip(),
        "inputProperties": {key: _property(value, input=True) for key, value in inputs.items()},
        "requiredInputs": [str(f.alias) for f in resource.inputs.model_fields.values() if f.is_required()],
        "properties": {key: _property(value, input=False) for key, value in outputs.items()},
        "required": [key for key, value in outputs.items() if "anyOf" not in value],
    }


def _declared(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = model.model_json_schema(by_alias=True)["properties"]
    return properties


def _property(declared: dict[str, Any], *, input: bool) -> dict[str, Any]:
    kind = next(option for option in declared.get("anyOf", [declared]) if option["type"] != "null")
    found = _type(kind) | {"description": declared["description"]}
    if input and isinstance(declared.get("default"), str | int | bool):
        found["default"] = declared["default"]
    if declared.get("replaces"):
        found["replaceOnChanges"] = True
    if declared.get("secret"):
        found["secret"] = True
    return found


def _type(declared: dict[str, Any]) -> dict[str, Any]:
    if declared["type"] == "array":
        return {"type": "array", "items": _type(declared["items"])}
    return {"type": declared["type"]}
