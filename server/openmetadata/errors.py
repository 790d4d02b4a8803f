"""How the OpenMetadata surface says what went wrong: `{"code": …, "message": …, "errorType": …}`."""

import msgspec

from trackstack import catalog_requests
from trackstack.server.errors import RESOURCE_ALREADY_EXISTS, ApiError
from trackstack.server.responses import Answer, refusal


def refuse(error: ApiError) -> Answer:
    """The error's answer; a name that is taken is a conflict (409)."""
    status = 409 if error.code == RESOURCE_ALREADY_EXISTS else error.status
    return refusal(error, msgspec.json.encode(catalog_requests.error(status, error.message)), status)
