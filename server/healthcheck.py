"""`trackstack-server healthcheck`: whether the server of this container answers."""

import http.client
import sys

from trackstack.server.config import Settings

_PATIENCE_S = 5
_OF_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what a server listens at


def run(settings: Settings) -> int:
    """0 where it does; else 1, and the reason on stderr."""
    host = _OF_ALL.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"trackstack-server: {host}:{settings.port} does not answer: {error}\n")
        return 1
    finally:
        connection.close()
    if status != 200:
        sys.stderr.write(f"trackstack-server: {host}:{settings.port}/health answers with status {status}\n")
        return 1
    return 0
