"""Services and models from their creation to their end, and what a client cannot send."""

import json
from typing import Any

import httpx
from tests.server.error_shapes import assert_surface_error
from tests.server.openmetadata.conftest import MODELS, PATCH, SERVICES, Json, Make

CHANGE = "x-openmetadata-change"


def patch(client: httpx.Client, path: str, *steps: Json, **headers: str) -> httpx.Response:
    return client.patch(path, content=json.dumps(steps), headers={**PATCH, **headers})


def step(op: str, path: str, **more: Any) -> Json:
    return {"op": op, "path": path, **more}


def test_creation_says_where_the_entity_is(client: httpx.Client, name: str) -> None:
    request = {"name": name, "serviceType": "Mlflow", "connection": {"config": {"trackingUri": "http://x"}}}

    made = client.post(SERVICES, json=request)

    assert (made.status_code, made.headers[CHANGE], made.headers["etag"]) == (201, "entityCreated", 'W/"0.1"')
    assert client.get(made.headers["location"]).json()["name"] == name
    assert made.json()["connection"]["config"]["registryUri"] == "http://x"
    again = client.post(SERVICES, json=request)
    assert_surface_error(again, 409)
    assert again.json()["errorType"] == "ENTITY_ALREADY_EXISTS"


def test_a_put_creates_then_updates_then_changes_nothing(client: httpx.Client, name: str) -> None:
    answers = [
        client.put(SERVICES, json={"name": name, "serviceType": "Sklearn", "description": text})
        for text in ("a", "b", "b")
    ]

    assert [one.status_code for one in answers] == [201, 200, 200]
    assert [one.headers[CHANGE] for one in answers] == ["entityCreated", "entityUpdated", "entityNoChange"]
    assert [one.json()["version"] for one in answers] == [0.1, 0.2, 0.2]
    assert answers[2].json()["changeDescription"] == {
        "fieldsAdded": [],
        "fieldsUpdated": [{"name": "description", "oldValue": "a", "newValue": "b"}],
        "fieldsDeleted": [],
        "previousVersion": 0.1,
    }


