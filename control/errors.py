"""The one error of the control plane, in the shape of the Model Experiments API.

`ApiError` is for what the caller did or may try again. Anything else that escapes a handler is our mistake:
it is logged with its traceback and answered with 500 and no word of it.
"""

from collections.abc import Mapping
from http import HTTPStatus

from msgspec import Struct


class ErrorResponse(Struct):
    """An error: the HTTP status, what to do about it, the status's name."""

    code: int
    message: str
    status: str


class ApiError(Exception):
    """A request that cannot be served."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = " ".join(message.split())
        self.headers = dict(headers or {})

    @property
    def body(self) -> ErrorResponse:
        """What is answered."""
        return ErrorResponse(self.status, self.message, HTTPStatus(self.status).phrase)


def invalid(message: str) -> ApiError:
    """The request's values cannot be accepted."""
    return ApiError(400, message)


def unauthorized(message: str) -> ApiError:
    """Nobody that is known here."""
    return ApiError(401, message, {"WWW-Authenticate": 'Bearer realm="trackstack"'})


def forbidden(message: str) -> ApiError:
    """Somebody known, who may not do this."""
    return ApiError(403, message)


def missing(message: str) -> ApiError:
    """What the request names does not exist, or is hidden from the caller."""
    return ApiError(404, message)


def conflict(message: str) -> ApiError:
    """Another operation is under way there."""
    return ApiError(409, message)


def too_many(message: str, retry_after_s: float) -> ApiError:
    """To be tried again in `retry_after_s` seconds."""
    return ApiError(429, message, _retry(retry_after_s))


def unavailable(message: str, retry_after_s: float = 1) -> ApiError:
    """Something that this needs does not answer."""
    return ApiError(503, message, _retry(retry_after_s))


def _retry(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, round(seconds + 0.5)))}
