"""Files of archived traces, `traces.pb`: OpenTelemetry's TracesData with one resource and one scope, as
MLflow 3.17 writes them; any reader of OTLP files reads them, too."""

from collections.abc import Sequence

from trackstack.server.mlflow.traces import span_json
from trackstack.server.otlp.spans import content

FILE = "traces.pb"


class UnfitError(Exception):
    """Spans that protocol buffers cannot hold as they are, such as numbers beyond 64 bits."""


def pack(spans: Sequence[str]) -> bytes:
    """The file of a trace's spans, each as in traces.json. Raises UnfitError where `unpack` gives others."""
    from google.protobuf.json_format import ParseDict, ParseError
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    try:
        scope = {"spans": [span_json.span(text) for text in spans]}
        data: bytes = ParseDict(
            {"resource_spans": [{"scope_spans": [scope]}]}, TracesData()
        ).SerializeToString()
    except (ParseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnfitError(str(error)) from None
    if unpack(data) != list(spans):
        raise UnfitError("some values are not kept exactly")
    return data


def unpack(data: bytes) -> list[str]:
    """The spans of a file, in its order. Raises ValueError for what is none."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    found = TracesData()
    try:
        found.ParseFromString(data)
    except DecodeError as error:
        raise ValueError(f"not a file of archived spans: {error}") from None
    scopes = [scope for resource in found.resource_spans for scope in resource.scope_spans]
    return [content(span) for scope in scopes for span in scope.spans]
