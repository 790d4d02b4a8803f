"""The API that tells how much an instance holds: for who holds a token with the scope admin."""

from trackstack.server.access.objects import NOTHING
from trackstack.server.calls import Call
from trackstack.server.routes import ADMIN, Route
from trackstack.server.usage.measure import Usage


async def usage(call: Call) -> Usage:
    """Tells how much the instance holds and when it was last used, as it was a minute ago at most.

    Where measuring takes more than three seconds, it is told for twenty times as long as it took.
    """
    return await call.services.measure.usage()


ROUTES = (Route("GET", "/2.0/trackstack/usage", usage, needs=ADMIN, on=NOTHING),)
