"""A scriptable provider at protocol level, with a world of its own that tests can look at.

Inputs steer it: `replace*` keys force a replacement when they change, `fail` and `partial` make calls fail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped]  # has no stubs
from grpc_status import rpc_status
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.engine.values import SECRET, SIG, UNKNOWN
from trackstack.engine.wire import from_struct, to_struct

Properties = dict[str, Any]


def bare(value: Any) -> Any:
    """The value without secret wrappers."""
    if isinstance(value, dict):
        return bare(value["value"]) if value.get(SIG) == SECRET else {k: bare(v) for k, v in value.items()}
    return [bare(v) for v in value] if isinstance(value, list) else value
