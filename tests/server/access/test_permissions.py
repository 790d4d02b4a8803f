"""Permissions as Databricks' SDK sets them, and what MLflow's client may do then."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, PermissionDenied
from databricks.sdk.service import ml
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from tests.server.access.holdings import as_holder, model_number, token
from tests.server.conftest import Start
from tests.server.serving import Server

ADA, BOB = "ada@example.org", "bob@example.org"
READ, EDIT, MANAGE = (ml.ExperimentPermissionLevel[f"CAN_{name}"] for name in ("READ", "EDIT", "MANAGE"))

Holder = Callable[[str], httpx.Client]
Workspace = Callable[[str], WorkspaceClient]
Tracking = Callable[[str], MlflowClient]


@pytest.fixture(scope="module")
def tokens(client: httpx.Client) -> dict[str, str]:
    return {user: token(client, user=user) for user in (ADA, BOB)}


@pytest.fixture
def holder(server: Server) -> Iterator[Holder]:
    """Clients of tokens."""
    with ExitStack() as clients:
        yield lambda content: clients.enter_context(as_holder(server, content))


@pytest.fixture
def workspace(server: Server, tokens: dict[str, str]) -> Workspace:
    """Databricks' client of a user."""

    def of(user: str) -> WorkspaceClient:
        config = Config(host=server.url, token=tokens[user], auth_type="pat", retry_timeout_seconds=10)
        return WorkspaceClient(config=config)

    return of


