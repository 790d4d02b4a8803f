"""Limits and bad input of every field: one clear refusal in the surface's own shape, and nothing made."""

import json
from typing import Any

import httpx
import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import HEADERS, Sensei, Values
from tests.server.serving import Server

LONG_NAME, LONG_LINE, LONG_TEXT = "n" * 256, "l" * 2049, "t" * 10_001
NOT_TEXT: list[Any] = [5, 1.5, True, [], {}]
NAMES = ["", LONG_NAME, *NOT_TEXT, "a\x00b"]
LINES = [LONG_LINE, *NOT_TEXT, "a\x00b"]
TEXTS = [LONG_TEXT, *NOT_TEXT, "\x00"]
FLAGS = ["true", 1, [], {}]
NUMBERS = ["5", 1.5, True, [], 2**31, -(2**31) - 1]
COUNTS = [0, -1, *NUMBERS]
TAGS = [[], "x", {"": "a"}, {"k": 5}, {LONG_NAME: "v"}, {"k": LONG_TEXT}, {"k\x00": "v"}]
LISTS: list[Any] = ["x", {}, 5, [5], ["x"], [[]]]
OBJECTS: list[Any] = ["x", 5, [], True]

SCHEDULE = {
    "": OBJECTS,
    "cron": [*LINES, "often", "* * * *", "* * * * * * * *", "1 2 3 4 ;"],
    "startTime": [*LINES, "soon", "2019-13-01"],
    "endTime": [*LINES, "late"],
}
TASK = {
    "": ["x", 5, []],
    "name": NAMES,
    "parameters": LISTS,
    "parameters.0.key": [None, *NAMES],
    "parameters.0.value": TEXTS,
    "parameters.0.secret": FLAGS,
    "specification": [*OBJECTS, {}, {"type": "Other"}, {"cpus": "1"}],
    "specification=ContainerTaskSpec.cpus": ["2", "0", 1, ""],
    "specification=ContainerTaskSpec.gpus": ["2", 1],
    "specification=SparkTaskSpec.name": LINES,
    "specification=SparkTaskSpec.className": LINES,
    "specification=SparkTaskSpec.driverMemoryInMB": COUNTS,
    "specification=SparkTaskSpec.driverCores": COUNTS,
    "specification=SparkTaskSpec.executorMemoryInMB": COUNTS,
    "specification=SparkTaskSpec.executorCores": COUNTS,
    "specification=SparkTaskSpec.numExecutors": COUNTS,
    "datasets": OBJECTS,
    "datasets.inputs": LISTS,
    "datasets.outputs": LISTS,
    "datasets.inputs.0.name": LINES,
    "datasets.inputs.0.id": LINES,
    "datasets.inputs.0.diskSizeInGB": NUMBERS,
    "datasets.inputs.0.resType": ["other", 5],
    "datasets.inputs.0.downloadRequired": FLAGS,
    "datasets.inputs.0.refInput": OBJECTS,
    "datasets.inputs.0.refInput.experimentRunId": LINES,
    "datasets.inputs.0.refInput.taskName": LINES,
    "datasets.inputs.0.refInput.outputName": LINES,
    "datasets.inputs.0.metadata": [*OBJECTS, {"a": "\x00"}, {"\x00": 1}, {"a": 2**64}],
    "datasets.outputs.0.name": LINES,
    "datasets.outputs.0.id": LINES,
    "datasets.outputs.0.diskSizeInGB": NUMBERS,
    "datasets.outputs.0.resType": ["other"],
    "datasets.outputs.0.uploadRequired": FLAGS,
    "datasets.outputs.0.generatedURI": LINES,
    "datasets.outputs.0.metadata": OBJECTS,
}
ARTIFACT = {
    "": OBJECTS,
    "location": [None, *LINES],
    "name": [None, *NAMES],
    "packagingType": ["zip", 5],
    "executionType": LINES,
    "reference": [*OBJECTS, {}],
    "reference.artifactId": LINES,
}


