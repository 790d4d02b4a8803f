"""What tracking servers under test are filled with: the same runs in all of them, over HTTP or by SQL."""

import json
import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from typing import Any

import httpx

API = "/api/2.0/mlflow/"
POINTS = 25_000
START = 1_700_000_000_000  # of the first run, in milliseconds
_BATCH = 1000  # metrics a request
_PAGE = 100


@dataclass(frozen=True)
class Shape:
    """How much each run has."""

    metrics: int = 20
    params: int = 20
    tags: int = 5


@dataclass(frozen=True)
class Content:
    """`runs` runs, all alike, the last one with a history of `points` points."""

    runs: int
    shape: Shape = Shape()
    points: int = POINTS

    def items(self, at: int) -> dict[str, list[dict[str, Any]]]:
        """What the run at a place logs, as a batch says it."""
        rest = random.Random(at)
        return {
            "metrics": [_metric(f"m{number}", rest.random(), 0) for number in range(self.shape.metrics)],
            "params": [{"key": f"p{n}", "value": str(rest.randrange(10))} for n in range(self.shape.params)],
            "tags": [{"key": f"t{n}", "value": str(rest.randrange(5))} for n in range(self.shape.tags)],
        }

    def history(self) -> Iterator[dict[str, Any]]:
        """The points of the last run's metric `history`."""
        return (_metric("history", 1 / (step + 1), step) for step in range(self.points))


def over_http(client: httpx.Client, content: Content, clients: int = 1) -> tuple[str, str]:
    """Makes an experiment of that content; its id, and the last run's."""
    experiment = new_experiment(client)
    connection = _Connection(client)

    def add(at: int) -> str:
        new = {"experiment_id": experiment, "start_time": START + at}
        run_id: str = connection.post("runs/create", new)["run"]["info"]["run_id"]
        connection.post("runs/log-batch", {"run_id": run_id, **content.items(at)})
        return run_id

    with ThreadPoolExecutor(clients) as pool:
        *_, last = pool.map(add, range(content.runs))
    history = list(content.history())
    for first in range(0, len(history), _BATCH):
        post(client, "runs/log-batch", {"run_id": last, "metrics": history[first : first + _BATCH]})
    return experiment, last


def by_sql(client: httpx.Client, content: Content, database_url: str) -> tuple[str, str]:
    """The same in the tables of MLflow's SQL store, which takes minutes for it over HTTP."""
    from mlflow.store.tracking.dbmodels import models
    from sqlalchemy import create_engine, insert

    experiment = new_experiment(client)
    runs: list[dict[str, Any]] = []
    rows: dict[Any, list[dict[str, Any]]] = {
        models.SqlRun: runs,
        models.SqlMetric: [],
        models.SqlLatestMetric: [],
        models.SqlParam: [],
        models.SqlTag: [],
    }

    def add(table: Any, run_id: str, items: list[dict[str, Any]]) -> None:
        rows[table] += [{"run_uuid": run_id, **item} for item in items]

    for at in range(content.runs):
        run_id = uuid.uuid4().hex
        runs.append(
            {
                "run_uuid": run_id,
                "name": f"run {at}",
                "source_type": "UNKNOWN",
                "source_name": "",
                "entry_point_name": "",
                "user_id": "",
                "status": "RUNNING",
                "start_time": START + at,
                "source_version": "",
                "lifecycle_stage": "active",
                "artifact_uri": f"mlflow-artifacts:/{experiment}/{run_id}/artifacts",
                "experiment_id": int(experiment),
            }
        )
        items = content.items(at)
        add(models.SqlMetric, run_id, items["metrics"])
        add(models.SqlLatestMetric, run_id, items["metrics"])
        add(models.SqlParam, run_id, items["params"])
        add(models.SqlTag, run_id, [*items["tags"], {"key": "mlflow.runName", "value": f"run {at}"}])
    history = list(content.history())
    add(models.SqlMetric, run_id, history)
    add(models.SqlLatestMetric, run_id, history[-1:])
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for table, of_table in rows.items():
            connection.execute(insert(table), of_table)
    engine.dispose()
    return experiment, run_id


def check(client: httpx.Client, content: Content, experiment: str, run: str) -> None:
    """Raises ValueError unless the server answers with what it was filled with."""
    asked = {"experiment_ids": [experiment], "max_results": _PAGE}
    newest = post(client, "runs/search", asked)["runs"]
    if len(newest) != min(_PAGE, content.runs) or newest[0]["info"]["run_id"] != run:
        raise ValueError(f"{len(newest)} runs are on its first page, or others than the newest")
    for key, many in (("params", content.shape.params), ("metrics", content.shape.metrics)):
        found = len(newest[-1]["data"].get(key, ()))
        if found < many:
            raise ValueError(f"a run has {found} of {many} {key}")
    if content.points:
        reply = client.get(f"{API}metrics/get-history", params={"run_id": run, "metric_key": "history"})
        found = len(reply.raise_for_status().json()["metrics"])
        if found != content.points:
            raise ValueError(f"the history has {found} points, not {content.points}")


def new_experiment(client: httpx.Client) -> str:
    """The id of an experiment that no other benchmark has."""
    name = f"benchmark {os.getpid()} {time.time_ns()}"
    experiment: str = post(client, "experiments/create", {"name": name})["experiment_id"]
    return experiment


def post(client: httpx.Client, path: str, body: object) -> Any:
    """The answer; raises httpx.HTTPStatusError for any but 2xx."""
    reply = client.post(API + path, json=body)
    reply.raise_for_status()
    return reply.json()


class _Connection(threading.local):
    """A connection a thread to the client's server: httpx itself would take most of the time."""

    def __init__(self, client: httpx.Client) -> None:
        url = client.base_url
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        self._connection = kind(url.host, url.port, timeout=120)
        authorization = client.headers.get("authorization")
        self._headers = {"Content-Type": "application/json"}
        self._headers |= {"Authorization": authorization} if authorization else {}

    def post(self, path: str, body: object) -> Any:
        """The answer; raises ValueError for any but 200."""
        self._connection.request("POST", API + path, json.dumps(body), self._headers)
        reply = self._connection.getresponse()
        answer = reply.read()
        if reply.status != 200:
            raise ValueError(f"{path} is answered with {reply.status}: {answer[:200]!r}")
        return json.loads(answer)


def _metric(key: str, value: float, step: int) -> dict[str, Any]:
    return {"key": key, "value": value, "timestamp": START + step, "step": step}
