"""Requests to a cluster's API server through the official client, which knows all ways to sign in."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trackstack.providers.kubernetes.errors import ApiError, Unreachable

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

Document = dict[str, Any]

JSON = "application/json"
APPLY = "application/apply-patch+yaml"  # YAML of which JSON is a part
JSON_PATCH = "application/json-patch+json"
_SECONDS = 60  # for one answer; admission webhooks may take 30
_TOO_MANY = 429
_TRIES = 5
_ERRNO = re.compile(r"\[Errno \d+\] ")


class Client:
    """One cluster, asked as one user. Raises ApiError where it refuses, Unreachable where nothing answers."""

    def __init__(self, transport: "ApiClient", seconds: float = _SECONDS) -> None:
        self._transport = transport
        self._seconds = seconds
        self._lock = threading.Lock()
        self.requests = 0
        """How many were sent."""

    def get(self, path: str, **query: str) -> Document:
        """The document at `path`."""
        return self._document("GET", path, query)

    def find(self, path: str) -> Document | None:
        """The document at `path`; None when there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def text(self, path: str, **query: str) -> str:
        """What is at `path`, which is no document: a log."""
        return self._answer("GET", path, query).decode(errors="replace")

    def patch(self, path: str, body: Any, content: str, **query: str) -> Document:
        """Change what is at `path`: the object as it is then."""
        return self._document("PATCH", path, query, body, content)

    def delete(self, path: str, body: Any) -> Document:
        """Delete what is at `path`."""
        return self._document("DELETE", path, {}, body)

    def watch(self, path: str, seconds: int, **query: str) -> Iterator[Document]:
        """The events of a list, until `seconds` are over."""
        asked = {**query, "watch": "1", "timeoutSeconds": str(seconds)}
        response = self._send("GET", path, asked, None, JSON, seconds + self._seconds)
        try:
            if response.status >= 300:
                raise _refusal(response.status, response.read())
            rest = b""
            for chunk in response.response.stream(amt=None):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        finally:
            response.response.close()  # there may be more to come, which nobody waits for

    def _document(
        self, method: str, path: str, query: Mapping[str, str], body: Any = None, content: str = JSON
    ) -> Document:
        document: Document = json.loads(self._answer(method, path, query, body, content))
        return document

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], body: Any = None, content: str = JSON
    ) -> bytes:
        for attempt in range(_TRIES):
            response = self._send(method, path, query, body, content, self._seconds)
            answer = bytes(response.read())
            if response.status == _TOO_MANY and attempt + 1 < _TRIES:
                time.sleep(float(response.headers.get("Retry-After") or 1))
                continue
            break
        if response.status >= 300:
            raise _refusal(response.status, answer)
        return answer

    def _send(
        self, method: str, path: str, query: Mapping[str, str], body: Any, content: str, seconds: float
    ) -> Any:
        import urllib3.exceptions

        request = self._transport.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params={"Accept": JSON, "Content-Type": content},
            body=body,
            auth_settings=["BearerToken"],
        )
        with self._lock:
            self.requests += 1
        try:
            return self._transport.call_api(*request, _request_timeout=(self._seconds, seconds))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            host = self._transport.configuration.host
            raise Unreachable(f"the cluster at {host} does not answer: {_last(error)}") from error


def _last(error: BaseException) -> str:
    """What is wrong in the end, without the client's objects in it."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return _last(reason)
    return _ERRNO.sub("", str(error).rpartition(": ")[2]) or type(error).__name__


def _refusal(code: int, answer: bytes) -> ApiError:
    try:
        status = json.loads(answer)
    except ValueError:
        status = None
    if not isinstance(status, dict):
        status = {"message": f"{code}: {answer.decode(errors='replace').strip()[:300]}"}
    return ApiError(code, status)
