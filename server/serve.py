"""The server process: the application on uvicorn, from start to SIGTERM."""

import logging
import os
import signal
import sys

import uvicorn

from trackstack.server import allocator
from trackstack.server.access.admin import AdminFile
from trackstack.server.access.identities import Authenticator
from trackstack.server.app import App
from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.browser import BrowserGuard, names
from trackstack.server.calls import Services
from trackstack.server.config import Settings
from trackstack.server.routes import RouteTable
from trackstack.server.secrets import Secrets
from trackstack.server.store.store import Store
from trackstack.server.tables import ROUTES
from trackstack.server.usage.measure import Measure
from trackstack.server.web.build import Build
from trackstack.server.webhooks.hooks import Hooks

log = logging.getLogger("trackstack.server")


def application(settings: Settings) -> App:
    """The ASGI application; raises ConfigError where the settings do not hold."""
    admin = None if settings.no_auth else AdminFile(settings.data_dir / "admin-token")
    store = Store(settings)
    guard = BrowserGuard(names(settings.allowed_hosts), names(settings.allowed_origins))
    artifacts = open_artifacts(settings.artifact_root or str(settings.data_dir / "artifacts"))
    services = Services(
        settings,
        store,
        artifacts,
        Authenticator(store, admin),
        Build(settings.ui_dir),
        Hooks(store, settings.private_webhooks),
        Secrets(settings),
        Measure(store, artifacts.store),
    )
    return App(services, RouteTable(ROUTES), guard)


def run(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; requests under way are finished. The process's exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    allocator.keep_freed_memory()
    os.umask(0o077)  # the database and artifacts are for this user alone
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = application(settings)
    if settings.no_auth:
        log.warning("Serving without tokens: every process on this machine can read and write everything.")
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.stop_timeout_s,
    )
    # uvicorn repeats the signal once it has stopped; a stop that was asked for is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    server = uvicorn.Server(config)
    server.run()
    return 0 if server.started else 1
