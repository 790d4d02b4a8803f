"""Registered models and prompts, in MLflow's words."""

from msgspec import Struct

from trackstack.server.access.objects import FOUND, NEW, REGISTERED_MODEL
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.mlflow.registry import events, names
from trackstack.server.mlflow.registry.names import TagItem
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import pages
from trackstack.server.search import registry as search
from trackstack.server.store.registry.entities import ModelVersion, RegisteredModel

MOST_MODELS = 1000


class CreateModel(Message):
    name: Required
    tags: tuple[TagItem, ...] = ()
    description: str = ""


class ModelRef(Message):
    name: Required


class UpdateModel(Message):
    name: Required
    description: str = ""


class RenameModel(Message):
    name: Required
    new_name: Required


class LatestVersions(Message):
    name: Required
    stages: tuple[str, ...] = ()


class SearchModels(Message):
    filter: str = ""
    max_results: Int64 = 100
    order_by: tuple[str, ...] = ()
    page_token: str = ""


class SetTag(Message):
    name: Required
    key: Required
    value: str = ""


class TagRef(Message):
    name: Required
    key: Required


class SetAlias(Message):
    name: Required
    alias: Required
    version: Required


class AliasRef(Message):
    name: Required
    alias: Required


class OneModel(Struct):
    registered_model: RegisteredModel


class OneVersion(Struct):
    model_version: ModelVersion


class Versions(Struct, omit_defaults=True):
    model_versions: list[ModelVersion] = []
    next_page_token: str | None = None


class Models(Struct, omit_defaults=True):
    registered_models: list[RegisteredModel] = []
    next_page_token: str | None = None


async def create(call: Call, body: CreateModel) -> OneModel:
    name, tags = names.model_name(body.name), names.tags(body.tags)
    store = call.telling(lambda _: events.model_created(call, name, tags, body.description))
    model = await store.registered_models.create(name, body.description, tags, call.now)
    return OneModel(model)


async def get(call: Call, body: ModelRef) -> OneModel:
    return OneModel(await call.store.registered_models.get(names.model_name(body.name)))


async def update(call: Call, body: UpdateModel) -> OneModel:
    name = names.model_name(body.name)
    return OneModel(await call.store.registered_models.describe(name, body.description, call.now))


async def rename(call: Call, body: RenameModel) -> OneModel:
    new = names.model_name(body.new_name, "new_name")
    return OneModel(await call.store.registered_models.rename(names.model_name(body.name), new, call.now))


async def delete(call: Call, body: ModelRef) -> None:
    await call.store.registered_models.delete(names.model_name(body.name))


async def find(call: Call, body: SearchModels) -> Models:
    wanted = search.parse_models(body.filter, body.order_by)
    limit, offset = most(body.max_results, MOST_MODELS), pages.offset(body.page_token)
    found, more = await call.store.registered_models.search(wanted, limit, offset)
    return Models(found, pages.token_for(offset + limit) if more else None)


async def latest_versions(call: Call, body: LatestVersions) -> Versions:
    stages = [names.stage(stage) for stage in body.stages] or names.STAGES
    return Versions(await call.store.registered_models.latest(names.model_name(body.name), stages))


async def set_tag(call: Call, body: SetTag) -> None:
    name, (key, value) = names.model_name(body.name), names.tag(body.key, body.value)
    store = call.telling(lambda prompt: events.prompt_tag_set(name, key, value) if prompt else [])
    await store.registered_models.set_tag(name, key, value)


async def delete_tag(call: Call, body: TagRef) -> None:
    name, (key, _) = names.model_name(body.name), names.tag(body.key, "")
    store = call.telling(lambda prompt: events.prompt_tag_deleted(name, key) if prompt else [])
    await store.registered_models.delete_tag(name, key)


async def set_alias(call: Call, body: SetAlias) -> None:
    name, alias, version = (
        names.model_name(body.name),
        names.new_alias(body.alias),
        names.version(body.version),
    )
    store = call.telling(lambda prompt: events.alias_set(prompt, name, alias, version))
    await store.registered_models.set_alias(name, alias, version)


async def delete_alias(call: Call, body: AliasRef) -> None:
    name, alias = names.model_name(body.name), names.alias(body.alias)
    store = call.telling(lambda prompt: events.alias_deleted(prompt, name, alias))
    await store.registered_models.delete_alias(name, alias)


async def get_by_alias(call: Call, body: AliasRef) -> OneVersion:
    name, alias = names.model_name(body.name), names.alias(body.alias)
    return OneVersion(await call.store.model_versions.aliased(name, alias))


_BASE = "/2.0/mlflow/registered-models"

ROUTES = (
    Route("POST", f"{_BASE}/create", create, needs=WRITE, on=NEW),
    Route("GET", f"{_BASE}/get", get, needs=READ, on=REGISTERED_MODEL),
    Route("PATCH", f"{_BASE}/update", update, needs=WRITE, on=REGISTERED_MODEL),
    Route("POST", f"{_BASE}/rename", rename, needs=WRITE, on=REGISTERED_MODEL.to_manage),
    Route("DELETE", f"{_BASE}/delete", delete, needs=WRITE, on=REGISTERED_MODEL.to_manage),
    Route("GET", f"{_BASE}/search", find, needs=READ, on=FOUND),
    Route("GET", f"{_BASE}/get-latest-versions", latest_versions, needs=READ, on=REGISTERED_MODEL),
    Route("POST", f"{_BASE}/get-latest-versions", latest_versions, needs=READ, on=REGISTERED_MODEL),
    Route("POST", f"{_BASE}/set-tag", set_tag, needs=WRITE, on=REGISTERED_MODEL),
    Route("DELETE", f"{_BASE}/delete-tag", delete_tag, needs=WRITE, on=REGISTERED_MODEL),
    Route("POST", f"{_BASE}/alias", set_alias, needs=WRITE, on=REGISTERED_MODEL),
    Route("DELETE", f"{_BASE}/alias", delete_alias, needs=WRITE, on=REGISTERED_MODEL),
    Route("GET", f"{_BASE}/alias", get_by_alias, needs=READ, on=REGISTERED_MODEL),
)
