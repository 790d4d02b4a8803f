"""The one error that handlers and the store raise; each surface gives it its own shape.

`ApiError` is for what the caller did or may try again. Anything else that escapes a handler is our mistake:
it is logged with its traceback and answered as INTERNAL_ERROR without one.
"""

from collections.abc import Iterable

import msgspec

BAD_REQUEST = "BAD_REQUEST"
ENDPOINT_NOT_FOUND = "ENDPOINT_NOT_FOUND"
INTERNAL_ERROR = "INTERNAL_ERROR"
INVALID_PARAMETER_VALUE = "INVALID_PARAMETER_VALUE"
NOT_IMPLEMENTED = "NOT_IMPLEMENTED"
PERMISSION_DENIED = "PERMISSION_DENIED"
REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
RESOURCE_ALREADY_EXISTS = "RESOURCE_ALREADY_EXISTS"
RESOURCE_DOES_NOT_EXIST = "RESOURCE_DOES_NOT_EXIST"
TEMPORARILY_UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"
UNAUTHENTICATED = "UNAUTHENTICATED"

# MLflow's HTTP status of its error codes; every other code is a 500 there.
_STATUS = {
    BAD_REQUEST: 400,
    INVALID_PARAMETER_VALUE: 400,
    RESOURCE_ALREADY_EXISTS: 400,
    UNAUTHENTICATED: 401,
    "CUSTOMER_UNAUTHORIZED": 401,
    PERMISSION_DENIED: 403,
    ENDPOINT_NOT_FOUND: 404,
    "NOT_FOUND": 404,
    RESOURCE_DOES_NOT_EXIST: 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_CONFLICT": 409,
    REQUEST_TOO_LARGE: 413,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    NOT_IMPLEMENTED: 501,
    TEMPORARILY_UNAVAILABLE: 503,
    "DEADLINE_EXCEEDED": 504,
}

_CLASS = {
    RESOURCE_DOES_NOT_EXIST: "RESOURCE_NOT_FOUND",
    "NOT_FOUND": "RESOURCE_NOT_FOUND",
    BAD_REQUEST: INVALID_PARAMETER_VALUE,
    INTERNAL_ERROR: "CLIENT_INTERNAL_ERROR",
    "INVALID_STATE": "CLIENT_INTERNAL_ERROR",
    TEMPORARILY_UNAVAILABLE: "CLIENT_INTERNAL_ERROR",
}


class ApiError(Exception):
    """A request that cannot be served: MLflow's error code, and a message that says what to do next.

    `headers` go with its answer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or _STATUS.get(code, 500)
        self.headers = tuple(headers)


def invalid(message: str) -> ApiError:
    """The request's values cannot be accepted (400)."""
    return ApiError(INVALID_PARAMETER_VALUE, message)


def missing(message: str) -> ApiError:
    """What the request names does not exist, or is hidden from the caller (404)."""
    return ApiError(RESOURCE_DOES_NOT_EXIST, message)


def exists(message: str) -> ApiError:
    """The name is taken (400, as MLflow has it)."""
    return ApiError(RESOURCE_ALREADY_EXISTS, message)


def mlflow_body(error: ApiError) -> bytes:
    """The error as MLflow 3.17 writes it."""
    body = {"error_code": error.code, "message": error.message}
    if error.code != NOT_IMPLEMENTED:
        error_class = _CLASS.get(error.code, error.code)
        body["sqlstate"] = "XXM00" if error_class == "CLIENT_INTERNAL_ERROR" else "KAM00"
        body["error_class"] = error_class
    return msgspec.json.encode(body)
