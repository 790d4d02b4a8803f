"""Ports of this machine: which are free, and who holds the others."""

import errno
import os
import random
import socket
from contextlib import suppress

import psutil

from trackstack.providers.resource import ResourceError

CHOICE = range(20000, 32000)
"""Below the ports that systems give to outgoing connections (32768 on Linux, 49152 elsewhere): a server that
is stopped for a while finds its port free again."""


_held: dict[int, int] = {}
"""The descriptors that keep chosen ports from others' choice; the last of them end with this process."""


def choose(host: str) -> int:
    """A free port, by chance: two stopped servers seldom want the same one.

    Until `let_go`, or the end of this process, nobody else chooses it, though a server can listen there.
    """
    for port in random.sample(CHOICE, 100):
        held = _hold(host, port)
        if held is not None:
            _held[port] = held
            return port
    raise ResourceError(
        f"no free port found on {host} between {CHOICE.start} and {CHOICE.stop - 1}; ask for one"
    )


def let_go(port: int) -> None:
    """The port is its server's now, who listens there."""
    held = _held.pop(port, None)
    if held is not None:
        os.close(held)


def _hold(host: str, port: int) -> int | None:
    """The descriptor of a socket that has the port and does not listen; None where another has it.

    Bound for itself alone, so that two never hold the same one; shared only then, so that the server can
    bind it.
    """
    held = _socket(host)
    try:
        held.bind((host, port))
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise ResourceError(f"{host}:{port} cannot be listened on: {error.strerror}") from None
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return held.detach()


def _socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises ResourceError where it may not."""
    with _socket(host) as probe:
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
