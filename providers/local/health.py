"""Waiting for a server to answer, while watching that it lives."""

import http.client
import time
from contextlib import closing
from pathlib import Path

from trackstack.providers.local.logs import last_line
from trackstack.providers.local.process import Identity
from trackstack.providers.resource import ResourceError

START_SECONDS = 60.0
"""Longest wait for a started server; migrations of a large database come first."""
_POLL_SECONDS = 0.02


def wait_until_healthy(host: str, port: int, server: Identity, log: Path, *, log_start: int) -> None:
    """Return when the server listens and `GET /health` says 200.

    Another server may answer on its port while it starts. Raises ResourceError, with the log's last line if
    it ends.
    """
    deadline = time.monotonic() + START_SECONDS
    while not (is_healthy(host, port) and server.listens(port)):
        if server.process() is None:
            said = last_line(log, log_start) or "it wrote nothing"
            raise ResourceError(f"the server on port {port} ended while starting: {said} (log: {log})")
        if time.monotonic() > deadline:
            raise ResourceError(
                f"the server on port {port} did not answer within {START_SECONDS:.0f} s (log: {log})"
            )
        time.sleep(_POLL_SECONDS)


def is_healthy(host: str, port: int) -> bool:
    """Whether the server answers that it serves."""
    with closing(http.client.HTTPConnection(host, port, timeout=5)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
