"""What a user of an instance has, one object of each kind; and requests that name these and nothing else."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import msgspec
from msgspec import inspect as types
from tests.server.serving import Server

from trackstack.server.routes import Route

SENSEI_HEADERS = {"x-api-key": "k", "x-gw-ims-org-id": "o", "x-sandbox-name": "s"}


_COMMENTS = "/mlflow/comments/"


def token(admin: httpx.Client, **fields: str) -> str:
    """A new token of the instance."""
    reply = admin.post("/api/2.0/trackstack/tokens", json={"name": "t", **fields})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["token"]["content"])


def as_holder(server: Server, content: str) -> httpx.Client:
    """A client with that token."""
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {content}"}, timeout=30)


def model_number(owner: httpx.Client) -> str:
    """The number of the newest registered model that is the owner's to read."""
    numbers = [
        number
        for number in range(1, 100)
        if owner.get(f"/api/2.0/permissions/registered-models/{number}").status_code == 200
    ]
    return str(numbers[-1])


@dataclass(frozen=True)
class Holdings:
    """`mark` is in every text that the owner wrote; `names` are what requests call the objects, by field."""

    mark: str
    names: Mapping[str, Any]
    model_number: str
    comment: str

    @classmethod
    def of(cls, owner: httpx.Client) -> "Holdings":
        """Makes one object of each kind."""
        mark = f"secret-{uuid.uuid4().hex[:10]}"

        def post(path: str, body: dict[str, Any], version: str = "2.0") -> dict[str, Any]:
            reply = owner.post(f"/api/{version}/mlflow/{path}", json=body)
            assert reply.status_code == 200, (path, reply.text)
            found: dict[str, Any] = reply.json()
            return found

        experiment = post("experiments/create", {"name": mark, "tags": [{"key": "k", "value": mark}]})[
            "experiment_id"
        ]
        run = post("runs/create", {"experiment_id": experiment, "run_name": mark})["run"]["info"]["run_id"]
        post("runs/log-metric", {"run_id": run, "key": mark, "value": 1, "timestamp": 1})
        post("runs/log-parameter", {"run_id": run, "key": "k", "value": mark})
        post("runs/set-tag", {"run_id": run, "key": "k", "value": mark})
        dataset = {"name": mark, "digest": "d", "source_type": "local", "source": mark}
        post("runs/log-inputs", {"run_id": run, "datasets": [{"dataset": dataset, "tags": []}]})
        place = f"{experiment}/{run}/artifacts/f.txt"
        put = owner.put(f"/api/2.0/mlflow-artifacts/artifacts/{place}", content=mark.encode())
        assert put.status_code == 200, put.text
        tag = [{"key": "k", "value": mark}]
        model = post("logged-models", {"experiment_id": experiment, "name": mark, "tags": tag})["model"]
        model_id = model["info"]["model_id"]
        put = owner.put(
            f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/models/{model_id}/artifacts/f.txt",
            content=mark.encode(),
        )
        assert put.status_code == 200, put.text
        trace = f"tr-{uuid.uuid4().hex}"
        info = {
            "trace_id": trace,
            "trace_location": {"mlflow_experiment": {"experiment_id": experiment}},
            "request_time": "2026-01-01T00:00:00Z",
            "state": "OK",
            "request_preview": mark,
            "tags": {"k": mark},
        }
        post("traces", {"trace": {"trace_info": info}}, "3.0")
        judged = {"assessment_name": mark, "feedback": {"value": 1}, "source": {"source_type": "CODE"}}
        assessment = post(f"traces/{trace}/assessments", {"assessment": judged}, "3.0")["assessment"]
        dataset_id = post("datasets/create", {"name": mark, "experiment_ids": [experiment]}, "3.0")[
            "dataset"
        ]["dataset_id"]
        records = msgspec.json.encode([{"inputs": {"q": mark}}]).decode()
        post(f"datasets/{dataset_id}/records", {"records": records}, "3.0")
        scorer = {"experiment_id": experiment, "name": mark, "serialized_scorer": "{}"}
        post("scorers/register", scorer, "3.0")
        issue = post("issues", {"experiment_id": experiment, "name": mark, "description": mark}, "3.0")
        about = {"experiment_id": experiment, "name": mark}
        asked = {**about, "type": "FEEDBACK", "input": {"text": {}}, "instruction": mark}
        schema = post("label-schemas/create", asked, "3.0")["label_schema"]["schema_id"]
        waiting = {**about, "queue_type": "CUSTOM", "users": [mark]}
        queue = post("review-queues/create", waiting, "3.0")["review_queue"]["queue_id"]
        post("review-queues/items/add", {"queue_id": queue, "item_ids": [trace]}, "3.0")
        post("registered-models/create", {"name": mark, "tags": tag})
        source = f"runs:/{run}/f.txt"
        post("model-versions/create", {"name": mark, "source": source, "run_id": run})
        post("registered-models/alias", {"name": mark, "alias": "best", "version": "1"})
        number = model_number(owner)
        about = {"name": mark, "version": "1", "comment": mark}
        comment = post("comments/create", about)["comment"]["id"]
        post("transition-requests/create", {**about, "stage": "Staging"})
        return cls(
            mark,
            {
                "alias": "best",
                "artifact_file_path": "f.txt",
                "artifact_location": f"mlflow-artifacts:/{experiment}/inner",
                "artifact_path": place,
                "assessment": judged,
                "assessment_id": assessment["assessment_id"],
                "dataset_id": dataset_id,
                "end_time_ms": 2**50,
                "experiment_id": experiment,
                "experimentId": experiment,
                "experimentRunId": run,
                "experiment_name": mark,
                "fqn": f"trackstack.{mark}",
                "id": experiment,
                "issue_id": issue["issue"]["issue_id"],
                "item_id": trace,
                "key": "k",
                "locations": [{"mlflow_experiment": {"experiment_id": experiment}}],
                "metric_key": mark,
                "modelId": f"{number}-1",
                "model_id": model_id,
                "mode": "train",
                "name": mark,
                "object_id": experiment,
                "path": "f.txt",
                "queue_id": queue,
                "records": records,
                "request_id": trace,
                "run_id": run,
                "run_uuid": run,
                "schema_id": schema,
                "source": source,
                "tag_key": "k",
                "trace_id": trace,
                "version": "1",
            },
            number,
            comment,
        )

    def seen_by(self, reader: httpx.Client) -> list[str]:
        """Everything there is to see of the objects."""
        name = self.names
        paths = (
            f"2.0/mlflow/experiments/get?experiment_id={name['experiment_id']}",
            f"2.0/mlflow/runs/get?run_id={name['run_id']}",
            f"2.0/mlflow/metrics/get-history?run_id={name['run_id']}&metric_key={self.mark}",
            f"2.0/mlflow/artifacts/list?run_id={name['run_id']}",
            f"2.0/mlflow-artifacts/artifacts/{name['artifact_path']}",
            f"2.0/mlflow/logged-models/{name['model_id']}",
            f"3.0/mlflow/traces/{name['trace_id']}",
            f"3.0/mlflow/datasets/{name['dataset_id']}",
            f"3.0/mlflow/datasets/{name['dataset_id']}/records",
            f"3.0/mlflow/scorers/versions?experiment_id={name['experiment_id']}&name={self.mark}",
            f"3.0/mlflow/issues/{name['issue_id']}",
            f"3.0/mlflow/label-schemas/get?schema_id={name['schema_id']}",
            f"3.0/mlflow/review-queues/get?queue_id={name['queue_id']}",
            f"3.0/mlflow/review-queues/items/list?queue_id={name['queue_id']}",
            f"2.0/mlflow/registered-models/get?name={self.mark}",
            f"2.0/mlflow/model-versions/get?name={self.mark}&version=1",
            f"2.0/permissions/experiments/{name['experiment_id']}",
            f"2.0/mlflow/activities/list?name={self.mark}&version=1",
            f"2.0/mlflow/transition-requests/list?name={self.mark}&version=1",
        )
        return [f"{path}: {(reply := reader.get(f'/api/{path}')).status_code} {reply.text}" for path in paths]

    def with_one_of(self, others: "Holdings", route: Route, path: str) -> Iterator["Holdings"]:
        """These, each time with another one of the names that a request of the route has as the others'."""
        used = set(_parameters(path)) | (set(_names(self.values(route.body.type))) if route.body else set())
        for name in sorted(used & set(self.names)):
            if self.names[name] != others.names[name]:
                yield replace(self, names={**self.names, name: others.names[name]})
        if "registered-models/{object_id}" in path:
            yield replace(self, model_number=others.model_number)
        if _COMMENTS in path:
            yield replace(self, comment=others.comment)

    def have(self, path: str) -> bool:
        """Whether there is an object for every name in a route's path."""
        return all(name in self.names for name in _parameters(path))

    def ask(self, client: httpx.Client, route: Route, path: str) -> httpx.Response:
        """A request that is well formed, and is about these objects wherever it names any."""
        if "registered-models/{object_id}" in path:
            path = path.replace("{object_id}", self.model_number)
        for name, part in _parameters(path).items():
            path = path.replace(part, str(self.names.get(name, "x")))
        values = self.values(route.body.type) if route.body else {}
        if _COMMENTS in path and "id" in values:
            values["id"] = self.comment
        headers = {"x-mlflow-experiment-id": str(self.names["experiment_id"]), **SENSEI_HEADERS}
        if route.method == "GET":
            return client.get(path, params={**values, "run_uuid": self.names["run_id"]}, headers=headers)
        if route.body is None:
            params = {"run_uuid": self.names["run_id"], "path": "f.txt"}
            return client.request(route.method, path, params=params, content=b"overwritten", headers=headers)
        return client.request(route.method, path, json=values, headers=headers)

    def values(self, message: Any) -> dict[str, Any]:
        """A body of that type: fields that name something with these names, others with any value."""
        info = types.type_info(message)
        assert isinstance(info, types.StructType)
        tag = {info.tag_field: info.tag} if info.tag_field else {}
        return {**tag, **{field.encode_name: self._field(field) for field in info.fields}}

    def _field(self, field: types.Field) -> Any:
        name = field.encode_name
        many = name.removesuffix("s")
        if name in ("experiment_ids", "run_ids", "trace_ids", "request_ids", "schema_ids", "item_ids"):
            length = getattr(field.type, "min_length", None) or 1
            return [self.names["trace_id" if many == "request_id" else many]] * length
        if name == "run_id" and isinstance(field.type, types.VarTupleType):
            return [self.names["run_id"]]
        known = self.names.get(name)
        if isinstance(known, str) and not _is_text(field.type):
            known = None
        return self._any(field.type) if known is None else known

    def _any(self, kind: types.Type) -> Any:
        match kind:
            case types.UnionType(types=options):
                return self._any(next(one for one in options if not isinstance(one, types.NoneType)))
            case types.Metadata(type=inner):
                return self._any(inner)
            case types.StructType(cls=inner):
                return self.values(inner)
            case types.VarTupleType(item_type=item) | types.ListType(item_type=item):
                return [self._any(item)] * (kind.min_length or 1)
            case types.DictType(value_type=value):
                return {"k": self._any(value)}
            case types.LiteralType(values=options):
                return options[0]
            case types.IntType():
                return 1
            case types.FloatType():
                return 1.5
            case types.BoolType():
                return False
            case types.StrType():
                return "overwritten"
        return None


def _parameters(path: str) -> dict[str, str]:
    """The names in a route's path, and how they are written there."""
    return {part.strip("{}").removesuffix(":path"): part for part in path.split("/") if part.startswith("{")}


def _names(values: Any) -> Iterator[str]:
    """The names of all fields, those of nested ones too, lists' in the singular."""
    for item in values if isinstance(values, list) else [values]:
        if isinstance(item, dict):
            for name, value in item.items():
                yield from (name, name.removesuffix("s"), *_names(value))


def _is_text(kind: types.Type) -> bool:
    match kind:
        case types.StrType() | types.AnyType():
            return True
        case types.Metadata(type=inner):
            return _is_text(inner)
        case types.UnionType(types=options):
            return any(map(_is_text, options))
    return False