def test_a_put_leaves_what_it_does_not_name(client: httpx.Client, make: Make) -> None:
    one = {"tagFQN": "A.one", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    made = make(description="kept", tags=[one], algorithm="Forest", owners=[])
    request = {
        "name": "m",
        "service": made["service"]["fullyQualifiedName"],
        "tags": [{**one, "tagFQN": "A.two"}],
    }

    changed = client.put(MODELS, json=request).json()

    assert (changed["description"], changed["algorithm"]) == ("kept", "Forest")
    assert [tag["tagFQN"] for tag in changed["tags"]] == ["A.one", "A.two"]
    assert changed["version"] == 0.2


def test_the_type_of_a_service_stays(client: httpx.Client, service: Json) -> None:
    assert_surface_error(client.put(SERVICES, json={"name": service["name"], "serviceType": "Sklearn"}), 400)


def test_names_with_a_dot_are_quoted(client: httpx.Client, name: str) -> None:
    client.post(SERVICES, json={"name": f"{name}.x", "serviceType": "Sklearn"})
    made = client.post(MODELS, json={"name": "a.b", "service": f'"{name}.x"'}).json()

    assert made["fullyQualifiedName"] == f'"{name}.x"."a.b"'
    assert client.get(f'{MODELS}/name/"{name}.x"."a.b"').json()["id"] == made["id"]
    assert_surface_error(client.get(f"{MODELS}/name/{name}.x.a.b"), 404)


def test_a_patch_needs_the_version_that_it_was_made_for(client: httpx.Client, model: Json) -> None:
    path = f"{MODELS}/{model['id']}"
    describe = step("add", "/description", value="x")

    first = patch(client, path, describe, **{"if-match": 'W/"0.1"'})
    late = patch(client, path, step("add", "/description", value="y"), **{"if-match": 'W/"0.1"'})

    assert (first.status_code, first.headers["etag"], first.headers[CHANGE]) == (
        200,
        'W/"0.2"',
        "entityUpdated",
    )
    assert_surface_error(late, 412)
    assert late.json()["errorType"] == "PRECONDITION_FAILED"
    assert client.get(path).json()["description"] == "x"
    assert (
        patch(client, path, describe, **{"if-match": 'W/"0.1", W/"0.2"'}).headers[CHANGE] == "entityNoChange"
    )
    assert patch(client, path, step("remove", "/description"), **{"if-match": "*"}).json()["version"] == 0.3


def test_what_breaks_a_models_users_is_a_major_version(client: httpx.Client, model: Json) -> None:
    path = f"{MODELS}/{model['id']}"

    versions = [
        patch(client, path, step("add", f"/{field}", value=value)).json()["version"]
        for field, value in (
            ("algorithm", "Boosting"),
            ("displayName", "shown"),
            ("server", "http://serving/"),
            ("target", "y"),
            ("sourceUrl", "http://source/"),
        )
    ]

    assert versions == [1.1, 1.2, 2.2, 3.2, 3.3]


def test_every_version_can_be_read_again(client: httpx.Client, model: Json) -> None:
    path = f"{MODELS}/{model['id']}"
    for text in ("a", "b"):
        patch(client, path, step("add", "/description", value=text))

    history = client.get(f"{path}/versions").json()

    assert history["entityType"] == "mlmodel"
    found = [json.loads(one) for one in history["versions"]]
    assert [(one["version"], one.get("description")) for one in found] == [
        (0.3, "b"),
        (0.2, "a"),
        (0.1, None),
    ]
    assert client.get(f"{path}/versions/0.2").json() == found[1]
    assert_surface_error(client.get(f"{path}/versions/0.9"), 404)
    assert_surface_error(client.get(f"{path}/versions/x"), 404)


def test_a_patch_cannot_change_what_the_system_keeps(client: httpx.Client, model: Json) -> None:
    path = f"{MODELS}/{model['id']}"

    kept = patch(client, path, step("replace", "/name", value="other"), step("replace", "/version", value=9))

    assert (kept.json()["name"], kept.json()["version"]) == (model["name"], 0.1)
    assert_surface_error(patch(client, path, step("replace", "/deleted", value=True)), 400)


def test_a_service_goes_and_comes_back_with_its_models(
    client: httpx.Client, service: Json, make: Make
) -> None:
    before, with_it = make("before"), make("with it")
    path = f"{SERVICES}/{service['id']}"
    client.delete(f"{MODELS}/{before['id']}")

    assert_surface_error(client.delete(path), 400)
    gone = client.delete(path, params={"recursive": "true"})

    assert (gone.status_code, gone.headers[CHANGE]) == (200, "entitySoftDeleted")
    assert gone.json()["deleted"] is True
    assert_surface_error(client.get(path), 404)
    assert_surface_error(client.get(f"{MODELS}/{with_it['id']}"), 404)
    assert_surface_error(client.put(f"{MODELS}/restore", json={"id": with_it["id"]}), 404)
    assert client.get(path, params={"include": "deleted"}).json()["deleted"] is True

    back = client.put(f"{SERVICES}/restore", json={"id": service["id"]})

    assert (back.status_code, back.headers[CHANGE]) == (200, "entityRestored")
    assert client.get(f"{MODELS}/{with_it['id']}").json()["version"] == 0.3
    assert_surface_error(client.get(f"{MODELS}/{before['id']}"), 404)  # deleted before, and stays so


def test_what_is_deleted_for_good_leaves_its_name(client: httpx.Client, service: Json, model: Json) -> None:
    path = f"{SERVICES}/{service['id']}"

    gone = client.delete(path, params={"recursive": "true", "hardDelete": "true"})

    assert (gone.headers[CHANGE], gone.json()["deleted"]) == ("entityDeleted", True)
    assert_surface_error(client.get(f"{MODELS}/{model['id']}", params={"include": "all"}), 404)
    assert client.post(SERVICES, json={"name": service["name"], "serviceType": "Mlflow"}).status_code == 201


def test_jobs_are_done_when_they_are_accepted(client: httpx.Client, model: Json) -> None:
    accepted = client.delete(f"{MODELS}/async/{model['id']}")
    assert (accepted.status_code, set(accepted.json())) == (202, {"jobId", "message"})
    assert_surface_error(client.get(f"{MODELS}/{model['id']}"), 404)

    accepted = client.put(f"{MODELS}/restore?async=true", json={"id": model["id"]})
    assert (accepted.status_code, set(accepted.json())) == (202, {"jobId", "message"})
    assert client.get(f"{MODELS}/{model['id']}").status_code == 200


def test_each_row_of_a_bulk_is_answered_on_its_own(client: httpx.Client, service: Json) -> None:
    fqn = service["fullyQualifiedName"]
    rows = [
        {"name": "good", "service": fqn},
        {"name": "no service"},
        {"name": "lost", "service": "nowhere"},
        {"name": 'quo"ted', "service": fqn},
        7,
        {"name": "ours", "service": "trackstack"},
    ]

    done = client.put(f"{MODELS}/bulk?async=false&overrideMetadata=false", json=rows)
    later = client.put(f"{MODELS}/bulk?async=true", json=rows[:1])

    result = done.json()
    assert (done.status_code, later.status_code) == (200, 202)
    assert (result["status"], later.json()["status"]) == ("partialSuccess", "success")
    assert [result[f"numberOfRows{what}"] for what in ("Processed", "Passed", "Failed")] == [6, 1, 5]
    assert [row["status"] for row in result["failedRequest"]] == [400, 404, 400, 400, 403]
    assert [row["request"] for row in result["failedRequest"]] == rows[1:]


def test_a_connection_keeps_no_secret(client: httpx.Client, name: str) -> None:
    aws = {"awsRegion": "eu-west-1", "awsAccessKeyId": "AKIA", "awsSecretAccessKey": "hush-hush"}
    request = {"name": name, "serviceType": "SageMaker", "connection": {"config": {"awsConfig": aws}}}

    made = client.post(SERVICES, json=request)

    assert made.json()["connection"]["config"]["awsConfig"]["awsSecretAccessKey"] == "*********"
    path = f"{SERVICES}/{made.json()['id']}"
    patch(client, path, step("replace", "/connection/config/awsConfig/awsSecretAccessKey", value="hush-hush"))
    assert "hush" not in client.get(path).text + client.get(f"{path}/versions").text


def test_a_sagemaker_without_credentials_is_shown_without_connection(client: httpx.Client, name: str) -> None:
    request = {"name": name, "serviceType": "SageMaker", "connection": {"config": {"type": "SageMaker"}}}

    made = client.post(SERVICES, json=request).json()

    assert "connection" not in made
    patched = patch(client, f"{SERVICES}/{made['id']}", step("add", "/description", value="x")).json()
    assert "connection" not in patched["changeDescription"]["fieldsDeleted"]
    assert patched["version"] == 0.2


def test_followers_and_votes_make_no_version(client: httpx.Client, model: Json) -> None:
    path, user = f"{MODELS}/{model['id']}", "0b9b3c1e-7c0b-4d0a-9a55-6f1f0c6f6f2d"

    event = client.put(
        f"{path}/followers", content=json.dumps(user), headers={"content-type": "application/json"}
    )
    assert event.json()["eventType"] == "entityFieldsChanged"
    for vote, ups in (("votedUp", 1), ("votedUp", 1), ("votedDown", 0), ("unVoted", 0)):
        client.put(f"{path}/vote", json={"updatedVoteType": vote})
        seen = client.get(path, params={"fields": "votes,followers"}).json()
        assert (seen["votes"]["upVotes"], seen["version"]) == (ups, 0.1)
    assert [one["id"] for one in seen["followers"]] == [user]

    assert client.delete(f"{path}/followers/{user}").json()["changeDescription"]["fieldsDeleted"]
    assert_surface_error(client.delete(f"{path}/followers/{user}"), 404)


def test_the_result_of_a_connections_test_is_kept(client: httpx.Client, service: Json) -> None:
    path = f"{SERVICES}/{service['id']}"
    result = {"status": "Successful", "steps": [{"name": "GetModels", "mandatory": True, "passed": True}]}

    kept = client.put(f"{path}/testConnectionResult", json=result).json()
    patched = patch(client, path, step("add", "/description", value="x")).json()

    assert (kept["testConnectionResult"], kept["version"]) == (result, 0.1)
    assert (patched["testConnectionResult"], patched["version"]) == (result, 0.2)


def test_stale_models_are_swept(client: httpx.Client, service: Json, make: Make) -> None:
    seen, gone = make("seen"), make("gone")
    scope = {"scopeFqn": service["fullyQualifiedName"], "scopeEntityType": "service"}
    request = {**scope, "seenFqns": [seen["fullyQualifiedName"]]}

    dry = client.request("DELETE", f"{MODELS}/deleteStale", json={**request, "dryRun": True}).json()
    assert client.get(f"{MODELS}/{gone['id']}").status_code == 200
    wet = client.request("DELETE", f"{MODELS}/deleteStale", json=request).json()

    assert [row["request"] for row in dry["successRequest"]] == [gone["fullyQualifiedName"]]
    assert (dry["dryRun"], wet["dryRun"], wet["numberOfRowsPassed"]) == (True, False, 1)
    assert_surface_error(client.get(f"{MODELS}/{gone['id']}"), 404)
    assert client.get(f"{MODELS}/{seen['id']}").status_code == 200


def test_lineage_is_not_there(client: httpx.Client, model: Json) -> None:
    assert_surface_error(client.get(f"/api/v1/lineage/mlmodel/{model['id']}"), 404)
    assert_surface_error(client.put("/api/v1/lineage", json={}), 404)
