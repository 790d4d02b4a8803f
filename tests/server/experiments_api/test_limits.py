"""Every field at its limit and past it; every kind of wrong value in every field."""

from typing import Any

import httpx
import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.experiments_api.http import PREFIX, Api

LONG = "x" * 300_000
KEYS = ["k" * 251, "a\nb", "../k", "/k", "a//b", ".", ""]
"""What no metric, param or tag is called."""
TYPES: list[Any] = [None, 5, 1.5, True, "text", [], [1], {}, {"a": 1}, {"a": {"b": 1}}]
"""A value of every kind that JSON has."""

ACCEPTED: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "", {"name": "{name}" + "n" * 240}),
    ("POST", "", {"name": "{name}", "description": "d" * 1000}),
    ("POST", "", {"name": "{name}", "description": "", "artifact_location": "", "tags": {}}),
    ("POST", "", {"name": "{name}", "description": None, "artifact_location": None, "tags": None}),
    ("POST", "", {"name": "{name}", "tags": {"k" * 250: "v" * 20_000}}),
    ("POST", "", {"name": "{name}", "unknown": [1]}),
    ("PATCH", "/{id}", {}),
    ("PATCH", "/{id}", {"description": "d" * 1000}),
    ("PATCH", "/{id}", {"tags": {"never set": None}}),
    ("POST", "/runs", {"experiment_id": "{id}", "name": None, "tags": None, "description": None}),
    ("POST", "/runs", {"experiment_id": "{id}", "name": "n" * 8000, "description": "d" * 1000}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {}}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {f"m{at}": at for at in range(1000)}}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"k" * 250: 1}, "step": -(2**63), "timestamp": 0}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": 1e308}, "step": 2**63 - 1, "timestamp": 2**63 - 1}),
    ("POST", "/runs/{run}/log-params", {"params": {}}),
    ("POST", "/runs/{run}/log-params", {"params": {f"p{at}": "v" for at in range(100)}}),
    ("POST", "/runs/{run}/log-params", {"params": {"long": "v" * 6000, "empty": ""}}),
    ("POST", "/runs/{run}/log-batch", {}),
    ("POST", "/runs/{run}/log-batch", {"tags": [{"key": "t", "value": "v" * 8000}]}),
    ("POST", "/runs/{run}/log-batch", {"metrics": [{"key": "m", "value": "NaN", "timestamp": None}]}),
]

REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "", {}),
    ("POST", "", {"name": ""}),
    ("POST", "", {"name": "n" * 256}),
    ("POST", "", {"name": "a\0b"}),
    ("POST", "", {"name": "{name}", "description": "d" * 1001}),
    ("POST", "", {"name": "{name}", "tags": {"k": "v" * 20_001}}),
    ("POST", "", {"name": "{name}", "tags": {"k": None}}),
    *(("POST", "", {"name": "{name}", "tags": {key: "v"}}) for key in KEYS),
    *(
        ("POST", "", {"name": "{name}", "artifact_location": location})
        for location in ("/etc", "file:///etc", "s3://foreign/x", "mlflow-artifacts:/../x", "x" * 3000)
    ),
    ("PATCH", "/{id}", {"name": ""}),
    ("PATCH", "/{id}", {"name": None}),
    ("PATCH", "/{id}", {"name": "n" * 256}),
    ("PATCH", "/{id}", {"description": "d" * 1001}),
    ("PATCH", "/{id}", {"tags": None}),
    *(("PATCH", "/{id}", {"tags": {key: "v"}}) for key in KEYS),
    ("POST", "/runs", {}),
    ("POST", "/runs", {"experiment_id": ""}),
    ("POST", "/runs", {"experiment_id": "one"}),
    ("POST", "/runs", {"experiment_id": "9" * 30}),
    ("POST", "/runs", {"experiment_id": "{id}", "description": "d" * 1001}),
    ("POST", "/runs", {"experiment_id": "{id}", "tags": {"k" * 251: "v"}}),
    ("POST", "/runs", {"experiment_id": "{id}", "name": "a", "tags": {"mlflow.runName": "b"}}),
    ("POST", "/runs/{run}/log-metrics", {}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {f"m{at}": at for at in range(1001)}}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": "1.5"}}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": None}}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": 1}, "step": 2**63}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": 1}, "step": 1.5}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": 1}, "timestamp": -1}),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": 1}, "timestamp": 2**63}),
    *(("POST", "/runs/{run}/log-metrics", {"metrics": {key: 1}}) for key in KEYS),
    ("POST", "/runs/{run}/log-params", {}),
    ("POST", "/runs/{run}/log-params", {"params": {f"p{at}": "v" for at in range(101)}}),
    ("POST", "/runs/{run}/log-params", {"params": {"p": 1}}),
    *(("POST", "/runs/{run}/log-params", {"params": {key: "v"}}) for key in KEYS),
    ("POST", "/runs/{run}/log-batch", {"metrics": [{"key": "m", "value": 1}] * 1001}),
    ("POST", "/runs/{run}/log-batch", {"params": [{"key": f"p{at}", "value": ""} for at in range(101)]}),
    ("POST", "/runs/{run}/log-batch", {"params": [{"key": "p", "value": "1"}] * 2}),
    ("POST", "/runs/{run}/log-batch", {"tags": [{"key": f"t{at}", "value": ""} for at in range(101)]}),
    ("POST", "/runs/{run}/log-batch", {"metrics": [{"key": "m"}]}),
    ("POST", "/runs/{run}/log-batch", {"metrics": [{"value": 1}]}),
    ("POST", "/runs/{run}/log-batch", {"tags": [{"key": "t"}]}),
    *(("POST", "/runs/{run}/log-batch", {"tags": [{"key": key, "value": "v"}]}) for key in KEYS),
    ("POST", "/runs/compare", {}),
    ("POST", "/runs/compare", {"run_ids": ["{run}", "a/b"]}),
    ("POST", "/runs/compare", {"run_ids": ["{run}", 5]}),
]

WRONG_TYPES = [
    ("POST", "", {"name": "{name}"}, "name", str),
    ("POST", "", {"name": "{name}"}, "description", str),
    ("POST", "", {"name": "{name}"}, "artifact_location", str),
    ("POST", "", {"name": "{name}"}, "tags", dict),
    ("PATCH", "/{id}", {}, "name", str),
    ("PATCH", "/{id}", {}, "tags", dict),
    ("POST", "/runs", {}, "experiment_id", str),
    ("POST", "/runs", {"experiment_id": "{id}"}, "name", str),
    ("POST", "/runs/{run}/log-metrics", {}, "metrics", dict),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": 1}}, "step", int),
    ("POST", "/runs/{run}/log-metrics", {"metrics": {"m": 1}}, "timestamp", int),
    ("POST", "/runs/{run}/log-params", {}, "params", dict),
    ("POST", "/runs/{run}/log-batch", {}, "metrics", list),
    ("POST", "/runs/{run}/log-batch", {}, "params", list),
    ("POST", "/runs/{run}/log-batch", {}, "tags", list),
    ("POST", "/runs/{run}/end", {}, "status", str),
    ("POST", "/runs/compare", {}, "run_ids", list),
    ("POST", "/runs/compare", {"run_ids": ["{run}", "{run}"]}, "metrics", list),
]

QUERIES: list[tuple[str, dict[str, str]]] = [
    ("", {"limit": "0"}),
    ("", {"limit": "1001"}),
    ("", {"limit": "-1"}),
    ("", {"limit": "ten"}),
    ("", {"limit": ""}),
    ("", {"limit": "1.5"}),
    ("", {"offset": "-1"}),
    ("", {"offset": str(2**63)}),
    ("", {"lifecycle_stage": "all"}),
    ("", {"lifecycle_stage": ""}),
    ("", {"search": "a\0b"}),
    ("/runs", {"limit": "0"}),
    ("/runs", {"limit": "1001"}),
    ("/runs", {"offset": "-1"}),
    ("/runs", {"experiment_id": "one"}),
]


