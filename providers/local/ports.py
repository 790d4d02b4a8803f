"""Ports of this machine: which are free, and who holds the others."""

import errno
import random
import socket
from contextlib import suppress

import psutil

from trackstack.providers.resource import ResourceError

CHOICE = range(20000, 32000)
"""Below the ports that systems give to outgoing connections (32768 on Linux, 49152 elsewhere): a server that
is stopped for a while finds its port free again."""


def choose(host: str) -> int:
    """A free port, by chance: two stopped servers seldom want the same one."""
    for port in random.sample(CHOICE, 100):
        if is_free(host, port):
            return port
    raise ResourceError(
        f"no free port found on {host} between {CHOICE.start} and {CHOICE.stop - 1}; ask for one"
    )


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises ResourceError where it may not."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: lingering ones do not count
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EACCES:
                raise ResourceError(
                    f"port {port} on {host} is not allowed to you; choose one above 1023"
                ) from None
            if error.errno != errno.EADDRINUSE:
                raise ResourceError(f"{host}:{port} cannot be listened on: {error.strerror}") from None
            return False
    return True


def require_free(host: str, port: int) -> None:
    """Raises ResourceError naming the port and, where the system tells, the process that holds it."""
    if not is_free(host, port):
        who = holder(port)
        by = f" by process {who.pid} ({who.name()})" if who else ""
        raise ResourceError(f"port {port} on {host} is taken{by}; stop that or choose another port")


def holder(port: int) -> psutil.Process | None:
    """The process that listens on the port, if the system tells."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            address = connection.laddr
            if (
                connection.status == psutil.CONN_LISTEN
                and address
                and address.port == port
                and connection.pid
            ):
                return psutil.Process(connection.pid)
    return None
