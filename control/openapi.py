"""The OpenAPI 3.1 document of what is served, made of the route table and the types."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from trackstack import __version__
from trackstack.control.access.callers import NOBODY
from trackstack.control.answers import Page
from trackstack.control.routes import Route

Json = dict[str, Any]

_PARAMETER = re.compile(r"{(\w+)(?::path)?}")
_SAID = {
    "projectId": "The project's UUID.",
    "regionId": "The region of this control plane.",
    "instanceId": "The instance's UUID.",
    "tokenId": "The token's UUID.",
    "id": "The entity's UUID.",
    "fqn": "The entity's fully qualified name.",
}
_GUARDED = (400, 401, 403, 404, 429, 503)
"""The statuses with which every route that needs a token may refuse."""
_OF_BODIES = (413, 415)


def document(routes: Iterable[Route], region: str) -> Json:
    """The document; every schema is that of a type which is decoded or encoded."""
    table = [route for route in routes if route.answer is not Page]
    kinds = (kind for route in table for kind in (route.body, route.answer, route.error))
    types = {kind for kind in kinds if kind not in (None, dict)}
    _, components = msgspec.json.schema_components(
        sorted(types, key=lambda kind: kind.__name__),
        ref_template="#/components/schemas/{name}",
    )
    paths: dict[str, Json] = {}
    for route in table:
        for path in route.paths:
            shown = _PARAMETER.sub(r"{\1}", path)
            paths.setdefault(shown, {})[route.method.lower()] = _operation(route, path, region)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trackstack control plane",
            "version": __version__,
            "description": "Instances of tracking servers and their tokens: the Model Experiments API. "
            "What models they have: OpenMetadata's catalog.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, path: str, region: str) -> Json:
    version = path.split("/")[1] if path != route.path else ""
    module = route.handler.__module__.rpartition(".")[2]
    operation: Json = {
        "operationId": "-".join(filter(None, (version, module, route.handler.__name__.rstrip("_")))),
        "summary": (route.handler.__doc__ or "").strip().partition("\n")[0],
        "tags": [module],
        "parameters": [
            *(_parameter(name, region) for name in _PARAMETER.findall(path)),
            *_in_query(route.query),
        ],
        "responses": {str(status): _response(route, status) for status in _statuses(route)},
    }
    if route.needs is not NOBODY:
        operation["security"] = [{"bearer": []}]
        operation["description"] = f"Needs the role {route.needs.name.lower()} in the project."
    if route.body is not None:
        operation["requestBody"] = {
            "required": any(field.required for field in msgspec.structs.fields(route.body)),
            "content": {"application/json": {"schema": _reference(route.body)}},
        }
    return operation


def _parameter(name: str, region: str) -> Json:
    schemas: dict[str, Json] = {"regionId": {"enum": [region]}, "fqn": {"type": "string"}}
    schema = schemas.get(name, {"type": "string", "format": "uuid"})
    return {"name": name, "in": "path", "required": True, "description": _SAID[name], "schema": schema}


def _in_query(query: type[Struct] | None) -> list[Json]:
    if query is None:
        return []
    (fields,) = msgspec.json.schema_components([query])[1].values()
    return [{"name": name, "in": "query", "schema": schema} for name, schema in fields["properties"].items()]


def _statuses(route: Route) -> list[int]:
    guarded = () if route.needs is NOBODY else _GUARDED
    of_body = () if route.body is None else _OF_BODIES
    return [route.status, *sorted({*guarded, *of_body, *route.refuses})]


def _response(route: Route, status: int) -> Json:
    kind = route.answer if status == route.status else route.error
    schema = {"type": "object"} if kind is dict else _reference(kind)
    response: Json = {
        "description": HTTPStatus(status).phrase,
        "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": schema}},
    }
    if status in (429, 503):
        response["headers"]["Retry-After"] = {"schema": {"type": "string"}}
    return response


def _reference(kind: type[Any]) -> Json:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
