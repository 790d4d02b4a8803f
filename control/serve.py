"""The control plane's process: the application on uvicorn, from start to SIGTERM."""

import fcntl
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from trackstack.browser import BrowserGuard, names
from trackstack.control.access.authenticator import Authenticator
from trackstack.control.access.limits import Limiter
from trackstack.control.access.oidc import OpenIdTokens
from trackstack.control.access.tokens import AccessFile, state_folder
from trackstack.control.app import App
from trackstack.control.calls import Services
from trackstack.control.catalog.servers import Servers
from trackstack.control.catalog.surface import PREFIX, Catalog
from trackstack.control.connections import Connection
from trackstack.control.console import tables as console
from trackstack.control.console.browsers import HOME
from trackstack.control.console.oidc import CodeFlow
from trackstack.control.console.sessions import Sessions
from trackstack.control.console.sizes import Sizes
from trackstack.control.console.surface import Console
from trackstack.control.fleet import Fleet
from trackstack.control.journal import Journal
from trackstack.control.routes import RouteTable
from trackstack.control.settings import Settings, SettingsError
from trackstack.control.surfaces import Api, Surface
from trackstack.control.tables import ROUTES
from trackstack.control.workers import Workers
from trackstack.stacks.defaults import Defaults
from trackstack.stacks.errors import InvalidSpec, StackError
from trackstack.stacks.project import Project

_API = Api()
_CONSOLE = Console()
_CATALOG = Catalog()

log = logging.getLogger("trackstack.control")

_SWITCH_S = 0.0005  # operations are all CPU, in threads: requests, which wait for many files, get their turn


def application(project: Project, settings: Settings) -> App:
    """The ASGI application. Raises SettingsError where the settings do not hold."""
    access = AccessFile.of(project)
    try:
        defaults = Defaults.load(Path(settings.defaults), project) if settings.defaults else Defaults()
    except InvalidSpec as error:
        raise SettingsError(f"--defaults {error}") from None
    oidc = OpenIdTokens(settings) if settings.oidc_issuer else None

    @asynccontextmanager
    async def living() -> AsyncIterator[Services]:
        journal = Journal(state_folder(project))
        workers = Workers(project, journal, settings.workers)
        fleet = Fleet(project, settings, defaults, journal, workers)
        await fleet.look()
        workers.resume()
        limiter = Limiter(settings.requests_per_s, settings.requests_burst)
        sizes = Sizes(project)
        flow = CodeFlow(settings, oidc) if oidc and settings.oidc_client_id else None
        sessions = Sessions(state_folder(project), settings.session_s)
        servers = Servers(project)
        yield Services(settings, fleet, Authenticator(access, oidc), limiter, sessions, sizes, flow, servers)
        servers.stop()
        await sizes.stop()
        await workers.stop(settings.stop_timeout_s)

    guard = BrowserGuard(names(settings.allowed_hosts), names(settings.allowed_origins), "--allowed-hosts")
    return App(living, RouteTable((*ROUTES, *console.ROUTES)), guard, _surface)


def _surface(path: str) -> Surface:
    if path.startswith(PREFIX):
        return _CATALOG
    return _CONSOLE if path == HOME or path.startswith(f"{HOME}/") else _API


def run(project: Project, settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; the process's exit code. Raises StackError, SettingsError, OSError."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.umask(0o077)
    sys.setswitchinterval(_SWITCH_S)
    app = application(project, settings)
    with _alone(state_folder(project)):
        if path := AccessFile.of(project).bootstrap():
            log.info("The first token, an owner's of every project, is in %s", path)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
            loop="uvloop",
            http=Connection,
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


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One control plane for a project: two would each know of half of the operations. Raises StackError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StackError(
            f"another control plane serves this project already ({folder.parent.parent})"
        ) from None
    finally:
        os.close(file)
