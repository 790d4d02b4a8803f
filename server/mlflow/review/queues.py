"""Review queues, in MLflow's words."""

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, REVIEW_QUEUE
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.review import names
from trackstack.server.mlflow.views import enum, within
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import pages
from trackstack.server.store.review.queues import CUSTOM, USER, NewQueue, QueueChange, ReviewQueue

MOST = 50_000
"""Queues, and items, on a page."""


class CreateQueue(Message):
    experiment_id: Required
    name: Required
    queue_type: int | str = 0
    created_by: str = ""  # accepted and not believed: it is the caller
    users: tuple[str, ...] = ()
    schema_ids: tuple[str, ...] = ()


class UserQueue(Message):
    experiment_id: Required
    user: Required
    created_by: str = ""  # accepted and not believed: it is the user


class QueueRef(Message):
    queue_id: Required


class NamedQueue(Message):
    experiment_id: Required
    name: Required


class ListQueues(Message):
    experiment_id: Required
    user: str | None = None
    max_results: Int64 = 1000
    page_token: str = ""
    item_id: str | None = None


class UpdateQueue(Message):
    queue_id: Required
    update_users: bool = False
    users: tuple[str, ...] = ()
    update_schema_ids: bool = False
    schema_ids: tuple[str, ...] = ()
    name: str | None = None
    new_owner: str | None = None


class One(Struct):
    review_queue: ReviewQueue


class Found(Struct, omit_defaults=True, kw_only=True):
    review_queues: list[ReviewQueue] = []
    next_page_token: str  # empty on the last page


async def create(call: Call, body: CreateQueue) -> One:
    """A user's own queue has the user's name, one user, and all questions of its experiment."""
    type_ = enum(body.queue_type, (USER, CUSTOM))
    if not type_:
        raise invalid("`queue_type` must be one of USER or CUSTOM; got proto enum value 0.")
    users, schemas = names.users(body.users), names.schemas(body.schema_ids)
    if type_ == USER:
        name = names.checked(names.user(body.name), "name", names.NAME_LENGTH)
        users = users or [name]
        if users != [name]:
            raise invalid(
                "A user queue must have exactly one assigned user equal to its name; "
                f"got name={name!r} and users={users!r}."
            )
        if schemas:
            raise invalid(
                "A user queue cannot have explicitly-attached schemas; it resolves to all of the "
                "experiment's label schemas."
            )
    else:
        name = names.custom(body.name)
    id_ = validation.experiment_id(body.experiment_id)
    new = NewQueue(id_, name, type_, call.caller.user or None, users, schemas)
    return One(await call.store.review_queues.create(new, call.now))


async def of_user(call: Call, body: UserQueue) -> One:
    user = names.checked(names.user(body.user), "name", names.NAME_LENGTH)
    id_ = validation.experiment_id(body.experiment_id)
    return One(await call.store.review_queues.of_user(id_, user, call.now))


async def get(call: Call, body: QueueRef) -> One:
    return One(await call.store.review_queues.get(body.queue_id))


async def named(call: Call, body: NamedQueue) -> One:
    return One(await call.store.review_queues.named(validation.experiment_id(body.experiment_id), body.name))


async def find(call: Call, body: ListQueues) -> Found:
    """The newest first."""
    id_ = validation.experiment_id(body.experiment_id)
    page, offset = within(body.max_results, MOST), pages.offset(body.page_token)
    user = None if body.user is None else names.user(body.user)
    found, more = await call.store.review_queues.page(id_, user, body.item_id, page, offset)
    return Found(review_queues=found, next_page_token=pages.token_for(offset + page) if more else "")


async def update(call: Call, body: UpdateQueue) -> One:
    """What is not given stays as it is."""
    owner = None
    if body.new_owner is not None:
        owner = names.checked(body.new_owner.strip(), "new_owner", names.NAME_LENGTH)
    change = QueueChange(
        name=None if body.name is None else names.custom(body.name),
        owner=owner,
        users=names.users(body.users) if body.update_users else None,
        schemas=names.schemas(body.schema_ids) if body.update_schema_ids else None,
    )
    return One(await call.store.review_queues.update(body.queue_id, change, call.now))


async def delete(call: Call, body: QueueRef) -> None:
    await call.store.review_queues.delete(body.queue_id)


BASE = "/3.0/mlflow/review-queues"

ROUTES = (
    Route("POST", f"{BASE}/create", create, needs=WRITE, on=EXPERIMENT),
    Route("POST", f"{BASE}/get-or-create-user", of_user, needs=WRITE, on=EXPERIMENT),
    Route("GET", f"{BASE}/get", get, needs=READ, on=REVIEW_QUEUE),
    Route("GET", f"{BASE}/get-by-name", named, needs=READ, on=EXPERIMENT),
    Route("GET", f"{BASE}/list", find, needs=READ, on=EXPERIMENT),
    Route("POST", f"{BASE}/update", update, needs=WRITE, on=REVIEW_QUEUE.to_manage),
    Route("POST", f"{BASE}/delete", delete, needs=WRITE, on=REVIEW_QUEUE.to_manage),
)
