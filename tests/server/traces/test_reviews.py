"""Label schemas and review queues by MLflow's own client, and who may do what with them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import label_schemas, review_queues
from mlflow.genai.label_schemas import InputCategorical, InputNumeric, InputPassFail, InputText
from tests.server.access.holdings import as_holder, token
from tests.server.serving import Server

Trace = Callable[..., str]

BASE = "/api/3.0/mlflow"
ADA, BOB = "ada@example.org", "Bob@example.org"


def test_label_schemas_live_their_life(experiment: str) -> None:
    made = label_schemas.create_label_schema(
        "Correct?", type="feedback", input=InputPassFail("yes", "no"), instruction="Is it?"
    )
    number = label_schemas.create_label_schema("how far", type="expectation", input=InputNumeric(0, 2.5))

    assert made.schema_id
    changed = label_schemas.update_label_schema(
        made.schema_id, name="Right?", enable_comment=True, input=InputPassFail("right", "wrong")
    )
    assert (changed.name, changed.instruction, changed.enable_comment) == ("Right?", "Is it?", True)
    assert label_schemas.get_label_schema("Right?", experiment_id=experiment) == changed
    assert label_schemas.get_label_schema(schema_id=number.schema_id).input == InputNumeric(0.0, 2.5)
    label_schemas.delete_label_schema(schema_id=number.schema_id)
    assert {one.name for one in label_schemas.list_label_schemas()} == {"Right?", "Feedback"}
    with pytest.raises(MlflowException, match="not found") as error:
        label_schemas.get_label_schema("how far", experiment_id=experiment)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    "given",
    [
        InputPassFail("a", "b"),
        InputCategorical(["x", "y"]),
        InputCategorical(["x"], multi_select=True),
        InputNumeric(),
        InputNumeric(max_value=1e300),
        InputText(),
        InputText(max_length=2**53),
    ],
    ids=repr,
)
def test_every_kind_of_input_comes_back(experiment: str, given: InputText) -> None:
    made = label_schemas.create_label_schema("q", type="feedback", input=given)

    assert label_schemas.get_label_schema("q", experiment_id=experiment).input == made.input == given


def test_every_experiment_has_the_default_question_once(client: httpx.Client, experiment: str) -> None:
    with ThreadPoolExecutor(8) as many:
        path = f"{BASE}/label-schemas/list?experiment_id={experiment}"
        lists = list(many.map(lambda _: client.get(path).json()["label_schemas"], range(16)))

    ids = {one["schema_id"] for found in lists for one in found}
    assert len(ids) == 1
    with pytest.raises(MlflowException, match="cannot be deleted"):
        label_schemas.delete_label_schema(schema_id=ids.pop())


def test_pages_of_schemas_queues_and_items_hold_each_once(experiment: str, trace: Trace) -> None:
    for number in range(5):
        label_schemas.create_label_schema(f"s{number}", type="feedback", input=InputText())
        review_queues.create_review_queue(f"q{number}", queue_type="custom")
    queue = review_queues.get_review_queue(name="Q0")
    review_queues.add_items_to_review_queue(queue.queue_id, item_ids=[trace() for _ in range(5)])

    def everything(ask: Callable[..., Any]) -> list[Any]:
        found, page = [], ask(page_token=None)
        found += page
        while page.token:
            page = ask(page_token=page.token)
            found += page
        return found

    schemas = everything(lambda **page: label_schemas.list_label_schemas(max_results=2, **page))
    queues = everything(lambda **page: review_queues.list_review_queues(max_results=2, **page))
    items = everything(
        lambda **page: review_queues.list_review_queue_items(queue.queue_id, max_results=2, **page)
    )
    assert sorted(one.name for one in schemas) == ["Feedback", "s0", "s1", "s2", "s3", "s4"]
    assert [one.name for one in queues] == ["q4", "q3", "q2", "q1", "q0"]
    assert len({one.item_id for one in items}) == 5


def test_traces_are_reviewed_in_a_queue(experiment: str, trace: Trace) -> None:
    question = label_schemas.create_label_schema("ok?", type="feedback", input=InputPassFail("yes", "no"))
    queue = review_queues.create_review_queue(
        "first", queue_type="custom", users=["Ann", "bob"], schema_ids=[question.schema_id]
    )
    one, other = trace(), trace()
    added = review_queues.add_items_to_review_queue(queue.queue_id, item_ids=[one, other, one])
    assert [item.item_id for item in added] == [one, other]

    def set_status(item: str, status: str, by: str | None = None) -> Any:
        return review_queues.set_review_queue_item_status(
            queue.queue_id, item_id=item, status=status, completed_by=by
        )

    done = set_status(one, "complete", "ANN")
    assert (done.status, done.completed_by) == ("complete", "ann")
    assert set_status(one, "complete", "bob") == done
    assert set_status(other, "declined", "bob").completed_by == "bob"
    again = set_status(other, "pending")
    assert (again.completed_by, again.completed_time_ms) == (None, None)
    pending = review_queues.list_review_queue_items(queue.queue_id, status="pending")
    assert [item.item_id for item in pending] == [other]
    with pytest.raises(MlflowException, match="questions are locked"):
        review_queues.update_review_queue(queue.queue_id, schema_ids=[])

    mlflow.MlflowClient().delete_traces(experiment, trace_ids=[one])
    left = review_queues.list_review_queue_items(queue.queue_id)
    assert [item.item_id for item in left] == [other]
    review_queues.remove_items_from_review_queue(queue.queue_id, item_ids=[other])
    assert review_queues.list_review_queue_items(queue.queue_id) == []
    review_queues.delete_review_queue(queue.queue_id)
    assert review_queues.list_review_queues() == []


def test_a_user_has_one_queue(client: httpx.Client, experiment: str) -> None:
    def own(_: int) -> str:
        body = {"experiment_id": experiment, "user": "Ann"}
        reply = client.post(f"{BASE}/review-queues/get-or-create-user", json=body)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["review_queue"]["queue_id"])

    with ThreadPoolExecutor(8) as many:
        ids = set(many.map(own, range(16)))

    assert ids == {review_queues.get_or_create_user_queue("ANN").queue_id}
    assert [queue.name for queue in review_queues.list_review_queues(user="ann")] == ["ann"]
    assert review_queues.list_review_queues(user="bob") == []


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_bounds_are_finite(client: httpx.Client, experiment: str, value: str) -> None:
    body = {"experiment_id": experiment, "name": "n", "type": "FEEDBACK"}
    reply = client.post(
        f"{BASE}/label-schemas/create", json={**body, "input": {"numeric": {"min_value": value}}}
    )

    assert reply.status_code == 400
    assert "must be a finite number" in reply.json()["message"]


def test_the_experiment_decides_and_a_queue_is_also_its_owners(
    server: Server, client: httpx.Client, experiment: str, trace: Trace
) -> None:
    tokens = {user: token(client, user=user) for user in (ADA, BOB)}
    item = trace()

    def grant(user: str, level: str) -> None:
        entry = {"user_name": user, "permission_level": level}
        reply = client.patch(
            f"/api/2.0/permissions/experiments/{experiment}", json={"access_control_list": [entry]}
        )
        assert reply.status_code == 200, reply.text

    grant(ADA, "CAN_EDIT")
    grant(BOB, "CAN_READ")
    about = {"experiment_id": experiment, "name": "q"}
    with as_holder(server, tokens[ADA]) as ada, as_holder(server, tokens[BOB]) as bob:
        schema = {**about, "type": "FEEDBACK", "input": {"text": {}}}
        assert ada.post(f"{BASE}/label-schemas/create", json=schema).status_code == 403
        queue = {**about, "queue_type": "CUSTOM", "created_by": BOB}
        assert bob.post(f"{BASE}/review-queues/create", json=queue).status_code == 403
        made = ada.post(f"{BASE}/review-queues/create", json=queue).json()["review_queue"]
        assert made["created_by"] == ADA
        this = {"queue_id": made["queue_id"]}
        assert bob.get(f"{BASE}/review-queues/get", params=this).status_code == 200
        assert (
            bob.post(f"{BASE}/review-queues/items/add", json={**this, "item_ids": [item]}).status_code == 403
        )
        assert (
            ada.post(f"{BASE}/review-queues/items/add", json={**this, "item_ids": [item]}).status_code == 200
        )
        done = {**this, "item_id": item, "status": "COMPLETE", "completed_by": BOB}
        reply = ada.post(f"{BASE}/review-queues/items/set-status", json=done)
        assert reply.json()["item"]["completed_by"] == ADA
        assert ada.post(f"{BASE}/review-queues/update", json={**this, "name": "mine"}).status_code == 200

        others = client.post(f"{BASE}/review-queues/create", json={**about, "queue_type": "CUSTOM"}).json()
        that = {"queue_id": others["review_queue"]["queue_id"]}
        assert ada.post(f"{BASE}/review-queues/delete", json=that).status_code == 403
        assert ada.post(f"{BASE}/review-queues/delete", json=this).status_code == 200
