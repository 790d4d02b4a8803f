"""Whether the control plane lives, and whether it answers."""

from msgspec import Struct

from trackstack.control.access.callers import NOBODY
from trackstack.control.calls import Call
from trackstack.control.routes import Route


class Health(Struct):
    status: str


async def health(call: Call) -> Health:
    """Say that the process lives."""
    return Health("ok")


async def ready(call: Call) -> Health:
    """Say that the instances' files can be read; 503 while they cannot."""
    await call.fleet.look()
    return Health("ready")


ROUTES = (
    Route("GET", "/health", health, needs=NOBODY),
    Route("GET", "/ready", ready, needs=NOBODY, refuses=(503,)),
)
