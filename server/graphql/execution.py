"""Runs GraphQL documents: every root field is a REST route, every answer its JSON."""

import math
import re
from collections.abc import Awaitable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, execute, parse, validate

from trackstack.server.access.guard import perform
from trackstack.server.calls import Call
from trackstack.server.errors import ApiError
from trackstack.server.graphql import limits
from trackstack.server.mlflow.tables import ROUTES as REST
from trackstack.server.responses import Answer, answer
from trackstack.server.routes import Route

_CAPITAL = re.compile(r"[A-Z]")

# The REST route that answers a field; `run.experiment` and `run.modelVersions` ask two of them again.
_FIELDS = {
    "mlflowGetExperiment": ("GET", "/2.0/mlflow/experiments/get"),
    "mlflowGetRun": ("GET", "/2.0/mlflow/runs/get"),
    "mlflowSearchRuns": ("POST", "/2.0/mlflow/runs/search"),
    "mlflowListArtifacts": ("GET", "/2.0/mlflow/artifacts/list"),
    "mlflowSearchModelVersions": ("GET", "/2.0/mlflow/model-versions/search"),
    "mlflowGetMetricHistoryBulkInterval": ("GET", "/2.0/mlflow/metrics/get-history-bulk-interval"),
    "mlflowSearchDatasets": ("POST", "/2.0/mlflow/experiments/search-datasets"),
}


async def run(call: Call, query: str, variables: Mapping[str, Any], operation: str | None) -> dict[str, Any]:
    """`{"data": …, "errors": [messages]}`, null where nothing failed, as MLflow answers; never raises."""
    try:
        document = parse(query, max_tokens=10 * limits.MOST_SELECTIONS)
        limits.check(document)
    except (GraphQLError, ApiError, RecursionError) as error:
        return {"data": None, "errors": [str(error) or "the query nests too deeply"]}
    if problems := validate(_schema(), document):
        return {"data": None, "errors": [problem.message for problem in problems]}
    outcome = execute(
        _schema(),
        document,
        context_value=call,
        variable_values=dict(variables),
        operation_name=operation,
        field_resolver=_field,
    )
    result = await outcome if isinstance(outcome, Awaitable) else outcome
    messages = [error.message for error in result.errors] if result.errors else None
    return {"data": result.data, "errors": messages}


@lru_cache(maxsize=1)
def _schema() -> GraphQLSchema:
    schema = build_schema(files(__package__).joinpath("schema.graphql").read_text())
    schema.type_map["LongString"].coerce_output_value = str  # type: ignore[attr-defined]
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        for field in root.fields.values():
            field.resolve = _root
    run_type: Any = schema.type_map["MlflowRunExtension"]
    run_type.fields["experiment"].resolve = _experiment_of_run
    run_type.fields["modelVersions"].resolve = _versions_of_run
    for name in ("MlflowMetricExtension", "MlflowMetricWithRunId", "MlflowModelMetric"):
        metric: Any = schema.type_map[name]
        metric.fields["value"].resolve = _metric_value
    return schema


@lru_cache(maxsize=1)
def _routes() -> dict[tuple[str, str], Route]:
    return {(route.method, route.path): route for route in REST}


async def _ask(call: Call, field: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the REST route of `field` answers to `values` (snake_case names)."""
    route = _routes()[_FIELDS[field]]
    assert route.body is not None
    value = await perform(call, route, route.body.from_values(dict(values)))
    reply = value if isinstance(value, Answer) else answer(value)
    decoded: dict[str, Any] = msgspec.json.decode(reply.body)
    return decoded


async def _root(
    source: object, info: GraphQLResolveInfo[Call], input: Mapping[str, Any] | None = None
) -> Any:
    values = {_snake(name): value for name, value in (input or {}).items() if value is not None}
    return await _ask(info.context, info.field_name, values)


async def _experiment_of_run(run: Mapping[str, Any], info: GraphQLResolveInfo[Call]) -> Any:
    answered = await _ask(
        info.context, "mlflowGetExperiment", {"experiment_id": run["info"]["experiment_id"]}
    )
    return answered["experiment"]


async def _versions_of_run(run: Mapping[str, Any], info: GraphQLResolveInfo[Call]) -> Any:
    filter_ = f"run_id='{run['info']['run_id']}'"
    answered = await _ask(info.context, "mlflowSearchModelVersions", {"filter": filter_})
    return answered.get("model_versions", [])


# What a field is that the REST answer leaves out, by its type: the default of protocol buffers.
_ABSENT = {"String": "", "LongString": "0", "Int": 0, "Float": 0.0, "Boolean": False}


def _field(source: Mapping[str, Any], info: GraphQLResolveInfo[Call]) -> Any:
    """A field of a REST answer."""
    value = source.get(_snake(info.field_name))
    if value is None:
        return [] if str(info.return_type).startswith("[") else _ABSENT.get(str(info.return_type))
    return value


def _metric_value(metric: Mapping[str, Any], info: GraphQLResolveInfo[Call]) -> float | None:
    """GraphQL's numbers are finite, so NaN is null."""
    value = float(metric["value"])
    return value if math.isfinite(value) else None


@lru_cache(maxsize=256)
def _snake(name: str) -> str:
    return _CAPITAL.sub(lambda match: "_" + match.group().lower(), name)
