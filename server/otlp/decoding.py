"""Requests of OTLP/HTTP to their message, from protocol buffers or JSON, compressed or not."""

import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING, Any

from trackstack.server.errors import REQUEST_TOO_LARGE, ApiError
from trackstack.server.otlp.errors import OtlpError

if TYPE_CHECKING:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MAX_BYTES = 64 * 1024 * 1024
"""What a body may become when it is unpacked."""

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_IDS = ("traceId", "spanId", "parentSpanId")


def decode(body: bytes, content_type: str, encoding: str) -> "ExportTraceServiceRequest":
    """The message; raises OtlpError for what is none, ApiError for what is too large unpacked."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in (PROTOBUF, JSON):
        raise OtlpError(f"Invalid Content-Type: {content_type or None}. Expected: {PROTOBUF} or {JSON}")
    data = _unpacked(body, encoding.strip().lower())
    # Only here: a server that gets no spans need not load protocol buffers.
    from google.protobuf.json_format import ParseDict, ParseError
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    message = ExportTraceServiceRequest()
    try:
        if media_type == JSON:
            ParseDict(_with_ids(json.loads(data)), message, ignore_unknown_fields=True)
        else:
            message.ParseFromString(data)
    except (DecodeError, ParseError, ValueError, TypeError, AttributeError, RecursionError):
        raise OtlpError("Invalid OpenTelemetry format") from None
    if not message.resource_spans:
        raise OtlpError("Invalid OpenTelemetry format - no spans found")
    return message


def _unpacked(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "" | "identity":
            return body
        case "gzip":
            return _inflated(body, encoding, 31)
        case "deflate":
            # Some senders leave zlib's header out.
            raw = len(body) < 2 or body[0] & 0x0F != 8 or (body[0] << 8 | body[1]) % 31
            return _inflated(body, encoding, -15 if raw else 15)
    raise OtlpError(f"Unsupported Content-Encoding: {encoding}")


def _inflated(body: bytes, encoding: str, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        data = unpacker.decompress(body, MAX_BYTES)
    except zlib.error:
        raise OtlpError(f"Failed to decompress {encoding} payload") from None
    if unpacker.unconsumed_tail:
        raise ApiError(REQUEST_TOO_LARGE, f"The unpacked body has more than {MAX_BYTES} bytes; split it up.")
    if not unpacker.eof:
        raise OtlpError(f"Failed to decompress {encoding} payload")
    return data


def _with_ids(request: Any) -> Any:
    """OTLP writes ids in hex where protocol buffers' JSON has base64."""
    for resource in request.get("resourceSpans") or ():
        for scope in resource.get("scopeSpans") or ():
            for span in scope.get("spans") or ():
                for holder in (span, *(span.get("links") or ())):
                    for name in _IDS:
                        if holder.get(name):
                            holder[name] = _base64(holder[name])
    return request


def _base64(hexadecimal: str) -> str:
    try:
        return base64.b64encode(binascii.unhexlify(hexadecimal)).decode()
    except binascii.Error as error:
        raise ValueError(str(error)) from None
