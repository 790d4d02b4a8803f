"""How the Sensei surface says what went wrong: problem details, as in its published description."""

from http import HTTPStatus

import msgspec

from trackstack.server.errors import ApiError
from trackstack.server.responses import Answer, refusal

_PROBLEMS = "https://platform.adobe.io/data/foundation/ml/problems/"
_MEDIA_TYPE = b"application/vnd.adobe.platform.sensei+json;profile=api-response.v1.json"


def refuse(error: ApiError) -> Answer:
    """The error's answer."""
    title = HTTPStatus(error.status).phrase
    body = {
        "type": _PROBLEMS + title.lower().replace(" ", "-"),
        "title": title,
        "status": error.status,
        "detail": error.message,
        "additionalDetails": {},
    }
    return refusal(error, msgspec.json.encode(body), media_type=_MEDIA_TYPE)