@pytest.fixture
def as_user(server: Server, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Tracking:
    """MLflow's client of a user; one at a time, as it reads its token from the environment."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    def of(user: str) -> MlflowClient:
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", tokens[user])
        return MlflowClient(server.url, server.url)

    return of


@pytest.fixture
def experiment(as_user: Tracking, name: str) -> str:
    """One that Ada has made."""
    return as_user(ADA).create_experiment(name)


def entries(found: ml.ExperimentPermissions | ml.RegisteredModelPermissions) -> set[tuple[str, str, bool]]:
    """(who, what, whether inherited)."""
    return {
        (
            str(one.user_name or one.group_name or one.service_principal_name),
            str(each.permission_level and each.permission_level.value),
            bool(each.inherited),
        )
        for one in found.access_control_list or ()
        for each in one.all_permissions or ()
    }


def to(user: str, level: ml.ExperimentPermissionLevel) -> ml.ExperimentAccessControlRequest:
    return ml.ExperimentAccessControlRequest(user_name=user, permission_level=level)


def test_who_makes_an_experiment_manages_it_and_admins_do(workspace: Workspace, experiment: str) -> None:
    found = workspace(ADA).experiments.get_permissions(experiment)

    assert (found.object_id, found.object_type) == (f"/experiments/{experiment}", "mlflowExperiment")
    assert entries(found) == {(ADA, "CAN_MANAGE", False), ("admins", "CAN_MANAGE", True)}
    [inherited] = [one for one in found.access_control_list or () if one.group_name == "admins"]
    assert inherited.all_permissions and inherited.all_permissions[0].inherited_from_object == ["/"]


def test_there_are_three_levels(workspace: Workspace, experiment: str) -> None:
    levels = workspace(ADA).experiments.get_permission_levels(experiment).permission_levels

    assert [one.permission_level for one in levels or ()] == [READ, EDIT, MANAGE]
    assert all(one.description for one in levels or ())


def test_put_replaces_and_patch_merges(workspace: Workspace, experiment: str) -> None:
    ada = workspace(ADA).experiments
    robot = ml.ExperimentAccessControlRequest(service_principal_name="robot", permission_level=READ)

    merged = ada.update_permissions(experiment, access_control_list=[to(BOB, READ), robot])
    changed = ada.update_permissions(experiment, access_control_list=[to(BOB, EDIT)])
    replaced = ada.set_permissions(experiment, access_control_list=[to(ADA, MANAGE)])

    admins = ("admins", "CAN_MANAGE", True)
    own = (ADA, "CAN_MANAGE", False)
    assert entries(merged) == {own, admins, (BOB, "CAN_READ", False), ("robot", "CAN_READ", False)}
    assert entries(changed) == {own, admins, (BOB, "CAN_EDIT", False), ("robot", "CAN_READ", False)}
    assert entries(replaced) == {own, admins}


def test_each_level_opens_what_it_says(workspace: Workspace, as_user: Tracking, experiment: str) -> None:
    run = as_user(ADA).create_run(experiment).info.run_id
    ada, bob = workspace(ADA).experiments, as_user(BOB)

    with pytest.raises(MlflowException, match="CAN_READ"):
        bob.get_run(run)
    ada.update_permissions(experiment, access_control_list=[to(BOB, READ)])
    assert bob.get_run(run).info.run_id == run
    with pytest.raises(MlflowException, match="CAN_EDIT"):
        bob.log_metric(run, "m", 1)
    ada.update_permissions(experiment, access_control_list=[to(BOB, EDIT)])
    bob.log_metric(run, "m", 1)
    with pytest.raises(MlflowException, match="CAN_MANAGE"):
        bob.delete_experiment(experiment)
    ada.update_permissions(experiment, access_control_list=[to(BOB, MANAGE)])
    bob.delete_experiment(experiment)


def test_a_permission_that_is_taken_away_ends(
    workspace: Workspace, as_user: Tracking, experiment: str
) -> None:
    ada, bob = workspace(ADA).experiments, as_user(BOB)
    ada.update_permissions(experiment, access_control_list=[to(BOB, READ)])
    assert bob.get_experiment(experiment)

    ada.set_permissions(experiment, access_control_list=[to(ADA, MANAGE)])

    with pytest.raises(MlflowException, match="CAN_READ"):
        bob.get_experiment(experiment)


def test_another_replica_knows_within_a_second(
    server: Server, workspace: Workspace, tokens: dict[str, str], experiment: str
) -> None:
    twin = Server(server.data_dir, server.flags, server.environment, server.token)
    twin.start()
    try:
        ada = workspace(ADA).experiments
        ada.update_permissions(experiment, access_control_list=[to(BOB, READ)])
        path = f"/api/2.0/mlflow/experiments/get?experiment_id={experiment}"
        with as_holder(twin, tokens[BOB]) as bob:
            assert bob.get(path).status_code == 200
            ada.set_permissions(experiment, access_control_list=[to(ADA, MANAGE)])
            time.sleep(1.1)
            assert bob.get(path).status_code == 403
    finally:
        twin.stop()


def test_a_grant_to_the_group_users_is_to_everybody(
    workspace: Workspace, as_user: Tracking, experiment: str
) -> None:
    everybody = ml.ExperimentAccessControlRequest(group_name="users", permission_level=READ)
    workspace(ADA).experiments.update_permissions(experiment, access_control_list=[everybody])

    bob = as_user(BOB)
    assert bob.get_experiment(experiment)
    assert experiment in {one.experiment_id for one in bob.search_experiments(max_results=50_000)}


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"permission_level": "CAN_READ"}, "user_name"),
        ({"permission_level": "CAN_READ", "user_name": "a", "group_name": "users"}, "user_name"),
        ({"permission_level": "CAN_FLY", "user_name": "a"}, "CAN_FLY"),
        ({"permission_level": "CAN_READ", "group_name": "vision"}, "vision"),
        ({"permission_level": "CAN_READ", "user_name": "x" * 255}, "user_name"),
        ({"permission_level": "CAN_READ", "user_name": "a\nb"}, "user_name"),
        ({"user_name": "a"}, "permission_level"),
    ],
    ids=str,
)
def test_bad_entries_are_refused_and_change_nothing(
    server: Server, tokens: dict[str, str], experiment: str, entry: dict[str, str], named: str
) -> None:
    path = f"/api/2.0/permissions/experiments/{experiment}"
    with as_holder(server, tokens[ADA]) as ada:
        before = ada.get(path).json()
        for method in ("PUT", "PATCH"):
            reply = ada.request(method, path, json={"access_control_list": [entry]})
            assert reply.status_code == 400, reply.text
            assert reply.json()["error_code"] == "INVALID_PARAMETER_VALUE"
            assert named in reply.json()["message"]
        assert ada.get(path).json() == before


def test_nobody_is_named_twice(workspace: Workspace, experiment: str) -> None:
    with pytest.raises(InvalidParameterValue, match="twice"):
        workspace(ADA).experiments.set_permissions(
            experiment, access_control_list=[to(BOB, READ), to(BOB, EDIT)]
        )


def test_only_who_manages_may_set_permissions(workspace: Workspace, experiment: str) -> None:
    workspace(ADA).experiments.update_permissions(experiment, access_control_list=[to(BOB, EDIT)])
    bob = workspace(BOB).experiments

    assert (BOB, "CAN_EDIT", False) in entries(bob.get_permissions(experiment))
    with pytest.raises(PermissionDenied):
        bob.update_permissions(experiment, access_control_list=[to(BOB, MANAGE)])
    with pytest.raises(PermissionDenied):
        bob.set_permissions(experiment, access_control_list=[])


def test_what_does_not_exist_has_no_permissions(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        workspace(ADA).experiments.get_permissions("999999999")
    with pytest.raises(BadRequest):
        workspace(ADA).experiments.get_permissions("none")


def test_searches_find_what_may_be_seen_page_by_page(
    as_user: Tracking, workspace: Workspace, name: str
) -> None:
    ada = as_user(ADA)
    made = [ada.create_experiment(f"{name}-{at}") for at in range(7)]
    shared = made[::2]
    for one in shared:
        workspace(ADA).experiments.update_permissions(one, access_control_list=[to(BOB, READ)])
        as_user(ADA).create_run(one)

    bob = as_user(BOB)
    found: list[str] = []
    page_token: str | None = None
    while True:
        page = bob.search_experiments(
            filter_string=f"name LIKE '{name}%'",
            max_results=2,
            order_by=["experiment_id"],
            page_token=page_token,
        )
        found += [one.experiment_id for one in page]
        page_token = page.token
        assert len(page) == 2 or page_token is None
        if page_token is None:
            break

    assert found == shared
    assert {run.info.experiment_id for run in bob.search_runs(made)} == set(shared)
    assert list(bob.search_runs([one for one in made if one not in shared])) == []


def test_registered_models_have_permissions_of_their_own(
    server: Server, tokens: dict[str, str], workspace: Workspace, as_user: Tracking, name: str
) -> None:
    as_user(ADA).create_registered_model(name)
    with as_holder(server, tokens[ADA]) as own:
        id_ = model_number(own)
    ada = workspace(ADA).model_registry
    read = ml.RegisteredModelPermissionLevel.CAN_READ
    bob = as_user(BOB)

    assert (ADA, "CAN_MANAGE", False) in entries(ada.get_permissions(id_))
    levels = ada.get_permission_levels(id_).permission_levels or []
    assert levels[0].permission_level is read
    with pytest.raises(MlflowException, match="CAN_READ"):
        bob.get_registered_model(name)
    assert not bob.search_registered_models(f"name = '{name}'")
    ada.update_permissions(
        id_,
        access_control_list=[ml.RegisteredModelAccessControlRequest(user_name=BOB, permission_level=read)],
    )
    bob = as_user(BOB)
    assert bob.get_registered_model(name).name == name
    assert [one.name for one in bob.search_registered_models(f"name = '{name}'")] == [name]
    with pytest.raises(MlflowException, match="CAN_EDIT"):
        bob.set_registered_model_tag(name, "k", "v")
    ada.set_permissions(id_, access_control_list=[])
    with pytest.raises(PermissionDenied):
        ada.get_permissions(id_)


def test_a_version_is_made_only_of_what_may_be_read(as_user: Tracking, experiment: str, name: str) -> None:
    ada = as_user(ADA)
    run = ada.create_run(experiment).info.run_id
    ada.log_text(run, "secret", "model/f.txt")
    ada.create_registered_model(f"{name}-ada")
    ada.create_model_version(f"{name}-ada", f"runs:/{run}/model", run)

    bob = as_user(BOB)
    bob.create_registered_model(f"{name}-bob")
    for source, run_id in ((f"runs:/{run}/model", run), (f"models:/{name}-ada/1", None)):
        with pytest.raises(MlflowException, match="CAN_READ"):
            bob.create_model_version(f"{name}-bob", source, run_id)
    with pytest.raises(MlflowException, match="CAN_EDIT"):
        bob.create_model_version(f"{name}-ada", "s3://other/bucket")


def test_a_users_runs_bear_its_name(server: Server, tokens: dict[str, str], experiment: str) -> None:
    with as_holder(server, tokens[ADA]) as ada:
        reply = ada.post("/api/2.0/mlflow/runs/create", json={"experiment_id": experiment})
        assert reply.json()["run"]["info"]["user_id"] == ADA
        assert ada.get("/ajax-api/2.0/mlflow/users/current").json()["user"]["username"] == ADA


def test_a_trace_cannot_borrow_anothers_artifacts(
    server: Server, tokens: dict[str, str], as_user: Tracking, experiment: str, name: str
) -> None:
    theirs = f"mlflow-artifacts:/{experiment}/traces/tr-1/artifacts"
    with as_holder(server, tokens[ADA]) as ada:
        path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/tr-1/artifacts/traces.json"
        assert ada.put(path, content=b'{"spans": ["secret"]}').status_code == 200
    own = as_user(BOB).create_experiment(f"{name}-bob")
    with as_holder(server, tokens[BOB]) as bob:
        tags = [{"key": "mlflow.artifactLocation", "value": theirs}]
        started = bob.post("/api/2.0/mlflow/traces", json={"experiment_id": own, "tags": tags})
        trace = started.json()["trace_info"]["request_id"]
        bob.patch(f"/api/2.0/mlflow/traces/{trace}", json={"request_id": trace, "status": "OK", "tags": tags})
        bob.patch(f"/api/3.0/mlflow/traces/{trace}/tags", json=tags[0])
        shown = bob.get("/ajax-api/3.0/mlflow/get-trace-artifact", params={"request_id": trace})
        assert "secret" not in shown.text


def test_nobody_settles_in_places_of_others(
    server: Server, tokens: dict[str, str], experiment: str, name: str
) -> None:
    with as_holder(server, tokens[BOB]) as bob:
        for place in (f"{experiment}", f"{experiment}/inner", "", "999999"):
            body = {"name": f"{name}-bob", "artifact_location": f"mlflow-artifacts:/{place}"}
            assert bob.post("/api/2.0/mlflow/experiments/create", json=body).status_code == 403, place
        body["artifact_location"] = f"mlflow-artifacts:/{name}"
        assert bob.post("/api/2.0/mlflow/experiments/create", json=body).status_code == 200
        put = bob.put(f"/api/2.0/mlflow-artifacts/artifacts/{name}/f.txt", content=b"mine")
        assert put.status_code == 200, put.text


@pytest.mark.parametrize("level", ["read", "edit"])
def test_the_default_permission_is_everybodys(start_server: Start, level: str, name: str) -> None:
    server = start_server(TRACKSTACK_SERVER_DEFAULT_PERMISSION=level)
    with server.client() as admin:
        tokens = [token(admin, user=user) for user in (ADA, BOB)]
    with as_holder(server, tokens[0]) as ada, as_holder(server, tokens[1]) as bob:
        id_ = ada.post("/api/2.0/mlflow/experiments/create", json={"name": name}).json()["experiment_id"]
        search = {"max_results": 10}
        ref = {"experiment_id": id_}

        found = bob.post("/api/2.0/mlflow/experiments/search", json=search).json()["experiments"]
        assert id_ in {one["experiment_id"] for one in found}
        run = bob.post("/api/2.0/mlflow/runs/create", json=ref)
        assert run.status_code == (200 if level == "edit" else 403)
        assert bob.post("/api/2.0/mlflow/experiments/delete", json=ref).status_code == 403
        acl = ada.get(f"/api/2.0/permissions/experiments/{id_}").json()["access_control_list"]
        [users] = [one for one in acl if one.get("group_name") == "users"]
        assert users["all_permissions"] == [
            {"permission_level": f"CAN_{level.upper()}", "inherited": True, "inherited_from_object": ["/"]}
        ]


def test_tenants_keep_apart(holder: Holder, client: httpx.Client, name: str) -> None:
    vision, speech = (holder(token(client, tenant=tenant)) for tenant in ("vision", "speech"))
    made: Any = vision.post("/api/2.0/mlflow/experiments/create", json={"name": name}).json()
    one = {"experiment_id": made["experiment_id"]}
    vision.post("/api/2.0/mlflow/registered-models/create", json={"name": name})

    assert vision.post("/api/2.0/mlflow/runs/create", json=one).status_code == 200
    assert speech.post("/api/2.0/mlflow/runs/create", json=one).status_code == 403
    for who, sees in ((vision, True), (speech, False), (client, True)):
        found = who.post(
            "/api/2.0/mlflow/experiments/search", json={"max_results": 9, "filter": f"name = '{name}'"}
        ).json()
        assert bool(found.get("experiments")) is sees
        models = who.get("/api/2.0/mlflow/registered-models/search", params={"filter": f"name = '{name}'"})
        assert bool(models.json().get("registered_models")) is sees
    grant = {"access_control_list": [{"user_name": BOB, "permission_level": "CAN_READ"}]}
    path = f"/api/2.0/permissions/experiments/{made['experiment_id']}"
    assert vision.patch(path, json=grant).status_code == 200
    for tenant, status in (("speech", 403), ("vision", 200)):
        bob = holder(token(client, user=BOB, tenant=tenant))
        assert bob.get("/api/2.0/mlflow/experiments/get", params=one).status_code == status
