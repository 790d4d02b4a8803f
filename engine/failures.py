"""How a provider's call fails: readable, without secrets, and with what a partial failure left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2

from trackstack.engine.values import MASK, any_value, is_secret, is_unknown
from trackstack.engine.wire import from_struct

_SHORTEST_SECRET = 4  # shorter secret texts are not looked for in messages: they would blank ordinary words
_DETAILS = "grpc-status-details-bin"

Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class InitFailure:
    """A resource that exists but did not come up: what the provider says of it."""

    id: str
    properties: dict[str, Any]
    reasons: list[str]
    inputs: dict[str, Any] | None = None


class ProviderError(Exception):
    """A call failed; the text holds no secret that the engine sent. `init` tells of a partial failure."""

    def __init__(
        self,
        message: str,
        code: grpc.StatusCode | None = None,
        init: InitFailure | None = None,
        urn: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.init = init
        self.urn = urn


def readable(error: Any, sent: Sequence[Any], urn: str) -> ProviderError:
    """The error of a gRPC call; secrets among the properties that were `sent` are blanked in it."""
    redact = _redactor(sent)
    details = dict(error.trailing_metadata() or ()).get(_DETAILS)
    init = _decode(details, redact) if details is not None else None
    return ProviderError(redact(error.details() or str(error.code())), error.code(), init, urn)


def _decode(data: str | bytes, redact: Redact) -> InitFailure | None:
    status = status_pb2.Status()
    try:
        status.ParseFromString(data if isinstance(data, bytes) else data.encode("latin-1"))
        for detail in status.details:
            if detail.Is(pb.ErrorResourceInitFailed.DESCRIPTOR):
                failed = pb.ErrorResourceInitFailed()
                detail.Unpack(failed)
                return InitFailure(
                    failed.id,
                    from_struct(failed.properties),
                    [redact(reason) for reason in failed.reasons],
                    from_struct(failed.inputs) if failed.HasField("inputs") else None,
                )
    except DecodeError:
        return None
    return None


def _redactor(sent: Sequence[Any]) -> Redact:
    """Blanks every secret text that was sent: a provider's message may quote its inputs."""
    hidden: set[str] = set()

    def remember(value: Any) -> bool:
        if not isinstance(value, dict | list):
            hidden.add(str(value))
        return False

    def collect(value: Any) -> bool:
        if is_secret(value) and "value" in value:
            any_value(value["value"], remember)
        return False

    for properties in sent:
        any_value(properties, collect)
    texts = sorted(
        (t for t in hidden if len(t) >= _SHORTEST_SECRET and not is_unknown(t)), key=len, reverse=True
    )

    def redact(message: str) -> str:
        for text in texts:
            message = message.replace(text, MASK)
        return message

    return redact
