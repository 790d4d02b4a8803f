"""Items of review queues, in MLflow's words: traces, which people complete or decline."""

from msgspec import Struct

from trackstack.server.access.objects import REVIEW_QUEUE
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.review import names
from trackstack.server.mlflow.review.queues import BASE, MOST
from trackstack.server.mlflow.views import enum, within
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import pages
from trackstack.server.store.review.items import PENDING, ReviewItem

STATUSES = (PENDING, "COMPLETE", "DECLINED")


class AddItems(Message):
    queue_id: Required
    item_type: int | str = 0  # traces are the only kind
    item_ids: tuple[str, ...] = ()


class RemoveItems(Message):
    queue_id: Required
    item_ids: tuple[str, ...] = ()


class ListItems(Message):
    queue_id: Required
    status: int | str = 0
    max_results: Int64 = 1000
    page_token: str = ""


class SetStatus(Message):
    queue_id: Required
    item_id: Required
    status: int | str = 0
    completed_by: str | None = None


class One(Struct):
    item: ReviewItem


class Added(Struct):
    items: list[ReviewItem]


class Found(Struct, omit_defaults=True, kw_only=True):
    items: list[ReviewItem] = []
    next_page_token: str  # empty on the last page


async def add(call: Call, body: AddItems) -> Added:
    return Added(await call.store.review_items.add(body.queue_id, names.items(body.item_ids), call.now))


async def remove(call: Call, body: RemoveItems) -> None:
    await call.store.review_items.remove(body.queue_id, names.items(body.item_ids))


async def find(call: Call, body: ListItems) -> Found:
    """The newest first."""
    page, offset = within(body.max_results, MOST), pages.offset(body.page_token)
    status = enum(body.status, STATUSES)
    found, more = await call.store.review_items.page(body.queue_id, status, page, offset)
    return Found(items=found, next_page_token=pages.token_for(offset + page) if more else "")


async def set_status(call: Call, body: SetStatus) -> One:
    """Completed by the caller, or where that is nobody in particular, by whom the request names."""
    status = enum(body.status, STATUSES)
    if not status:
        raise invalid("`status` must be one of PENDING, COMPLETE, or DECLINED; got proto enum value 0.")
    by = call.caller.user or body.completed_by
    if status == PENDING:
        if body.completed_by is not None and not call.caller.user:
            raise invalid("`completed_by` must not be set when reopening an item to `pending`.")
        by = None
    elif not (by := names.user(by or "")):
        raise invalid(f"`completed_by` is required when setting status to `{status.lower()}`.")
    else:
        names.checked(by, "completed_by", names.NAME_LENGTH)
    items = call.store.review_items
    return One(await items.set_status(body.queue_id, body.item_id.strip(), status, by, call.now))


ROUTES = (
    Route("POST", f"{BASE}/items/add", add, needs=WRITE, on=REVIEW_QUEUE),
    Route("POST", f"{BASE}/items/remove", remove, needs=WRITE, on=REVIEW_QUEUE.to_manage),
    Route("GET", f"{BASE}/items/list", find, needs=READ, on=REVIEW_QUEUE),
    Route("POST", f"{BASE}/items/set-status", set_status, needs=WRITE, on=REVIEW_QUEUE),
)
