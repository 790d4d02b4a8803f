"""What MLflow has and this server does not (AI gateway, assistant, telemetry) answered as empty, so that
clients and the web UI show it as absent and never as broken. Everything else that is not served is a 404."""

from typing import Any

from trackstack.server.access.objects import NOTHING
from trackstack.server.calls import Call
from trackstack.server.routes import READ, Route


async def no_endpoints(call: Call) -> dict[str, Any]:
    """As MLflow answers where no gateway is configured."""
    return {"endpoints": []}


async def no_assistant(call: Call) -> dict[str, Any]:
    return {"providers": {}, "projects": {}, "remote_access_allowed": False}


async def no_providers(call: Call) -> dict[str, Any]:
    return {"providers": [], "resolved": None, "gateway_vendor_options": {}}


async def no_telemetry(call: Call) -> dict[str, Any]:
    """What people do in the UI is told to nobody."""
    return {"disable_ui_telemetry": True, "disable_ui_events": []}


async def nothing(call: Call) -> dict[str, Any]:
    return {}


ROUTES = (
    Route("GET", "/ajax-api/2.0/mlflow/gateway-proxy", no_endpoints, needs=READ, on=NOTHING),
    Route("GET", "/ajax-api/3.0/mlflow/assistant/config", no_assistant, needs=READ, on=NOTHING),
    Route("GET", "/ajax-api/3.0/mlflow/assistant/providers", no_providers, needs=READ, on=NOTHING),
    Route("GET", "/ajax-api/3.0/mlflow/ui-telemetry", no_telemetry, needs=READ, on=NOTHING),
    Route("POST", "/ajax-api/3.0/mlflow/ui-telemetry", nothing, needs=READ, on=NOTHING),
    Route("GET", "/3.0/mlflow/gateway/endpoints/list", nothing, needs=READ, on=NOTHING),
    Route("GET", "/3.0/mlflow/gateway/endpoints/bindings/list", nothing, needs=READ, on=NOTHING),
    Route("GET", "/3.0/mlflow/gateway/secrets/list", nothing, needs=READ, on=NOTHING),
    Route("GET", "/3.0/mlflow/gateway/model-definitions/list", nothing, needs=READ, on=NOTHING),
    Route("GET", "/ajax-api/3.0/mlflow/gateway/secrets/config", nothing, needs=READ, on=NOTHING),
)