def filled(value: Any, names: dict[str, str]) -> Any:
    """The value with `{name}`, `{id}` and `{run}` in all its texts filled in."""
    if isinstance(value, dict):
        return {filled(key, names): filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if isinstance(value, str):
        for key, text in names.items():
            value = value.replace(f"{{{key}}}", text)
    return value


@pytest.fixture
def names(name: str, experiment: str, run: str) -> dict[str, str]:
    return {"name": f"{name}-l"[-15:], "id": experiment, "run": run}


def shown(value: Any) -> str:
    return str(value)[:60]


@pytest.mark.parametrize(("method", "path", "body"), ACCEPTED, ids=shown)
def test_up_to_the_limit(
    api: Api, names: dict[str, str], method: str, path: str, body: dict[str, Any]
) -> None:
    reply = api(method, filled(path, names), json=filled(body, names))

    assert reply.status_code in (200, 201), reply.text[:500]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED, ids=shown)
def test_past_the_limit(
    api: Api, names: dict[str, str], method: str, path: str, body: dict[str, Any]
) -> None:
    before = (api.get(f"/{names['id']}"), api.get(f"/runs/{names['run']}"))

    assert_surface_error(api(method, filled(path, names), json=filled(body, names)), 400)
    assert (api.get(f"/{names['id']}"), api.get(f"/runs/{names['run']}")) == before
    assert api.get("", search=names["name"])["total"] == 0


@pytest.mark.parametrize(("method", "path", "body", "field", "type_"), WRONG_TYPES, ids=shown)
def test_values_of_other_types(
    api: Api, names: dict[str, str], method: str, path: str, body: dict[str, Any], field: str, type_: type
) -> None:
    for value in TYPES:
        if value is None or type(value) is type_:
            continue
        reply = api(method, filled(path, names), json={**filled(body, names), field: value})
        assert_surface_error(reply, 400)
        assert field in reply.json()["detail"]


@pytest.mark.parametrize(("path", "query"), QUERIES, ids=shown)
def test_queries(api: Api, path: str, query: dict[str, str]) -> None:
    assert_surface_error(api("GET", path, params=query), 400)


@pytest.mark.parametrize("id_", ["one", "1e3", "-", " 1", "0x1", "%2e%2e", "\u0663", "9" * 40])
def test_ids_that_are_no_numbers(api: Api, id_: str) -> None:
    assert_surface_error(api("GET", f"/{id_}"), 400)


@pytest.mark.parametrize("id_", ["-a", "a%20b", "x" * 257, "%00"])
def test_ids_that_are_no_runs(api: Api, id_: str) -> None:
    assert_surface_error(api("GET", f"/runs/{id_}"), 400)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name":"\xff"}', "application/json", 400),
        (b'{"name":"\\ud800"}', "application/json", 400),
        (b'{"name":NaN}', "application/json", 400),
        (b"", "application/json", 400),
        (b'{"name":"by text"}', "text/plain", 415),
        (b'{"name":"by nothing"}', "", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b" " * (16 * 1024 * 1024 + 1), "application/json", 413),
    ],
    ids=shown,
)
def test_bodies_that_are_no_json(client: httpx.Client, content: bytes, media_type: str, status: int) -> None:
    reply = client.post(PREFIX, content=content, headers={"content-type": media_type})

    assert_surface_error(reply, status)


def test_json_by_any_of_its_names(client: httpx.Client, name: str) -> None:
    for at, media_type in enumerate(
        ("application/json; charset=utf-8", "APPLICATION/JSON", "application/x+json")
    ):
        body = f'{{"name":"{name}-{at}"}}'.encode()
        reply = client.post(PREFIX, content=body, headers={"content-type": media_type})
        assert reply.status_code == 201, media_type
