"""What a provider's methods raise, told as Pulumi's protocol tells it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import grpc

from trackstack.providers.resource import ResourceError

_Method = TypeVar("_Method", bound=Callable[..., Any])


def told(method: _Method) -> _Method:
    """Failures of the resources and of the machine become the protocol's, as one line."""

    @wraps(method)
    def answer(self: Any, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except ResourceError as error:
            return context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except OSError as error:
            subject = f"{error.filename}: " if error.filename else ""
            return context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{subject}{error.strerror or error}")

    return answer  # type: ignore[return-value]  # wraps keeps the signature, which mypy cannot follow
