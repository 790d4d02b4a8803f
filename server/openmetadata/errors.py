"""How the OpenMetadata surface says what went wrong: `{"code": …, "message": …, "errorType": …}`.

Every error has `code`: without it OpenMetadata's client takes an error for an empty answer.
"""

import msgspec

from trackstack.server.errors import RESOURCE_ALREADY_EXISTS, ApiError
from trackstack.server.responses import Answer, refusal

_TYPES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "ENTITY_NOT_FOUND",
    409: "ENTITY_ALREADY_EXISTS",
    412: "PRECONDITION_FAILED",
    413: "BULK_LIMIT_EXCEPTION",
    429: "LIMITS_EXCEPTION",
}


def refuse(error: ApiError) -> Answer:
    """The error's answer; a name that is taken is a conflict (409)."""
    status = 409 if error.code == RESOURCE_ALREADY_EXISTS else error.status
    body: dict[str, str | int] = {"code": status, "message": error.message}
    if status in _TYPES:
        body["errorType"] = _TYPES[status]
    return refusal(error, msgspec.json.encode(body), status)
