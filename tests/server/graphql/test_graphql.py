"""GraphQL answers what REST answers, in the shape that MLflow's web UI reads."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN = """query GetRun($data: MlflowGetRunInput!) @component(name: "MLflow.ExperimentRunTracking") {
  mlflowGetRun(input: $data) {
    apiError { helpUrl code message }
    run {
      info { runName status runUuid experimentId artifactUri startTime endTime lifecycleStage userId }
      experiment { experimentId name tags { key value } artifactLocation lifecycleStage lastUpdateTime }
      data { metrics { key value step timestamp } params { key value } tags { key value } }
      inputs { datasetInputs { dataset { digest name } tags { key value } } modelInputs { modelId } }
      outputs { modelOutputs { modelId step } }
    }
  }
}"""


def ask(client: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    reply = client.post("/graphql", json={"query": query, "variables": variables})
    assert reply.status_code == 200, reply.text
    answered: dict[str, Any] = reply.json()
    return answered


def test_a_run_comes_with_its_experiment_and_integers_as_text(
    client: httpx.Client, tracking: "MlflowClient", name: str
) -> None:
    experiment = tracking.create_experiment(name)
    run = tracking.create_run(experiment, start_time=1700000000123, run_name="first").info.run_id
    tracking.log_metric(run, "loss", 0.5, timestamp=1700000000456, step=3)
    tracking.log_metric(run, "broken", float("nan"), timestamp=1, step=0)
    tracking.log_param(run, "lr", "0.1")

    answered = ask(client, RUN, data={"runId": run})

    assert answered["errors"] is None
    found = answered["data"]["mlflowGetRun"]["run"]
    assert found["info"]["runName"] == "first"
    assert found["info"]["startTime"] == "1700000000123"
    assert found["info"]["endTime"] == "0"  # as MLflow has what is not set
    assert found["experiment"]["name"] == name
    metrics = {metric["key"]: metric for metric in found["data"]["metrics"]}
    assert metrics["loss"] == {"key": "loss", "value": 0.5, "step": "3", "timestamp": "1700000000456"}
    assert metrics["broken"]["value"] is None
    assert found["data"]["params"] == [{"key": "lr", "value": "0.1"}]


def test_runs_are_searched_as_over_rest(client: httpx.Client, tracking: "MlflowClient", name: str) -> None:
    experiment = tracking.create_experiment(name)
    runs = [tracking.create_run(experiment, start_time=at).info.run_id for at in (1, 2, 3)]
    query = """mutation SearchRuns($data: MlflowSearchRunsInput!) {
      mlflowSearchRuns(input: $data) { runs { info { runId } } nextPageToken } }"""

    answered = ask(client, query, data={"experimentIds": [experiment], "maxResults": 2})

    page = answered["data"]["mlflowSearchRuns"]
    assert [run["info"]["runId"] for run in page["runs"]] == runs[:0:-1]
    assert page["nextPageToken"]


def test_a_failed_field_is_null_and_its_error_a_message(client: httpx.Client) -> None:
    answered = ask(client, '{ mlflowGetExperiment(input: {experimentId: "99999"}) { experiment { name } } }')

    assert answered == {
        "data": {"mlflowGetExperiment": None},
        "errors": ["No Experiment with id=99999 exists"],
    }


FIELD = 'mlflowGetExperiment(input: {experimentId: "0"})'
BOMB = "".join(f"fragment f{n} on MlflowExperiment {{ ...f{n + 1} ...f{n + 1} }} " for n in range(40))


@pytest.mark.parametrize(
    ("query", "word"),
    [
        (
            "{ " + " ".join(f"a{n}: {FIELD} {{ experiment {{ name }} }}" for n in range(11)) + " }",
            "root fields",
        ),
        (
            "{ " + FIELD + " { experiment { " + " ".join(f"a{n}: name" for n in range(11)) + " } } }",
            "aliases",
        ),
        (
            "{ " + FIELD + "{ experiment { ...f0 } } } " + BOMB + "fragment f40 on MlflowExperiment { name }",
            "selections",
        ),
        ("{ " + FIELD + " { experiment { name " * 11 + "} }" * 11 + "}", "depth"),
        ("{ a { " * 20_000, ""),
        ("query { nothing }", "nothing"),
        ("not graphql", "Syntax"),
        ("fragment a on Query { ...a } { ...a }", "itself"),
    ],
    ids=["root fields", "aliases", "fragment bomb", "depth", "unclosed", "unknown field", "syntax", "cycle"],
)
def test_too_large_or_wrong_a_document_is_refused_with_a_message(
    client: httpx.Client, query: str, word: str
) -> None:
    answered = ask(client, query)

    assert answered["data"] is None
    assert word in answered["errors"][0]
