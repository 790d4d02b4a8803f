"""Random sequences of requests, against a small model of what MLflow makes of them."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from tests.server.serving import Server

API = "/api/2.0/mlflow/"
KEYS = st.sampled_from(["a", "b", "a.b", "x/y", "mlflow.runName"])
VALUES = st.sampled_from(["", "1", "2", "ü 日本", "'quoted'"])
NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64), st.sampled_from([0.0, 1.0, 1.5, -1.0])
)
SMALL = st.integers(0, 3)
POINT = st.tuples(st.sampled_from(["m", "n"]), NUMBERS, SMALL, SMALL)
LARGEST = 1.7976931348623157e308


@dataclass
class Run:
    """What MLflow would know of a run."""

    name: str
    deleted: bool = False
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    points: set[tuple[str, int, int, float, bool]] = field(default_factory=set)
    end_time: int | None = None
    status: str = "RUNNING"

    def metrics(self) -> dict[str, float | str]:
        newest: dict[str, tuple[int, int, float, bool]] = {}
        for key, step, timestamp, value, is_nan in self.points:
            newest[key] = max(newest.get(key, (-1, -1, -math.inf, False)), (step, timestamp, value, is_nan))
        return {key: "NaN" if is_nan else value for key, (_, _, value, is_nan) in newest.items()}


class Tracking(RuleBasedStateMachine):
    """Runs of one experiment; the server is told and the model is told, then both are asked."""

    server: Server
    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.client = self.server.client()
        self.known: dict[str, Run] = {}
        self.deleted = False

    def teardown(self) -> None:
        self.client.close()

    def post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        reply = self.client.post(API + path, json=body)
        assert reply.status_code in (200, 400, 404), reply.text
        return reply

    @initialize()
    def begin(self) -> None:
        reply = self.post("experiments/create", {"name": uuid.uuid4().hex})
        self.experiment: str = reply.json()["experiment_id"]

    @rule(target=runs, name=st.sampled_from(["", "first", "second"]))
    def create(self, name: str) -> str:
        reply = self.post("runs/create", {"experiment_id": self.experiment, "run_name": name})
        if self.deleted:
            assert reply.status_code == 400
            return ""
        info = reply.json()["run"]["info"]
        assert not name or info["run_name"] == name
        self.known[info["run_id"]] = Run(info["run_name"], tags={"mlflow.runName": info["run_name"]})
        return str(info["run_id"])

    @rule(
        run=runs,
        points=st.lists(POINT, max_size=4),
        params=st.lists(st.tuples(KEYS, VALUES), max_size=3),
        tags=st.lists(st.tuples(KEYS, VALUES), max_size=3),
    )
    def log_batch(
        self,
        run: str,
        points: list[tuple[str, float, int, int]],
        params: list[tuple[str, str]],
        tags: list[tuple[str, str]],
    ) -> None:
        tags = [(key, value) for key, value in tags if key != "mlflow.runName" or value]
        body = {
            "run_id": run or "none",
            "metrics": [
                {"key": key, "value": _json(value), "timestamp": timestamp, "step": step}
                for key, value, timestamp, step in points
            ],
            "params": [{"key": key, "value": value} for key, value in params],
            "tags": [{"key": key, "value": value} for key, value in tags],
        }
        reply = self.post("runs/log-batch", body)
        one = self.known.get(run)
        if one is None:
            wrong = 404 if len(dict(params)) == len(params) else 400
            assert reply.status_code == wrong
        elif (
            one.deleted
            or len(dict(params)) < len(params)
            or any(one.params.get(key, value) != value for key, value in params)
        ):
            assert reply.status_code == 400
        else:
            assert reply.status_code == 200, reply.text
            one.params.update(params)
            one.tags.update(tags)
            one.name = one.tags["mlflow.runName"]
            one.points |= {(key, step, timestamp, *_stored(value)) for key, value, timestamp, step in points}

    @rule(run=runs, status=st.sampled_from(["FINISHED", "FAILED", "NONE"]), end=st.integers(0, 99))
    def update(self, run: str, status: str, end: int) -> None:
        reply = self.post("runs/update", {"run_id": run or "none", "status": status, "end_time": end})
        one = self.known.get(run)
        assert (reply.status_code == 200) == (one is not None and not one.deleted)
        if one is not None and not one.deleted:
            one.end_time = end
            one.status = one.status if status == "NONE" else status

    @rule(run=runs, delete=st.booleans())
    def delete_or_restore(self, run: str, delete: bool) -> None:
        reply = self.post("runs/delete" if delete else "runs/restore", {"run_id": run or "none"})
        assert (reply.status_code == 200) == (run in self.known)
        if run in self.known:
            self.known[run].deleted = delete

    @rule(run=runs, key=KEYS.filter(lambda key: key != "mlflow.runName"))
    def delete_tag(self, run: str, key: str) -> None:
        reply = self.post("runs/delete-tag", {"run_id": run or "none", "key": key})
        one = self.known.get(run)
        assert (reply.status_code == 200) == (one is not None and not one.deleted and key in one.tags)
        if reply.status_code == 200 and one is not None:
            del one.tags[key]

    @rule()
    def delete_or_restore_all(self) -> None:
        verb = "restore" if self.deleted else "delete"
        assert self.post(f"experiments/{verb}", {"experiment_id": self.experiment}).status_code == 200
        self.deleted = not self.deleted
        for one in self.known.values():
            one.deleted = self.deleted

    @invariant()
    def both_know_the_same(self) -> None:
        body = {"experiment_ids": [self.experiment], "run_view_type": "ALL"}
        runs = self.post("runs/search", body).json().get("runs", [])
        found = {run["info"]["run_id"]: run for run in runs}
        assert set(found) == set(self.known)
        for run_id, one in self.known.items():
            read = self.client.get(API + "runs/get", params={"run_id": run_id}).json()["run"]
            assert read == found[run_id]
            info, data = read["info"], read["data"]
            assert (info["run_name"], info["status"]) == (one.name, one.status)
            assert info.get("end_time") == one.end_time
            assert info["lifecycle_stage"] == ("deleted" if one.deleted else "active")
            assert _pairs(data, "params") == one.params
            assert _pairs(data, "tags") == one.tags
            assert _pairs(data, "metrics") == one.metrics()


def _json(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def _stored(value: float) -> tuple[float, bool]:
    if math.isnan(value):
        return 0.0, True
    return value if math.isfinite(value) else math.copysign(LARGEST, value), False


def _pairs(data: dict[str, list[dict[str, object]]], kind: str) -> dict[object, object]:
    return {item["key"]: item["value"] for item in data.get(kind, [])}


def test_any_sequence_of_requests_has_mlflows_outcome(server: Server) -> None:
    class OnServer(Tracking):
        pass

    OnServer.server = server
    OnServer.TestCase.settings = settings(
        max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    OnServer.TestCase().runTest()
