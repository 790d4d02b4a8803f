"""The error body of each surface: what every test of something that fails checks with one call."""

import httpx

INSIDE = ("Traceback", "sqlite", "SELECT", "/work", ".py")
"""What would show the server's inside."""


def assert_mlflow_error(reply: httpx.Response, status: int, code: str) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert body["error_code"] == code
    assert set(body) <= {"error_code", "message", "sqlstate", "error_class"}
    _assert_closed(reply)


def assert_surface_error(reply: httpx.Response, status: int) -> None:
    """The canonical error of the surface that the request's path belongs to."""
    assert reply.status_code == status, reply.text
    path = reply.request.url.path
    if path.startswith("/api/v1/experiments"):
        body = reply.json()
        assert set(body) == {"detail"} and isinstance(body["detail"], str) and body["detail"]
    elif path.startswith(("/api/v1/lineage", "/api/v1/mlmodels", "/api/v1/services", "/api/v1/system")):
        body = reply.json()
        assert {"code", "message"} <= set(body) <= {"code", "message", "errorType"}
        assert body["code"] == status and body["message"]
    elif path.startswith("/data/sensei"):
        body = reply.json()
        assert set(body) == {"type", "title", "status", "detail", "additionalDetails"}
        assert body["status"] == status and body["detail"]
    else:
        assert_mlflow_error(reply, status, reply.json()["error_code"])
    _assert_closed(reply)


def _assert_closed(reply: httpx.Response) -> None:
    for inside in INSIDE:
        assert inside not in reply.text
