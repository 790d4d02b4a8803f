"""Calls to providers over one interface, whether the provider is an object of this process or a gRPC stub.

An in-process provider is an object with the methods of `ResourceProviderServicer`. It is given a `Context`
like gRPC's and may use `abort`, `abort_with_status`, `set_code` and `set_details` (the details proto of a
partial failure goes in the trailing metadata `grpc-status-details-bin`), or simply raise. All of these
reach the caller as the `grpc.RpcError` that a channel would have given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import grpc

Call = Callable[[str, Any], Any]
"""`call(method, request) -> response`; raises grpc.RpcError."""

Metadata = tuple[tuple[str, str | bytes], ...]


class Aborted(grpc.RpcError):
    """The error of an in-process call, read like a channel's."""

    def __init__(self, code: grpc.StatusCode, details: str, trailing: Metadata = ()) -> None:
        super().__init__(details)
        self._code, self._details, self._trailing = code, details, trailing

    def code(self) -> grpc.StatusCode:
        """The status."""
        return self._code

    def details(self) -> str:
        """The text."""
        return self._details

    def trailing_metadata(self) -> Metadata:  # type: ignore[override]  # the stub names a tuple class
        """Where a partial failure's details are."""
        return self._trailing


class Context:
    """What an in-process method sees as its `grpc.ServicerContext`."""

    def __init__(self) -> None:
        self._code = grpc.StatusCode.OK
        self._details = ""
        self._trailing: Metadata = ()

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        """End the call with an error."""
        raise Aborted(code, details, self._trailing)

    def abort_with_status(self, status: Any) -> NoReturn:
        """End the call with a `grpc.Status`, as `rpc_status.to_status` makes it."""
        raise Aborted(status.code, status.details, tuple(status.trailing_metadata or ()))

    def set_code(self, code: grpc.StatusCode) -> None:
        """The status with which the call ends when the method returns or raises."""
        self._code = code

    def set_details(self, details: str) -> None:
        """The text for that status."""
        self._details = details

    def set_trailing_metadata(self, metadata: Metadata) -> None:
        """Kept for the error."""
        self._trailing = tuple(metadata)

    def code(self) -> grpc.StatusCode:
        """The status set so far."""
        return self._code

    def details(self) -> str:
        """The text set so far."""
        return self._details

    def trailing_metadata(self) -> Metadata:
        """The metadata set so far."""
        return self._trailing

    def is_active(self) -> bool:
        """An in-process call is never cut off."""
        return True

    def time_remaining(self) -> None:
        """No deadline."""

    def invocation_metadata(self) -> Metadata:
        """None is sent."""
        return ()

    def peer(self) -> str:
        """Who calls."""
        return "in-process"

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Never called: the call ends when the method does."""
        return False


def in_process(servicer: Any) -> Call:
    """Calls to an object of this process."""

    def call(method: str, request: Any) -> Any:
        context = Context()
        handler = getattr(servicer, method, None)
        if handler is None:
            raise Aborted(grpc.StatusCode.UNIMPLEMENTED, f"the provider has no {method}")
        try:
            response = handler(request, context)
        except grpc.RpcError:
            raise
        except NotImplementedError as error:
            raise Aborted(grpc.StatusCode.UNIMPLEMENTED, context.details() or str(error)) from error
        except Exception as error:
            if context.code() is not grpc.StatusCode.OK:
                raise Aborted(context.code(), context.details(), context.trailing_metadata()) from error
            raise Aborted(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}") from error
        if context.code() is not grpc.StatusCode.OK:
            raise Aborted(context.code(), context.details(), context.trailing_metadata())
        return response

    return call
