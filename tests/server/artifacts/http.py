"""A server of ours in a thread, and requests to it exactly as they are written."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from trackstack.server.config import Settings
from trackstack.server.serve import application

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts"


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class Served:
    """A running server: its address, its data, and what its artifact root was given as."""

    port: int
    data: Path
    root: str
    _local: threading.local = field(default_factory=threading.local)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """One request on a connection that is kept; the target goes out as it is."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body, headers or {})
            return _read(connection.getresponse())
        except Exception:
            self.hang_up()
            raise

    def post(self, target: str, value: object) -> Reply:
        return self.ask("POST", target, msgspec.json.encode(value), {"content-type": "application/json"})

    def run(self) -> str:
        """A new run's id; its artifacts are below `0/<id>/artifacts`."""
        created = self.post(f"{API}/runs/create", {"experiment_id": "0", "start_time": 1})
        run_id: str = created.json()["run"]["info"]["run_id"]
        return run_id

    def hang_up(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None


def _read(response: HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


@contextmanager
def serving(data: Path, root: str, mode: str = "direct") -> Iterator[Served]:
    """The application on uvicorn in a thread of this process."""
    app = application(Settings(data_dir=data, artifact_root=root, artifact_mode=mode, no_auth=True))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_keep_alive=600,  # a connection outlives the tests between two of its uses
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        served = Served(listener.getsockname()[1], data, root)
        try:
            yield served
        finally:
            served.hang_up()
            server.should_exit = True
            thread.join()
