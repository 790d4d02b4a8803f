"""The server process: the application on uvicorn, from start to SIGTERM."""

import logging
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import uvicorn

from trackstack.server import allocator, figures, garbage, logs
from trackstack.server.access.admin import AdminFile
from trackstack.server.access.identities import Authenticator
from trackstack.server.app import App
from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.browser import BrowserGuard, names
from trackstack.server.calls import Services
from trackstack.server.config import Settings
from trackstack.server.connections import BodyLimits, BoundedProtocol, HeaderLimits
from trackstack.server.databricks import events as databricks
from trackstack.server.mounting import Mounted
from trackstack.server.process import DrainingServer
from trackstack.server.readiness import Readiness
from trackstack.server.routes import OPEN, Route, RouteTable
from trackstack.server.secrets import Secrets
from trackstack.server.store.store import Store
from trackstack.server.tables import ROUTES
from trackstack.server.usage.measure import Measure
from trackstack.server.web.build import Build
from trackstack.server.webhooks import mlflow
from trackstack.server.webhooks.hooks import Hooks

log = logging.getLogger("trackstack.server")


def application(settings: Settings) -> App:
    """The ASGI application at the root; raises ConfigError where the settings do not hold."""
    admin = None if settings.no_auth else AdminFile(settings.admin_token)
    store = Store(settings)
    guard = BrowserGuard(names(settings.allowed_hosts), names(settings.allowed_origins))
    artifacts = open_artifacts(settings.artifacts, direct=settings.artifact_mode == "direct")
    secrets = Secrets(settings)
    prepare = {mlflow.KIND: mlflow.prepare, databricks.KIND: databricks.prepare}
    services = Services(
        settings,
        store,
        artifacts,
        Authenticator(store, admin),
        Build(settings.ui_dir),
        Hooks(store, secrets, prepare, private=settings.private_webhooks),
        secrets,
        Measure(store, artifacts.store),
        Readiness(store),
    )
    return App(services, RouteTable(_opened(ROUTES) if settings.metrics_open else ROUTES), guard)


def _opened(routes: Iterable[Route]) -> Iterator[Route]:
    """The routes, the figures' for everybody."""
    for route in routes:
        yield replace(route, needs=OPEN) if route.path == figures.PATH else route


def run(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; requests under way are finished. The process's exit code."""
    logs.configure(settings.log_format)
    allocator.keep_freed_memory()
    garbage.collect_seldom()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = application(settings)
    if settings.no_auth:
        log.warning("Serving without tokens: every process on this machine can read and write everything.")
    headers = HeaderLimits(settings.max_header_bytes, settings.header_timeout_s)
    bodies = BodyLimits(settings.body_min_bytes, settings.body_timeout_s)
    # It makes protocols, as the class does that uvicorn asks for.
    bounded: Any = partial(BoundedProtocol, headers_within=headers, bodies_within=bodies)
    config = uvicorn.Config(
        Mounted(app, settings.root_path) if settings.root_path else app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.forwarded_from),
        forwarded_allow_ips=settings.forwarded_from,
        log_config=None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.stop_timeout_s,
    )
    # uvicorn repeats the signal once it has stopped; a stop that was asked for is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    server = DrainingServer(config, app.services.readiness, settings.drain_s)
    server.run()
    return 0 if server.started else 1
