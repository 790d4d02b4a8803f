"""Who sees and changes what: users their own, tenants theirs, readers nothing but what they read."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from tests.server.access.holdings import token
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import Sensei, Values, sensei_client
from tests.server.serving import Server

ADA = "ada@example.org"
STRANGERS = [{"user": "bob@example.org"}, {"tenant": "vision"}, {"user": ADA, "tenant": "vision"}]

As = Callable[..., Sensei]


@pytest.fixture
def holder(server: Server, client: httpx.Client, name: str) -> Iterator[As]:
    """Sensei as the holder of a new token with these fields."""
    with ExitStack() as clients:
        yield lambda **fields: Sensei(
            clients.enter_context(sensei_client(server, token(client, **fields))), name
        )


def everything(sensei: Sensei) -> dict[str, Values]:
    """One resource of each kind, by its path."""
    engine = sensei.engine()
    instance = sensei.instance(engine)
    experiment = sensei.experiment(instance)
    run = sensei.run(experiment)
    model = sensei.model(run)
    transcodings = f"/models/{model['id']}/transcodings"
    made = {
        "/engines": engine,
        "/mlInstances": instance,
        "/experiments": experiment,
        f"/experiments/{experiment['id']}/runs": run,
        "/models": model,
        transcodings: sensei.post(transcodings, {"modelId": model["id"], "targetFormat": "TF"}),
        "/insights": sensei.post("/insights", {"context": {"experimentRunId": run["id"]}}),
        "/mlServices": sensei.post("/mlServices", {"name": sensei.name, "mlInstanceId": instance["id"]}),
    }
    return {f"{path}/{one['id']}": one for path, one in made.items()}


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda fields: "+".join(fields))
def test_a_stranger_finds_and_changes_nothing(holder: As, stranger: dict[str, str]) -> None:
    ada, other = holder(user=ADA), holder(**stranger)
    made = everything(ada)
    before = {path: ada.http.get(path).text for path in made}
    run = next(one for path, one in made.items() if "/runs/" in path)
    own = other.instance()
    ids = [one["id"] for one in made.values()]

    for path, one in made.items():
        listing = path.rpartition("/")[0]
        for address in (path, f"{path}/artifact", f"{path}/status", f"{path}/runs", f"{path}/transcodings"):
            assert other.http.get(address).status_code in (403, 404), address
        reply = other.http.get(listing, params={"limit": 100})
        assert reply.status_code in (200, 403)
        assert one["id"] not in [child["id"] for child in reply.json().get("children", ())]
        for method in ("PUT", "DELETE"):
            body = {**one, "name": "mine", "mlInstanceId": own["id"], "engineId": own["engineId"]}
            reply = other.http.request(method, path, json=body)
            assert reply.status_code in (400, 403, 404, 405), (method, path, reply.text)
            assert_surface_error(reply, reply.status_code)
    for path, body in (
        ("/mlInstances", {"engineId": ids[0]}),
        ("/experiments", {"mlInstanceId": ids[1]}),
        (f"/experiments/{run['experimentId']}/runs", {"mode": "train"}),
        ("/mlServices", {"mlInstanceId": own["id"], "trainingExperimentId": run["experimentId"]}),
        ("/mlServices", {"mlInstanceId": own["id"], "trainingExperimentRunId": run["id"]}),
    ):
        assert other.http.post(path, json={"name": "x", **body}).status_code in (403, 422), path
    assert other.send_model(b"x", experimentRunId=run["id"]).status_code in (403, 422)
    insight = {"context": {"experimentRunId": run["id"]}, "metrics": [{"name": "m", "value": "1"}]}
    assert other.post("/insights", insight)  # kept, and logged to no run of others
    for path, parameter in (("/mlInstances", "engineId"), ("/experiments", "mlInstanceId")):
        for one in made.values():
            assert other.http.delete(path, params={parameter: one["id"]}).status_code in (403, 404)

    assert {path: ada.http.get(path).text for path in made} == before


def test_nobody_elses_run_gets_an_insights_metrics(holder: As, client: httpx.Client) -> None:
    ada, bob = holder(user=ADA), holder(user="bob@example.org")
    run = ada.run()
    insight = {"context": {"experimentRunId": run["id"]}, "metrics": [{"name": "m", "value": "1"}]}

    bob.post("/insights", insight)

    found = client.get("/api/2.0/mlflow/runs/get", params={"run_id": run["id"]}).json()["run"]
    assert "metrics" not in found["data"]


def test_users_have_what_they_make(holder: As) -> None:
    ada = holder(user=ADA)
    for path, one in everything(ada).items():
        assert ada.get(path)["id"] == one["id"]
        found = ada.get(path.rpartition("/")[0], limit=100)["children"]
        assert one["id"] in [child["id"] for child in found]
        if path.startswith(("/engines", "/mlInstances", "/experiments/")) and "/runs" not in path:
            assert one["createdBy"] == {"userId": ADA, "displayName": ADA}
    engine = ada.engine()
    experiment = ada.experiment(ada.instance(engine))
    assert ada.http.delete(f"/engines/{engine['id']}").status_code == 200
    assert_surface_error(ada.http.get(f"/experiments/{experiment['id']}"), 404)


def test_a_tenants_resources_are_all_its_users(holder: As) -> None:
    one, two, other = (
        holder(tenant="retail"),
        holder(tenant="retail"),
        holder(tenant="vision"),
    )
    made = everything(one)
    for path in made:
        assert two.http.get(path).status_code == 200, path
        assert other.http.get(path).status_code in (403, 404), path


def test_a_reader_changes_nothing(holder: As) -> None:
    reader = holder(scope="read")
    assert reader.get("/engines")
    for path in ("/mlInstances", "/experiments", "/insights", "/mlServices"):
        assert_surface_error(reader.http.post(path, json={}), 403)
    assert_surface_error(reader.http.delete("/engines/x"), 403)


def test_without_a_token_nothing_is_told(server: Server) -> None:
    for path in ("", "/engines", "/insights/metrics"):
        reply = httpx.get(f"{server.url}/data/sensei{path}")
        assert_surface_error(reply, 401)
