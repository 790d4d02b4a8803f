"""Limits and bad input of every field: one clear error each, in OpenMetadata's shape."""

import json
from typing import Any

import httpx
import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.openmetadata.conftest import MODELS, PATCH, SERVICES, Json

UUID = "0b9b3c1e-7c0b-4d0a-9a55-6f1f0c6f6f2d"
TAG = {"tagFQN": "a.b", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
OWNER = {"id": UUID, "type": "user"}
AWS = {"awsRegion": "eu"}

BOTH: list[tuple[str, Any]] = [
    ("name", None),
    ("name", ""),
    ("name", "  "),
    ("name", "x" * 257),
    ("name", 'a"b'),
    ("name", "a::b"),
    ("name", "a\nb"),
    ("name", "a\0b"),
    ("name", 5),
    ("displayName", 5),
    ("description", ["x"]),
    ("tags", {}),
    ("tags", [{}]),
    ("tags", [{**TAG, "tagFQN": ""}]),
    ("tags", [{**TAG, "source": "Other"}]),
    ("tags", [{**TAG, "labelType": "Other"}]),
    ("tags", [{**TAG, "state": "Other"}]),
    ("tags", [{**TAG, "other": 1}]),
    ("tags", [{**TAG, "appliedAt": "yesterday"}]),
    (
        "tags",
        [{**TAG, "metadata": {"recognizer": {"recognizerId": UUID, "recognizerName": "r", "score": 2}}}],
    ),
    ("owners", [{"id": "x", "type": "user"}]),
    ("owners", [{"id": UUID}]),
    ("owners", [{"id": UUID, "type": "domain"}]),
    ("owners", [{**OWNER, "other": 1}]),
    ("domains", [""]),
    ("domains", [5]),
    ("domains", ["x" * 3073]),
    ("dataProducts", "x"),
    ("unknown", 1),
    ("domain", "Finance"),
]
SERVICE: list[tuple[str, Any]] = [
    ("serviceType", None),
    ("serviceType", "mlflow"),
    ("serviceType", "Other"),
    ("style", {"other": 1}),
    ("ingestionRunner", {"id": "x", "type": "y"}),
    ("connection", 5),
    ("connection", {"config": 5}),
    ("connection", {"config": {}}),
    ("connection", {"other": {}}),
    ("connection", {"config": {"type": "Sklearn", "trackingUri": "x"}}),
    ("connection", {"config": {"trackingUri": "x", "other": 1}}),
    ("connection", {"config": {"trackingUri": 5}}),
    ("connection", {"config": {"trackingUri": "x", "mlModelFilterPattern": {"includes": "x"}}}),
]
TYPED: list[tuple[str, Json]] = [
    ("SageMaker", {"awsConfig": {}}),
    ("SageMaker", {"awsConfig": {**AWS, "endPointURL": "http://"}}),
    ("SageMaker", {"awsConfig": {**AWS, "other": 1}}),
    ("VertexAI", {}),
    ("VertexAI", {"location": "eu"}),
    ("VertexAI", {"location": "eu", "credentials": {"gcpConfig": {"type": "other"}}}),
    ("VertexAI", {"location": "eu", "credentials": {"gcpConfig": {"privateKeyId": 5}}}),
    ("CustomMlModel", {"type": "Mlflow"}),
    ("CustomMlModel", {"connectionOptions": {"a": 1}}),
    ("Sklearn", {"other": 1}),
]
MODEL: list[tuple[str, Any]] = [
    ("service", None),
    ("service", 5),
    ("algorithm", ""),
    ("algorithm", 5),
    ("mlFeatures", [{"dataType": "other"}]),
    ("mlFeatures", [{"name": 'a"b'}]),
    ("mlFeatures", [{"name": ""}]),
    ("mlFeatures", [{"name": "f", "featureSources": [{"dataType": "other"}]}]),
    ("mlFeatures", [{"name": "f", "featureSources": [{"dataSource": {"id": UUID}}]}]),
    ("mlHyperParameters", [{"name": "a", "value": 5}]),
    ("mlHyperParameters", [{"other": 5}]),
    ("target", ""),
    ("dashboard", {"id": UUID, "type": "dashboard"}),
    ("dashboard", ""),
    ("mlStore", {"bucket": "x"}),
    ("server", "not a url"),
    ("server", ""),
    ("sourceUrl", 5),
    ("extension", []),
    ("lifeCycle", {"created": {}}),
    ("lifeCycle", {"created": {"timestamp": "now"}}),
    ("sourceHash", ""),
    ("sourceHash", "x" * 33),
]


def shown(value: object) -> str:
    return repr(value)[:60]


def refused(reply: httpx.Response) -> None:
    assert_surface_error(reply, 400)
    assert reply.json()["errorType"] == "BAD_REQUEST"
    assert len(reply.json()["message"].splitlines()) == 1


@pytest.mark.parametrize(("field", "value"), [*BOTH, *SERVICE], ids=shown)
def test_a_service_with_one_wrong_value_is_refused(
    client: httpx.Client, name: str, field: str, value: object
) -> None:
    request = {"name": name, "serviceType": "Mlflow", field: value}

    refused(client.post(SERVICES, json=request))
    refused(client.put(SERVICES, json=request))
    assert client.get(f"{SERVICES}/name/{name}").status_code == 404


@pytest.mark.parametrize(("service_type", "config"), TYPED, ids=shown)
def test_a_config_must_fit_its_type(client: httpx.Client, name: str, service_type: str, config: Json) -> None:
    request = {"name": name, "serviceType": service_type, "connection": {"config": config}}

    refused(client.post(SERVICES, json=request))


@pytest.mark.parametrize(("field", "value"), [*BOTH, *MODEL], ids=shown)
def test_a_model_with_one_wrong_value_is_refused(
    client: httpx.Client, service: Json, field: str, value: object
) -> None:
    request = {"name": "m", "service": service["fullyQualifiedName"], field: value}

    refused(client.post(MODELS, json=request))
    refused(client.put(MODELS, json=request))


@pytest.mark.parametrize("service", ["", "nowhere", "a.b", '"', '"a"b', "a.", ".a", "a..b", "x" * 4000])
def test_a_model_needs_a_service_that_exists(client: httpx.Client, service: str) -> None:
    assert_surface_error(client.post(MODELS, json={"name": "m", "service": service}), 404)


LONGEST = {"name": "n" * 256, "target": "t" * 256, "sourceHash": "h" * 32, "domains": ["d" * 3072]}


def test_the_longest_values_are_accepted(client: httpx.Client, service: Json) -> None:
    made = client.post(MODELS, json={"service": service["fullyQualifiedName"], **LONGEST})

    assert made.status_code == 201, made.text
    assert made.json()["sourceHash"] == "h" * 32


@pytest.mark.parametrize("path", [SERVICES, MODELS])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"5", b'"x"', b"[" * 100_000, b'{"name":"\xff"}', b'{"name":"\\ud800"}'],
)
def test_bodies_that_are_no_request(client: httpx.Client, path: str, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    refused(client.post(path, content=body, headers=headers))
    refused(client.put(f"{path}/restore", content=body, headers=headers))
    if body != b"[]":
        refused(client.put(f"{path}/bulk", content=body, headers=headers))


def test_only_json_is_taken(client: httpx.Client) -> None:
    refused(client.post(SERVICES, content=b"{}", headers={"content-type": "text/plain"}))


def test_bodies_and_bulks_have_a_limit(client: httpx.Client) -> None:
    large = client.post(SERVICES, json={"name": "x", "serviceType": "Mlflow", "description": "x" * 2**20})
    many = client.put(f"{SERVICES}/bulk", json=[0] * 10_001)

    for reply in (large, many):
        assert_surface_error(reply, 413)
        assert reply.json()["errorType"] == "BULK_LIMIT_EXCEPTION"


@pytest.mark.parametrize("path", [SERVICES, MODELS])
@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=1000001",
        "limit=x",
        "limit=1.0",
        "limit=%D9%A3",
        "include=some",
        "fields=nope",
        "fields=tags,nope",
        "after=x",
        "after=eA&before=eA",
        "before=%00",
        "after=WyJhIl0",
        "after=W10",
        "domain=%00",
    ],
)
def test_listings_refuse_what_they_cannot_do(client: httpx.Client, path: str, query: str) -> None:
    refused(client.get(f"{path}?{query}"))