def below(prefix: str, fields: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {f"{prefix}.{name}".rstrip("."): values for name, values in fields.items()}


BAD: dict[str, dict[str, list[Any]]] = {
    "/engines": {
        "name": [None, *NAMES],
        "id": ["another", 5],
        "description": TEXTS,
        "documentationUrl": LINES,
        "type": ["Fortran", "", 5],
        "iconUrl": LINES,
        "gitRepo": LINES,
        "algorithm": ["Guessing", "", 5],
        "language": [*LISTS, ["Cobol"]],
        "mlLibrary": LINES,
        "tags": TAGS,
        "artifacts": OBJECTS,
        "artifacts.default": OBJECTS,
        **below("artifacts.default.image", ARTIFACT),
        **below("artifacts.default.defaultMLInstanceConfigs.0", TASK),
        "artifacts.overrides": LISTS,
        "artifacts.overrides.0.id": [None, *LINES],
        "artifacts.overrides.0.name": [None, *NAMES],
        "artifacts.overrides.0.defaultMLInstanceConfigs": [None, *OBJECTS],
        **below("artifacts.overrides.0.artifact", ARTIFACT),
    },
    "/mlInstances": {
        "name": [None, *NAMES],
        "id": ["another", 5],
        "engineId": [None, "unknown", *LINES],
        "description": TEXTS,
        "tags": TAGS,
        "tasks": LISTS,
        **below("tasks.0", TASK),
    },
    "/experiments": {
        "name": [None, *NAMES],
        "id": ["another", 5],
        "mlInstanceId": [None, "unknown", *LINES],
        "mlInstanceQuery": LINES,
        "description": TEXTS,
        "createdByService": FLAGS,
        "workflowId": LINES,
        "tags": TAGS,
        "template": OBJECTS,
        "template.experimentRunId": LINES,
        "template.tasks": LISTS,
        **below("template.tasks.0", TASK),
        **below("template.schedule", SCHEDULE),
        "template.notification": OBJECTS,
        "template.notification.email": LINES,
        "template.notification.emailOnRetry": FLAGS,
        "template.notification.emailOnFailure": FLAGS,
    },
    "/experiments/{}/runs": {
        "mode": [None, "", "guess", 5, "train "],
        "experimentId": ["another", *LINES],
        "description": TEXTS,
        "createdBySchedule": FLAGS,
        "tasks": LISTS,
        **below("tasks.0", TASK),
        "runChain": OBJECTS,
        "runChain.preprocessTaskId": LINES,
        "runChain.trainTaskId": LINES,
        "runChain.batchScoreTaskId": LINES,
        "runChain.validateTaskId": LINES,
        "runChain.evaluateTaskId": LINES,
    },
    "/models": {
        "experimentRunId": [None, "unknown", *LINES],
        "experimentId": ["another", *LINES],
        "name": NAMES,
        "id": [5],
        "description": TEXTS,
        "modelArtifactUri": LINES,
        "state": [*LISTS, ["sold"]],
        "tags": TAGS,
    },
    "/models/{}/transcodings": {
        "modelId": [None, "another", *LINES],
        "targetFormat": ["zip", 5, ""],
    },
    "/insights": {
        "context": OBJECTS,
        **{
            f"context.{name}Id": LINES
            for name in ("client", "notebook", "experiment", "engine", "mlInstance")
        },
        **{f"context.{name}Id": LINES for name in ("experimentRun", "model", "dataSet")},
        "events": OBJECTS,
        "events.name": LINES,
        "events.eventValues": [*OBJECTS, {"": "v"}, {"k": 5}, {"k": LONG_TEXT}],
        "metrics": LISTS,
        "metrics.0.name": [None, *NAMES],
        "metrics.0.value": [LONG_LINE, True, [], {}],
        "metrics.0.valueType": LINES,
    },
    "/mlServices": {
        "name": [None, *NAMES],
        "id": ["another", 5],
        "mlInstanceId": [None, "unknown", *LINES],
        "description": TEXTS,
        "trainingExperimentId": ["unknown", *LINES],
        "trainingExperimentRunId": ["unknown", *LINES],
        "trainingDataSetId": LINES,
        "trainingTimeframe": NUMBERS,
        **below("trainingSchedule", SCHEDULE),
        "scoringExperimentId": ["unknown", *LINES],
        "scoringDataSetId": LINES,
        "scoringTimeframe": NUMBERS,
        **below("scoringSchedule", SCHEDULE),
        "tags": TAGS,
    },
}
"""Of each path the fields, and values that none of them takes; `a.0.b` is b in the first of the list a,
`a=T.b` is b in an object a of the type T. None leaves the field out."""


class World:
    """One good body of every kind, and where to send it."""

    def __init__(self, sensei: Sensei) -> None:
        self.sensei = sensei
        engine = sensei.engine()
        instance = sensei.instance(engine)
        experiment = sensei.experiment(instance)
        run = sensei.run(experiment)
        model = sensei.model(run)
        service = sensei.post("/mlServices", {"name": sensei.name, "mlInstanceId": instance["id"]})
        name = sensei.name
        self.good: dict[str, Values] = {
            "/engines": {"name": name},
            "/mlInstances": {"name": name, "engineId": engine["id"]},
            "/experiments": {"name": name, "mlInstanceId": instance["id"]},
            "/experiments/{}/runs": {"mode": "train"},
            "/models": {"experimentRunId": run["id"], "modelArtifactUri": f"runs:/{run['id']}/x"},
            "/models/{}/transcodings": {"modelId": model["id"], "targetFormat": "TF"},
            "/insights": {},
            "/mlServices": {
                "name": name,
                "mlInstanceId": instance["id"],
                "trainingExperimentId": experiment["id"],
            },
        }
        self.ids = {
            "/engines": engine["id"],
            "/mlInstances": instance["id"],
            "/experiments": experiment["id"],
            "/models": model["id"],
            "/mlServices": service["id"],
        }

    def post(self, path: str, body: Any) -> httpx.Response:
        if path in ("/engines", "/models"):
            part = path.removeprefix("/").removesuffix("s")
            content = json.dumps(body)
            return self.sensei.http.post(path, files={part: (None, content)})
        return self.sensei.http.post(self.address(path), json=body)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.sensei.http.put(f"{path}/{self.ids[path]}", json=body)

    def address(self, path: str) -> str:
        of = "/experiments" if path.startswith("/experiments") else "/models"
        return path.format(self.ids[of])

    def count(self, path: str) -> int:
        total: int = self.sensei.get(self.address(path))["_page"]["totalCount"]
        return total


@pytest.fixture(scope="module")
def world(sensei_http: httpx.Client) -> World:
    return World(Sensei(sensei_http, "limits"))


def with_field(body: Values, path: str, value: Any) -> Values:
    """A copy of the body in which only that field is set so, with all that is around it."""
    changed: Values = json.loads(json.dumps(body))
    at: Any = changed
    *around, last = path.split(".")
    for index, step in enumerate(around):
        name, _, kind = step.partition("=")
        following = around[index + 1] if index + 1 < len(around) else last
        new: Any = [{}] if following == "0" else {"type": kind} if kind else {}
        if name == "0":
            at = at[0]
            continue
        at = at.setdefault(name, new)
    around_artifacts(changed, path)
    if last == "0":
        at[0] = value
    elif value is None:
        at.pop(last, None)
    else:
        if isinstance(at, list):
            at = at[0]
        at[last] = value
    return changed


def around_artifacts(body: Values, path: str) -> None:
    """What else an artifact and an override need, so that only the field in question is wrong."""
    artifacts = body.get("artifacts")
    if not isinstance(artifacts, dict):
        return
    image = artifacts.get("default", {}).get("image") if isinstance(artifacts.get("default"), dict) else None
    if isinstance(image, dict):
        image |= {"location": "l", "name": "n", **image}
    for override in artifacts.get("overrides", ()):
        override.setdefault("id", "train")
        override.setdefault("name", "n")
        override.setdefault("defaultMLInstanceConfigs", {})
        artifact = override.setdefault("artifact", {})
        artifact |= {"location": "l", "name": "n", **artifact}


def blamed(field: str, detail: str) -> bool:
    """Whether the refusal names the field, or is about text that no database stores."""
    steps = [step.partition("=")[0] for step in field.split(".") if step != "0"]
    return steps[-1] in detail or "NUL character" in detail or "64 bits" in detail


@pytest.mark.parametrize("path", BAD)
def test_the_good_body_is_good(world: World, path: str) -> None:
    """So that what is refused below is refused for its one wrong field."""
    assert world.post(path, world.good[path]).status_code == 201
    if path in world.ids and path != "/models":
        assert world.put(path, world.good[path]).status_code == 200


@pytest.mark.parametrize("path", BAD)
def test_every_field_refuses_what_it_cannot_hold(world: World, path: str) -> None:
    before = world.count(path)
    for field, values in BAD[path].items():
        for value in values:
            body = with_field(world.good[path], field, value)
            if field == "id" and value == "another":
                continue  # only overwriting looks at it
            reply = world.post(path, body)
            assert reply.status_code in (400, 422), (field, str(value)[:80], reply.text[:300])
            assert_surface_error(reply, reply.status_code)
            assert len(reply.json()["detail"]) < 1000
            assert blamed(field, reply.json()["detail"]), (field, str(value)[:80], reply.text[:300])
    assert world.count(path) == before


@pytest.mark.parametrize("path", ["/engines", "/mlInstances", "/experiments", "/mlServices"])
def test_overwriting_refuses_the_same(world: World, path: str) -> None:
    address = f"{path}/{world.ids[path]}"
    before = world.sensei.get(address)
    for field, values in BAD[path].items():
        for value in values:
            reply = world.put(path, with_field(world.good[path], field, value))
            assert reply.status_code == 400, (field, str(value)[:80], reply.text[:300])
            assert_surface_error(reply, 400)
    assert world.sensei.get(address) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"x"', b"5", b"\xff", b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900],
    ids=lambda raw: repr(raw[:12]),
)
@pytest.mark.parametrize("path", [path for path in BAD if path not in ("/engines", "/models")])
def test_what_is_no_object_is_refused(world: World, path: str, content: bytes) -> None:
    reply = world.sensei.http.post(
        world.address(path), content=content, headers={"content-type": "application/json"}
    )
    assert_surface_error(reply, 400)


