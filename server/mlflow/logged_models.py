"""Logged models, in MLflow's words."""

import base64
import binascii
import json
import uuid

from msgspec import Struct, field

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS, EXPERIMENT, LOGGED_MODEL
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import ApiError, invalid
from trackstack.server.mlflow.names import random_name
from trackstack.server.mlflow.registry.names import TagItem
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import logged_models as search
from trackstack.server.store.logged_models import LoggedModel, NewModel

DEFAULT_RESULTS = 50
MOST_RESULTS = 10_000
_PARAM_LENGTH = 65_535
_FORBIDDEN = ("/", ":", ".", "%", '"', "'")


class CreateLoggedModel(Message):
    experiment_id: Required
    name: str = ""
    model_type: str = ""
    source_run_id: str = ""
    params: tuple[TagItem, ...] = ()
    tags: tuple[TagItem, ...] = ()


class ModelRef(Message):
    model_id: Required


class GetLoggedModel(Message):
    model_id: Required
    allow_deleted: bool = False


class Finalize(Message):
    model_id: Required
    status: int | str


class Params(Message):
    model_id: Required
    params: tuple[TagItem, ...] = ()


class Tags(Message):
    model_id: Required
    tags: tuple[TagItem, ...] = ()


class TagRef(Message):
    model_id: Required
    tag_key: Required


class Dataset(Message):
    dataset_name: str = ""
    dataset_digest: str = ""


class OrderBy(Message):
    field_name: str = ""
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class SearchLoggedModels(Message):
    experiment_ids: tuple[str, ...]
    filter: str = ""
    datasets: tuple[Dataset, ...] = ()
    max_results: Int64 = DEFAULT_RESULTS
    order_by: tuple[OrderBy, ...] = ()
    page_token: str = ""


class OneModel(Struct):
    model: LoggedModel


class Models(Struct, omit_defaults=True):
    models: list[LoggedModel] = field(default_factory=list)
    next_page_token: str | None = None


async def create(call: Call, body: CreateLoggedModel) -> OneModel:
    if any(character in body.name for character in _FORBIDDEN):
        raise invalid(
            f"Invalid model name ({body.name[:500]!r}) provided. Model name must be a non-empty string and "
            f"cannot contain the following characters: {_FORBIDDEN}"
        )
    name = validation.limited(body.name, 500, "name") or random_name()
    model_id = f"m-{uuid.uuid4().hex}"
    new = NewModel(
        model_id,
        validation.experiment_id(body.experiment_id),
        name,
        body.model_type,
        validation.limited(body.source_run_id, 256, "source_run_id"),
        _items(body.params, _PARAM_LENGTH),
        _items(body.tags, validation.TAG_LENGTH),
    )

    def locate(experiment: str) -> str:
        return f"{experiment.rstrip('/')}/models/{model_id}/artifacts"

    return OneModel(await call.store.logged_models.create(new, locate, call.now))


async def get(call: Call, body: GetLoggedModel) -> OneModel:
    return OneModel(await call.store.logged_models.get(body.model_id, body.allow_deleted))


async def finalize(call: Call, body: Finalize) -> OneModel:
    status = _status(body.status)
    return OneModel(await call.store.logged_models.finish(body.model_id, status, call.now))


async def delete(call: Call, body: ModelRef) -> None:
    await call.store.logged_models.delete(body.model_id, call.now)


async def log_params(call: Call, body: Params) -> None:
    await call.store.logged_models.add_params(body.model_id, _items(body.params, _PARAM_LENGTH))


async def set_tags(call: Call, body: Tags) -> None:
    await call.store.logged_models.set_tags(body.model_id, _items(body.tags, validation.TAG_LENGTH))


async def delete_tag(call: Call, body: TagRef) -> None:
    await call.store.logged_models.delete_tag(body.model_id, body.tag_key)


async def find(call: Call, body: SearchLoggedModels) -> Models:
    wanted = search.parse(
        [validation.experiment_id(text) for text in body.experiment_ids],
        body.filter,
        [search.Dataset(one.dataset_name, one.dataset_digest) for one in body.datasets],
        [
            search.ModelOrder(
                one.field_name, one.ascending, search.Dataset(one.dataset_name, one.dataset_digest)
            )
            for one in body.order_by
        ],
    )
    limit, offset = most(body.max_results or DEFAULT_RESULTS, MOST_RESULTS), _offset(body)
    found, more = await call.store.logged_models.search(wanted, limit, offset)
    return Models(found, _token(body, offset + limit) if more else None)


def _items(items: tuple[TagItem, ...], length: int) -> dict[str, str]:
    """Of several with one key the last one holds."""
    for item in items:
        if not item.key:
            raise invalid("Missing value for required parameter 'key'.")
        validation.limited(item.key, validation.KEY_LENGTH, "key")
        validation.limited(item.value, length, "value")
    return {item.key: item.value for item in items}


def _status(given: int | str) -> str:
    numbers = {str(number): name for number, name in enumerate(search.STATUSES, 1)}
    status = numbers.get(str(given), str(given))
    if status not in search.STATUSES:
        raise validation.wrong("status", given)
    return status


def _asked(body: SearchLoggedModels) -> dict[str, object]:
    """What a page token belongs to."""
    order = [
        {
            "field_name": one.field_name,
            "ascending": one.ascending,
            "dataset_name": one.dataset_name or None,
            "dataset_digest": one.dataset_digest or None,
        }
        for one in body.order_by
    ]
    return {
        "experiment_ids": list(body.experiment_ids),
        "filter_string": body.filter or None,
        "order_by": order or None,
    }


def _token(body: SearchLoggedModels, offset: int) -> str:
    return base64.b64encode(json.dumps({**_asked(body), "offset": offset}).encode()).decode()


def _offset(body: SearchLoggedModels) -> int:
    """Where the page begins; a token serves only the search that it was made for."""
    if not body.page_token:
        return 0
    try:
        token = json.loads(base64.b64decode(body.page_token, validate=True))
        offset = token.pop("offset")
    except (binascii.Error, ValueError, RecursionError, AttributeError, KeyError, TypeError):
        raise _bad_token() from None
    if token != _asked(body):
        raise invalid("The page token belongs to a search with another filter, order or experiments.")
    if not isinstance(offset, int) or not 0 < offset < 2**62:
        raise _bad_token()
    return offset


def _bad_token() -> ApiError:
    return invalid("Invalid page token, could not base64-decode")


_ONE = "/2.0/mlflow/logged-models/{model_id}"

ROUTES = (
    Route("POST", "/2.0/mlflow/logged-models", create, needs=WRITE, on=EXPERIMENT),
    Route("POST", "/2.0/mlflow/logged-models/search", find, needs=READ, on=AMONG_EXPERIMENTS),
    Route("GET", _ONE, get, needs=READ, on=LOGGED_MODEL),
    Route("PATCH", _ONE, finalize, needs=WRITE, on=LOGGED_MODEL),
    Route("DELETE", _ONE, delete, needs=WRITE, on=LOGGED_MODEL),
    Route("POST", f"{_ONE}/params", log_params, needs=WRITE, on=LOGGED_MODEL),
    Route("PATCH", f"{_ONE}/tags", set_tags, needs=WRITE, on=LOGGED_MODEL),
    Route("DELETE", _ONE + "/tags/{tag_key}", delete_tag, needs=WRITE, on=LOGGED_MODEL),
)
