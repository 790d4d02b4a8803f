"""Requests of the Experiments API."""

from typing import Any

import httpx

PREFIX = "/api/v1/experiments"


class Api:
    """A client whose paths begin behind /api/v1/experiments."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, tenant: str = "", **request: Any) -> httpx.Response:
        headers = {**request.pop("headers", {}), **({"X-Tenant-ID": tenant} if tenant else {})}
        return self.client.request(method, PREFIX + path, headers=headers, **request)

    def get(self, path: str, tenant: str = "", **query: Any) -> Any:
        """The answer to a GET that succeeds."""
        reply = self("GET", path, tenant, params=query)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def post(self, path: str, tenant: str = "", **body: Any) -> Any:
        """The answer to a POST of fields that succeeds."""
        reply = self("POST", path, tenant, json=body)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def made(self, path: str, tenant: str = "", **body: Any) -> str:
        """The id of what a POST makes."""
        reply = self("POST", path, tenant, json=body)
        assert reply.status_code == 201, reply.text
        answer = reply.json()
        id_: str = answer["run_id"] if "run_id" in answer else answer["id"]
        return id_
