"""How the Experiments API says what went wrong: `{"detail": …}`, as programs made with FastAPI have it."""

import msgspec

from trackstack.server.errors import RESOURCE_ALREADY_EXISTS, ApiError
from trackstack.server.responses import Answer, refusal


def refuse(error: ApiError) -> Answer:
    """The error's answer; a name that is taken is a conflict (409)."""
    status = 409 if error.code == RESOURCE_ALREADY_EXISTS else error.status
    return refusal(error, msgspec.json.encode({"detail": error.message}), status)