@pytest.mark.parametrize("path", [SERVICES, MODELS])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    "rest",
    [
        "x",
        UUID,
        "name/x.y.z",
        "name/%22",
        "name/a%00b",
        "name/trackstack.a%00b",
        "name/a%FF",
        "name/",
        f"{UUID}/versions",
    ],
)
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str, method: str, rest: str) -> None:
    if rest.endswith("versions") and method == "DELETE":
        assert_surface_error(client.delete(f"{path}/{rest}"), 405)
        return
    assert_surface_error(client.request(method, f"{path}/{rest}"), 404)


PATCHES: list[Any] = [
    {},
    None,
    [5],
    [{}],
    [{"op": "other", "path": "/description"}],
    [{"op": "add", "path": "/description"}],
    [{"op": "add", "path": "description", "value": "x"}],
    [{"op": "add", "path": 5, "value": "x"}],
    [{"op": "add", "path": "/nope", "value": "x"}],
    [{"op": "add", "path": "/description", "value": 5}],
    [{"op": "add", "path": "/tags/5", "value": TAG}],
    [{"op": "add", "path": "/tags/x", "value": TAG}],
    [{"op": "add", "path": "/tags/-", "value": {}}],
    [{"op": "add", "path": "/algorithm/x", "value": "x"}],
    [{"op": "remove", "path": "/nope"}],
    [{"op": "remove", "path": "/algorithm"}],
    [{"op": "remove", "path": ""}],
    [{"op": "replace", "path": "/nope/x", "value": 1}],
    [{"op": "replace", "path": "", "value": 5}],
    [{"op": "replace", "path": "", "value": {}}],
    [{"op": "move", "path": "/description"}],
    [{"op": "move", "from": "/nope", "path": "/description"}],
    [{"op": "copy", "from": "/nope", "path": "/description"}],
    [{"op": "test", "path": "/algorithm", "value": "other"}],
    [{"op": "test", "path": "/~2", "value": "other"}],
    [{"op": "add", "path": "/extension", "value": {"x": "x" * 1000}}]
    + [{"op": "copy", "from": "/extension", "path": f"/extension/{at}"} for at in range(30)],
    [{"op": "test", "path": "/algorithm", "value": "mlmodel"}] * 1001,
]


@pytest.mark.parametrize("steps", PATCHES, ids=shown)
def test_patches_that_cannot_be_applied(client: httpx.Client, model: Json, steps: object) -> None:
    path = f"{MODELS}/{model['id']}"

    refused(client.patch(path, content=json.dumps(steps), headers=PATCH))

    assert client.get(path, params={"fields": "*"}).json() == model | {
        "votes": client.get(path, params={"fields": "votes"}).json()["votes"]
    }
