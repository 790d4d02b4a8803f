"""GET /openapi.json: the route table as an OpenAPI 3.1 document, so that it says what is served and no more.

Paths that are mounted twice, below /api for clients and /ajax-api for the web UI, appear below /api only.
A type that is not known (an answer that is put together as bytes) has no schema.
"""

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from trackstack.server.access.objects import NOTHING
from trackstack.server.calls import Call
from trackstack.server.errors import NOT_IMPLEMENTED, ApiError, invalid, missing
from trackstack.server.plain import UNSUPPORTED_MEDIA_TYPE
from trackstack.server.responses import Answer
from trackstack.server.routes import OPEN, Handler, Route
from trackstack.server.surfaces import MLFLOW, SURFACES, Surface, surface_of

PATH = "/openapi.json"

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/"
_PACKAGE = "trackstack.server."
_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")
_SECURITY: list[Json] = [{"bearer": []}, {"basic": []}]
_ERRORS = (
    invalid("…"),
    missing("…"),
    ApiError(NOT_IMPLEMENTED, "…"),
    ApiError(UNSUPPORTED_MEDIA_TYPE, "…", 415),
)
"""Some of what goes wrong: what all of their bodies have is what an error has."""


def route(routes: Iterable[Route]) -> Route:
    """The route that describes the others, and itself."""

    @cache
    def body() -> bytes:
        return msgspec.json.encode(document((*routes, this)))

    async def describe(call: Call) -> Answer:
        """This document."""
        return Answer(body())

    this = Route("GET", PATH, describe, needs=OPEN, on=NOTHING)
    return this


def document(routes: Iterable[Route]) -> Json:
    """The OpenAPI document of the routes."""
    routes = tuple(routes)
    types = _Types(routes)
    paths: dict[str, Json] = {}
    for one in routes:
        path = _PARAMETER.sub(r"{\1}", one.paths[0])
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, path, types)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "Trackstack tracking server", "version": version("trackstack")},
        "paths": paths,
        "components": {
            "schemas": types.components,
            "responses": {_name(surface): _error(surface) for surface in (MLFLOW, *SURFACES)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of this server."},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as the password."},
            },
        },
    }
    # msgspec calls types that share a name by their modules; ours all begin alike.
    text = json.dumps(whole).replace(f'"{_PACKAGE}', '"').replace(_REFERENCE + _PACKAGE, _REFERENCE)
    decoded: Json = json.loads(text)
    return decoded


class _Types:
    """The schemas of everything that the routes take and answer."""

    def __init__(self, routes: Iterable[Route]) -> None:
        wanted = []
        for one in routes:
            wanted += [one.body.type] if one.body else []
            wanted += [read for read in (one.form, one.query, one.headers) if read]
            wanted += [one.reads.type] if one.reads else []
            wanted += [answered] if (answered := _answered(one.handler)) else []
        self._wanted = list(dict.fromkeys(wanted))
        schemas, self.components = msgspec.json.schema_components(
            self._wanted, ref_template=_REFERENCE + "{name}"
        )
        self._schemas = list(schemas)

    def reference(self, type_: Any) -> Json:
        """Where the type's schema stands, or a simple type's schema."""
        return self._schemas[self._wanted.index(type_)]

    def fields(self, type_: Any) -> Json:
        """The type's schema itself."""
        schema = self.reference(type_)
        found: Json = self.components[schema["$ref"].removeprefix(_REFERENCE)] if "$ref" in schema else schema
        return found


def _operation(one: Route, path: str, types: _Types) -> Json:
    fields = types.fields(one.body.type) if one.body else {}
    properties: Json = fields.get("properties", {})
    in_path = [match[1] for match in _PARAMETER.finditer(one.path)]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": properties.get(name, {"type": "string"})}
        for name in in_path
    ]
    operation: Json = {
        "operationId": one.method.lower() + re.sub(r"[^A-Za-z0-9]", "_", re.sub(r"[{}]", "", path)),
        "tags": [_name(surface_of(path))],
        "description": inspect.getdoc(one.handler) or "",
        "security": [] if one.needs is OPEN else _SECURITY,
        "x-scope": one.needs.name.lower(),
        "responses": {
            str(one.status): _success(one, types),
            "default": {"$ref": f"#/components/responses/{_name(surface_of(path))}"},
        },
    }
    if one.form is not None:
        content = {"multipart/form-data": {"schema": _as_form(types.fields(one.form))}}
        operation["requestBody"] = {"required": True, "content": content}
    elif one.reads is not None:
        content = {one.reads.media_type: {"schema": types.reference(one.reads.type)}}
        operation["requestBody"] = {"required": True, "content": content}
    elif one.body is not None and one.method == "GET":
        parameters += _parameters("query", fields, in_path)
    elif one.body is not None:
        rest = _without(fields, in_path)
        schema = types.reference(one.body.type) if rest == fields else rest
        required = bool(rest.get("required"))
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    if one.query is not None:
        parameters += _parameters("query", types.fields(one.query), in_path)
    if one.headers is not None:
        parameters += _parameters("header", types.fields(one.headers), in_path)
    return {**operation, "parameters": parameters} if parameters else operation


def _success(one: Route, types: _Types) -> Json:
    if one.status == 204:
        return {"description": "Done; there is nothing to tell."}
    answered = _answered(one.handler)
    if answered is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": {"application/json": {"schema": types.reference(answered)}}}


def _answered(handler: Handler) -> Any:
    """The type of a handler's answer, if it is one that has a schema."""
    annotation = inspect.signature(handler).return_annotation
    is_struct = isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)
    return annotation if is_struct else None


def _parameters(place: str, fields: Json, in_path: list[str]) -> list[Json]:
    required = fields.get("required", ())
    return [
        {"name": name, "in": place, "required": name in required, "schema": schema}
        for name, schema in fields["properties"].items()
        if name not in in_path
    ]


def _without(fields: Json, names: list[str]) -> Json:
    """An object's schema without the fields that stand in the path."""
    properties = {name: schema for name, schema in fields["properties"].items() if name not in names}
    required = [name for name in fields.get("required", ()) if name not in names]
    return {**fields, "properties": properties, "required": required}


def _as_form(fields: Json) -> Json:
    """Bytes stand in a form as they are, not as base64."""
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    properties = {
        name: binary if schema.get("contentEncoding") == "base64" else schema
        for name, schema in fields["properties"].items()
    }
    return {**fields, "properties": properties}


def _name(surface: Surface) -> str:
    return surface.prefix.strip("/").replace("/", "-") or "mlflow"


def _error(surface: Surface) -> Json:
    """The response that the surface's errors have, as its own writer writes it."""
    answers = [surface.refuse(error) for error in _ERRORS]
    bodies: list[Mapping[str, Any]] = [json.loads(answer.body) for answer in answers]
    required = [name for name in bodies[0] if all(name in body for body in bodies)]
    properties = {name: {"type": _KINDS[type(value)]} for body in bodies for name, value in body.items()}
    schema = {"type": "object", "properties": properties, "required": required}
    return {
        "description": "What is wrong, and what to do next.",
        "content": {answers[0].media_type.decode(): {"schema": schema}},
    }


_KINDS: dict[type, str] = {str: "string", int: "integer", dict: "object", list: "array"}
