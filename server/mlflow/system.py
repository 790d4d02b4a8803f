"""What the server says about itself: health, version, features, the caller."""

from trackstack.server.access.objects import NOTHING
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import OPEN, READ, WRITE, Route

MLFLOW_VERSION = b"3.17.2"
"""The release whose API this is; clients look for at least 3.4 before they send spans."""


async def health(call: Call) -> Answer:
    return Answer(b"OK", media_type=b"text/plain; charset=utf-8")


async def ready(call: Call) -> Answer:
    await call.services.readiness.check()
    return Answer(b"OK", media_type=b"text/plain; charset=utf-8")


async def version(call: Call) -> Answer:
    return Answer(MLFLOW_VERSION, media_type=b"text/html; charset=utf-8")


async def server_info(call: Call) -> dict[str, object]:
    return {
        "store_type": "SqlStore",
        "workspaces_enabled": False,
        "trace_archival_enabled": bool(call.services.settings.trace_archival),
        "multipart_uploads_enabled": call.artifacts.uploads is not None,
        "multipart_downloads_enabled": call.artifacts.links is not None,
        "presigned_upload_run_id_supported": True,
        "presigned_upload_model_id_supported": True,
        "features_enabled": {"gateway": False},
    }


async def current_user(call: Call) -> dict[str, object]:
    admin = call.identity.scope.name == "ADMIN"
    return {"user": {"id": 0, "username": call.identity.name, "is_admin": admin}}


async def permissions(call: Call) -> dict[str, object]:
    """The web UI offers to change things only to admins; who may write may do all that it offers."""
    return {"is_admin": call.identity.scope >= WRITE, "permissions": []}


async def databricks_config(call: Call) -> dict[str, object]:
    """Databricks' SDK asks for it at every host; empty says that this is none of theirs."""
    return {}


ROUTES = (
    Route("GET", "/health", health, needs=OPEN, on=NOTHING),
    Route("GET", "/ready", ready, needs=OPEN, on=NOTHING),
    Route("GET", "/version", version, needs=OPEN, on=NOTHING),
    Route("GET", "/3.0/mlflow/server-info", server_info, needs=READ, on=NOTHING),
    Route("GET", "/2.0/mlflow/users/current", current_user, needs=READ, on=NOTHING),
    Route("GET", "/3.0/mlflow/users/current/permissions", permissions, needs=READ, on=NOTHING),
    Route("GET", "/.well-known/databricks-config", databricks_config, needs=OPEN, on=NOTHING),
)
