"""What is wrong with an OTLP request itself: told as `{"detail": …}`, as MLflow does here."""

import msgspec

from trackstack.server.errors import INVALID_PARAMETER_VALUE, ApiError, mlflow_body
from trackstack.server.responses import Answer, refusal


class OtlpError(ApiError):
    """A request that is not OTLP."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(INVALID_PARAMETER_VALUE, detail, status)


def refuse(error: ApiError) -> Answer:
    """The error's answer; what any request may get wrong has MLflow's usual body."""
    if isinstance(error, OtlpError):
        return refusal(error, msgspec.json.encode({"detail": error.message}))
    return refusal(error, mlflow_body(error))
