"""The surfaces: where each begins, and how it answers what goes wrong there.

A request below a surface's prefix is refused in that surface's shape whatever stopped it: its handler, its
body, its token, its Host header, or that there is no such route.
"""

from collections.abc import Callable
from dataclasses import dataclass

from trackstack.server.errors import ApiError, mlflow_body
from trackstack.server.experiments_api import errors as experiments_api
from trackstack.server.openmetadata import errors as openmetadata
from trackstack.server.otlp import errors as otlp
from trackstack.server.responses import Answer, refusal
from trackstack.server.sensei import errors as sensei


@dataclass(frozen=True)
class Surface:
    """The paths at and below `prefix`; `refuse` writes an error with the status and body that these have."""

    prefix: str
    refuse: Callable[[ApiError], Answer]


def _as_mlflow(error: ApiError) -> Answer:
    return refusal(error, mlflow_body(error))


MLFLOW = Surface("", _as_mlflow)
"""Every path that no other surface has."""

SURFACES = (
    Surface("/api/v1/experiments", experiments_api.refuse),
    Surface("/api/v1/lineage", openmetadata.refuse),
    Surface("/api/v1/mlmodels", openmetadata.refuse),
    Surface("/api/v1/services", openmetadata.refuse),
    Surface("/api/v1/system", openmetadata.refuse),
    Surface("/data/sensei", sensei.refuse),
    Surface("/v1/traces", otlp.refuse),
)
"""No prefix begins another."""


def surface_of(path: str) -> Surface:
    """The surface that `path` belongs to, whether or not anything is routed there."""
    for surface in SURFACES:
        if path.startswith(surface.prefix) and path[len(surface.prefix) :][:1] in ("", "/"):
            return surface
    return MLFLOW
