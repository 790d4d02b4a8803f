"""One tracking server for all tests of a process, and clients of it."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.server.postgres import Postgres
from tests.server.serving import Server

if TYPE_CHECKING:
    from mlflow import MlflowClient

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def new_database(
    request: pytest.FixtureRequest,
) -> Iterator[Callable[[], tuple[str, ...]]]:
    """Makes an empty database; returns the flags that name it to a server."""
    if request.config.getoption("--store") == "sqlite":
        yield lambda: ()
        return
    # Not below pytest's own folder: the database's user must reach it, by a path that fits a socket's name.
    with tempfile.TemporaryDirectory(prefix="trackstack-") as folder:
        postgres = Postgres(Path(folder))
        postgres.start()
        yield lambda: ("--database-url", postgres.create(f"t{uuid.uuid4().hex}"))
        postgres.stop()


@pytest.fixture(scope="session")
def start_server(
    tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], tuple[str, ...]]
) -> Iterator[Start]:
    """Starts servers with their own data; flags are those of `serve`."""
    servers: list[Server] = []

    def start(*flags: str, data_dir: Path | None = None, **environment: str) -> Server:
        folder = data_dir or tmp_path_factory.mktemp("server")
        server = Server(folder, (*new_database(), *flags), environment)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        if server.process is not None:
            server.stop()


@pytest.fixture(scope="session")
def server(start_server: Start) -> Server:
    """A server that all tests share; they keep apart by the names of their experiments."""
    return start_server()


@pytest.fixture
def fresh_server(start_server: Start) -> Iterator[Server]:
    """A server that nobody has used."""
    one = start_server()
    yield one
    if one.process is not None:
        one.stop()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    """Plain HTTP with the admin token."""
    with server.client() as one:
        yield one


@pytest.fixture
def tracking(server: Server, monkeypatch: pytest.MonkeyPatch) -> "MlflowClient":
    """MLflow's own client."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", server.token.text)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    mlflow.set_tracking_uri(server.url)
    return mlflow.MlflowClient(server.url)


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"x-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The endpoint of an S3 on loopback."""
    from tests.server.buckets import s3_server

    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3: str) -> str:
    """The artifact root of a new, empty bucket."""
    from tests.server.buckets import new_bucket

    return new_bucket(s3)


@pytest.fixture(params=["folder", "bucket"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The artifact root of each kind of store."""
    if request.param == "folder":
        return str(tmp_path / "artifacts")
    value: str = request.getfixturevalue("bucket")
    return value