@pytest.mark.parametrize("text", ['{"name":"\\ud800"}', '{"name":"\\u0000"}', '{"name":"\\udc00\\ud800"}'])
def test_text_that_cannot_be_stored_is_refused(world: World, text: str) -> None:
    reply = world.sensei.http.post("/mlServices", content=text, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)
    assert_surface_error(reply, reply.status_code)


def test_a_body_over_the_limit_is_413(world: World) -> None:
    body = {**world.good["/mlInstances"], "tags": {str(at): "x" * 10_000 for at in range(110)}}
    assert_surface_error(world.post("/mlInstances", body), 413)
    assert_surface_error(world.post("/engines", {"name": "x", "tags": body["tags"]}), 413)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.adobe.platform.sensei+json;profile=mlInstance.v1.json",
        "application/vnd.adobe.platform.sensei+json; profile=experiments.v1.json",
        "APPLICATION/JSON",
        None,
    ],
)
def test_json_comes_under_many_names(world: World, content_type: str | None) -> None:
    content = json.dumps(world.good["/mlInstances"]).encode()
    headers = {} if content_type is None else {"content-type": content_type}
    assert world.sensei.http.post("/mlInstances", content=content, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json"]
)
def test_other_media_types_are_415(world: World, content_type: str) -> None:
    content = json.dumps(world.good["/mlInstances"]).encode()
    for method, path in (("POST", "/mlInstances"), ("PUT", f"/mlInstances/{world.ids['/mlInstances']}")):
        reply = world.sensei.http.request(
            method, path, content=content, headers={"content-type": content_type}
        )
        assert_surface_error(reply, 415)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/*", 200),
        ("application/json", 200),
        ("text/html, application/json;q=0.5", 200),
        ("application/vnd.adobe.platform.sensei+json;profile=mlInstanceListing.v1.json", 200),
        ("application/vnd.adobe.platform.sensei+json; profile=anything.v9.json", 200),
        ("text/html", 406),
        ("application/xml", 406),
        ("application/json;q=0", 406),
        ("application/octet-stream", 406),
        ("nonsense", 406),
    ],
)
def test_only_what_accepts_no_json_is_406(world: World, accept: str, status: int) -> None:
    reply = world.sensei.http.get("/engines", headers={"accept": accept})
    if status == 200:
        assert reply.status_code == 200
        assert reply.headers["content-type"] == (
            "application/vnd.adobe.platform.sensei+json;profile=engineListing.v1.json"
        )
    else:
        assert_surface_error(reply, status)


@pytest.mark.parametrize("missing", sorted(HEADERS))
def test_every_call_needs_the_headers(server: Server, missing: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    headers["Authorization"] = f"Bearer {server.token.text}"
    for method, path in (("GET", ""), ("GET", "/engines"), ("DELETE", "/models/1-1"), ("POST", "/engines")):
        reply = httpx.request(method, f"{server.url}/data/sensei{path}", headers=headers)
        assert_surface_error(reply, 400)
        assert missing in reply.json()["detail"]


@pytest.mark.parametrize(
    "id_",
    ["x", "1", "1-", "-1", "1-1-1", "0x1-1", "9" * 30, "9" * 17 + "-" + "9" * 17, "%00", "é", "a" * 5000],
)
@pytest.mark.parametrize(
    "path",
    [
        "/engines/{}",
        "/mlInstances/{}",
        "/experiments/{}x",
        "/experiments/{}x/runs",
        "/experiments/0/runs/{}",
        "/experiments/{}x/runs/x",
        "/experiments/0/runs/{}/status",
        "/models/{}",
        "/models/{}/artifact",
        "/models/{}/transcodings",
        "/models/{}/transcodings/1",
        "/insights/{}",
        "/mlServices/{}",
    ],
)
def test_ids_of_nothing_are_404(world: World, path: str, id_: str) -> None:
    assert_surface_error(world.sensei.http.get(path.format(id_)), 404)
