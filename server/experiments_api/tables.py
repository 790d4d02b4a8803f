"""The routes of this API; every one is for the tenant that its request names."""

from typing import Any

from trackstack.server.access.objects import EXPERIMENT, FOUND, NEW_EXPERIMENT, RUN, Declared, param
from trackstack.server.experiments_api import artifacts, comparison, experiments, logging, runs
from trackstack.server.experiments_api.tenants import TenantHeader, within_tenant
from trackstack.server.routes import READ, WRITE, Handler, Route, Scope

_PREFIX = "/api/v1/experiments"
_RUN = "/runs/{run_id}"
_THIS = EXPERIMENT.by("id")


def _route(method: str, path: str, handler: Handler, needs: Scope, on: Declared, **more: Any) -> Route:
    of_tenant: dict[str, Any] = {"narrow": within_tenant, "headers": TenantHeader}
    return Route(method, _PREFIX + path, handler, needs=needs, on=on, **of_tenant, **more)


ROUTES = (
    _route("POST", "", experiments.create, WRITE, NEW_EXPERIMENT, status=201),
    _route("GET", "", experiments.list_, READ, FOUND),
    _route("GET", "/{id}", experiments.get, READ, _THIS),
    _route("PATCH", "/{id}", experiments.change, WRITE, _THIS),
    _route("DELETE", "/{id}", experiments.archive, WRITE, _THIS.to_manage, status=204),
    _route("POST", "/{id}/restore", experiments.restore, WRITE, _THIS.to_manage),
    _route("POST", "/runs", runs.create, WRITE, EXPERIMENT, status=201),
    _route("GET", "/runs", runs.list_, READ, EXPERIMENT),
    _route("GET", _RUN, runs.get, READ, RUN),
    _route("POST", f"{_RUN}/log-metrics", logging.log_metrics, WRITE, RUN),
    _route("POST", f"{_RUN}/log-params", logging.log_params, WRITE, RUN),
    _route("POST", f"{_RUN}/log-batch", logging.log_batch, WRITE, RUN),
    _route(
        "POST",
        f"{_RUN}/log-artifact",
        artifacts.log_artifact,
        WRITE,
        RUN.by(param("run_id")),
        form=artifacts.ArtifactForm,
        query=artifacts.ArtifactFolder,
    ),
    _route("POST", f"{_RUN}/end", runs.end, WRITE, RUN, query=runs.EndQuery),
    _route("POST", "/runs/compare", comparison.compare, READ, RUN.by("run_ids")),
)
