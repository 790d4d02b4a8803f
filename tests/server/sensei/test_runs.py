"""Experiments, runs and services: what inherits what, and what needs what before it."""

from typing import TYPE_CHECKING

import httpx
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import Sensei

from trackstack.server.tables import ROUTES

if TYPE_CHECKING:
    from mlflow import MlflowClient

TASKS = [
    {"name": "train", "parameters": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]},
    {"name": "featurePipeline", "parameters": [{"key": "c", "value": "3"}]},
]


def test_a_run_does_the_tasks_of_its_mode_with_what_it_is_given(
    sensei: Sensei, tracking: "MlflowClient"
) -> None:
    experiment = sensei.experiment(sensei.instance(tasks=TASKS))
    given = [{"name": "Train", "parameters": [{"key": "b", "value": "20"}]}, {"name": "extra"}]

    plain, features, changed = (
        sensei.run(experiment),
        sensei.run(experiment, mode="fp"),
        sensei.run(experiment, tasks=given),
    )

    assert plain["tasks"] == TASKS[:1]
    assert features["tasks"] == TASKS[1:]
    assert [task["name"] for task in changed["tasks"]] == ["Train", "extra"]
    assert tracking.get_run(changed["id"]).data.params == {"a": "1", "b": "20"}


def test_a_template_comes_before_the_instances_tasks(sensei: Sensei) -> None:
    own = [{"name": "train", "parameters": [{"key": "z", "value": "9"}]}]
    experiment = sensei.experiment(sensei.instance(tasks=TASKS), template={"tasks": own})

    assert sensei.get(f"/experiments/{experiment['id']}/runs")["children"] == []  # none begins by itself
    assert sensei.run(experiment)["tasks"] == own


def test_scoring_needs_a_successful_train_run(sensei: Sensei, tracking: "MlflowClient") -> None:
    experiment = sensei.experiment()
    path = f"/experiments/{experiment['id']}/runs"
    run = sensei.run(experiment)
    for status in ("RUNNING", "FAILED"):
        tracking.update_run(run["id"], status=status)
        assert_surface_error(sensei.http.post(path, json={"mode": "score"}), 422)

    tracking.set_terminated(run["id"])

    assert sensei.run(experiment, mode="Score")["mode"] == "score"


def test_a_service_without_a_training_run_gets_one(sensei: Sensei) -> None:
    instance = sensei.instance(tasks=TASKS)
    schedule = {"cron": "10 * * * *", "startTime": "2019-04-09T00:00", "endTime": "2019-04-10T00:00"}
    body = {"name": sensei.name, "mlInstanceId": instance["id"], "trainingSchedule": schedule}

    service = sensei.post("/mlServices", body)

    experiment = sensei.get(f"/experiments/{service['trainingExperimentId']}")
    assert experiment["createdByService"] is True
    assert experiment["template"] == {"schedule": schedule}
    run = sensei.get(f"/experiments/{experiment['id']}/runs/{service['trainingExperimentRunId']}")
    assert (run["mode"], run["tasks"]) == ("train", TASKS[:1])
    again = sensei.post("/mlServices", {**body, "trainingExperimentRunId": run["id"]})
    assert again["trainingExperimentId"] == experiment["id"]
    deleted = sensei.http.delete(f"/mlServices/{service['id']}").json()
    assert deleted == {"title": "Success", "status": 200, "detail": "MLService deletion was successful"}
    assert sensei.get(f"/experiments/{experiment['id']}")


def test_a_schedule_that_ends_before_it_starts_is_refused(sensei: Sensei) -> None:
    schedule = {"startTime": "2019-04-09T00:00Z", "endTime": "2019-04-08T00:00"}
    body = {"name": sensei.name, "mlInstanceId": sensei.instance()["id"], "scoringSchedule": schedule}
    assert_surface_error(sensei.http.post("/mlServices", json=body), 422)


def test_default_metrics(sensei: Sensei) -> None:
    every = {one["algorithm"]: one["defaultMetrics"] for one in sensei.get("/insights/metrics")["children"]}
    assert {"Classification", "Regression", "Custom", "fp"} == set(every)
    (one,) = sensei.get("/insights/metrics", algorithm="regression")["children"]
    assert one == {"algorithm": "Regression", "defaultMetrics": every["Regression"]}
    assert sensei.get("/insights/metrics", algorithm="other")["children"] == []


def test_the_home_document_lists_every_path(sensei_http: httpx.Client) -> None:
    for path in ("", "/"):
        reply = sensei_http.get(path, headers={"accept": "application/json-home"})
        assert reply.headers["content-type"] == "application/json-home"
        assert reply.headers["etag"]
        shown = {
            (method, one.get("href") or one["hrefTemplate"])
            for one in reply.json()["resources"].values()
            for method in one["hints"]["allow"]
        }
        served = {(route.method, route.path) for route in ROUTES if route.path.startswith("/data/sensei/")}
        assert shown == served
