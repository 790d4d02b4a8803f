"""A client of the Sensei surface, and what most tests begin with."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.server.serving import Server

HEADERS = {"x-api-key": "key", "x-gw-ims-org-id": "org", "x-sandbox-name": "prod"}
Values = dict[str, Any]


class Sensei:
    """The surface over plain HTTP; what makes something gives its body back."""

    def __init__(self, http: httpx.Client, name: str) -> None:
        self.http = http
        self.name = name

    def post(self, path: str, body: Values) -> Values:
        return made(self.http.post(path, json=body))

    def get(self, path: str, **query: str | int) -> Values:
        reply = self.http.get(path, params=query or None)
        assert reply.status_code == 200, reply.text
        values: Values = reply.json()
        return values

    def engine(self, **fields: Any) -> Values:
        engine = json.dumps({"name": self.name, **fields})
        return made(self.http.post("/engines", files={"engine": (None, engine)}))

    def instance(self, engine: Values | None = None, **fields: Any) -> Values:
        engine = engine or self.engine()
        return self.post("/mlInstances", {"name": self.name, "engineId": engine["id"], **fields})

    def experiment(self, instance: Values | None = None, **fields: Any) -> Values:
        instance = instance or self.instance()
        return self.post("/experiments", {"name": self.name, "mlInstanceId": instance["id"], **fields})

    def run(self, experiment: Values | None = None, **fields: Any) -> Values:
        experiment = experiment or self.experiment()
        return self.post(f"/experiments/{experiment['id']}/runs", {"mode": "train", **fields})

    def model(self, run: Values | None = None, content: bytes = b"weights", **fields: Any) -> Values:
        run = run or self.run()
        return made(self.send_model(content, experimentRunId=run["id"], **fields))

    def send_model(self, content: bytes | None, **fields: Any) -> httpx.Response:
        files: dict[str, Any] = {"model": (None, json.dumps(fields))}
        if content is not None:
            files["modelArtifact"] = ("model.bin", content)
        return self.http.post("/models", files=files)


def made(reply: httpx.Response) -> Values:
    """The body of a 201, which its Location leads to."""
    assert reply.status_code == 201, reply.text
    values: Values = reply.json()
    assert reply.headers["location"].endswith(f"/{values['id']}")
    return values


@pytest.fixture(scope="session")
def sensei_http(server: Server) -> Iterator[httpx.Client]:
    with sensei_client(server, server.token.text) as one:
        yield one


def sensei_client(server: Server, token: str) -> httpx.Client:
    headers = {**HEADERS, "Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{server.url}/data/sensei", headers=headers, timeout=30)


@pytest.fixture
def sensei(sensei_http: httpx.Client, name: str) -> Sensei:
    return Sensei(sensei_http, name)
