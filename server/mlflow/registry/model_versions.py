"""Versions of registered models and prompts, in MLflow's words."""

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import FOUND, REGISTERED_MODEL
from trackstack.server.artifacts.files import Reply
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.artifacts import show
from trackstack.server.mlflow.registry import events, names, sources
from trackstack.server.mlflow.registry.names import TagItem
from trackstack.server.mlflow.registry.registered_models import OneVersion, Versions
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import pages
from trackstack.server.search import registry as search
from trackstack.server.store.databricks.activities import Said
from trackstack.server.store.registry.entities import NewVersion
from trackstack.server.store.registry.versions import Transition

MOST_VERSIONS = 200_000


class CreateVersion(Message):
    name: Required
    source: Required
    run_id: str | None = None
    tags: tuple[TagItem, ...] = ()
    run_link: str = ""
    description: str = ""
    model_id: str | None = None


class VersionRef(Message):
    name: Required
    version: Required


class UpdateVersion(Message):
    name: Required
    version: Required
    description: str | None = None


class TransitionStage(Message):
    name: Required
    version: Required
    stage: Required
    archive_existing_versions: bool = False


class SearchVersions(Message):
    filter: str = ""
    max_results: Int64 = MOST_VERSIONS
    order_by: tuple[str, ...] = ()
    page_token: str = ""


class SetTag(Message):
    name: Required
    version: Required
    key: Required
    value: str = ""


class TagRef(Message):
    name: Required
    version: Required
    key: Required


class GetArtifact(Message):
    name: Required
    version: Required
    path: str = ""


class DownloadUri(Struct):
    artifact_uri: str


async def create(call: Call, body: CreateVersion) -> OneVersion:
    name, tags = names.model_name(body.name), names.tags(body.tags)
    prompt = tags.get("mlflow.prompt.is_prompt", "").lower() == "true"
    validation.limited(body.run_id or "", 256, "run_id")
    wanted = sources.Wanted(body.source, body.run_id, body.model_id)
    found = sources.of_prompt(wanted) if prompt else await sources.resolve(call, wanted)
    new = NewVersion(
        name, found.source, found.storage_location, found.run_id, body.run_link, body.description, tags
    )
    store = call.telling(lambda made: events.version_created(call, prompt, new, made.version))
    version = await store.model_versions.create(new, call.now)
    if found.model_id:
        await call.store.logged_models.register(found.model_id, name, int(version.version))
    return OneVersion(version)


async def get(call: Call, body: VersionRef) -> OneVersion:
    return OneVersion(await call.store.model_versions.get(*_ref(body)))


async def update(call: Call, body: UpdateVersion) -> OneVersion:
    return OneVersion(await call.store.model_versions.describe(*_ref(body), body.description, call.now))


async def transition(call: Call, body: TransitionStage) -> OneVersion:
    store = call.telling(lambda moved: events.transitioned(body.name, moved.moves))
    found = await store.model_versions.transition(*_ref(body), transition_asked(call, body))
    return OneVersion(found.version)


def transition_asked(call: Call, body: TransitionStage, comment: str = "") -> Transition:
    """The transition that a request is for; raises ApiError for one that cannot be."""
    stage = names.stage(body.stage)
    if body.archive_existing_versions and stage not in names.ACTIVE_STAGES:
        raise invalid(
            "Model version transition cannot archive existing model versions because "
            f"'{body.stage}' is not an Active stage. Valid stages are {list(names.ACTIVE_STAGES)}"
        )
    said = Said(call.identity.name, comment, call.now)
    return Transition(stage, body.archive_existing_versions, said)


async def delete(call: Call, body: VersionRef) -> None:
    await call.store.model_versions.delete(*_ref(body), call.now)


async def download_uri(call: Call, body: VersionRef) -> DownloadUri:
    return DownloadUri(await call.store.model_versions.location(*_ref(body)))


async def find(call: Call, body: SearchVersions) -> Versions:
    wanted = search.parse_versions(body.filter, body.order_by)
    limit, offset = most(body.max_results, MOST_VERSIONS), pages.offset(body.page_token)
    found, more = await call.store.model_versions.search(wanted, limit, offset)
    return Versions(found, pages.token_for(offset + limit) if more else None)


async def set_tag(call: Call, body: SetTag) -> None:
    (name, version), (key, value) = _ref(body), names.tag(body.key, body.value)
    store = call.telling(lambda prompt: events.version_tag_set(call, prompt, name, version, (key, value)))
    await store.model_versions.set_tag(name, version, key, value)


async def delete_tag(call: Call, body: TagRef) -> None:
    (name, version), (key, _) = _ref(body), names.tag(body.key, "")
    store = call.telling(lambda prompt: events.version_tag_deleted(prompt, name, version, key))
    await store.model_versions.delete_tag(name, version, key)


async def get_artifact(call: Call, body: GetArtifact) -> Reply:
    """A file of a version, wherever in our store it lies; nothing outside the store is ever opened."""
    path = ArtifactPath.parse(body.path)
    location = await call.store.model_versions.location(
        names.model_name(body.name), names.version(body.version)
    )
    return await show(call, await sources.path(call, location) / path)


def _ref(body: VersionRef | UpdateVersion | TransitionStage | SetTag | TagRef) -> tuple[str, int]:
    return names.model_name(body.name), names.version(body.version)


_BASE = "/2.0/mlflow/model-versions"

ROUTES = (
    Route("POST", f"{_BASE}/create", create, needs=WRITE, on=(REGISTERED_MODEL, *sources.NAMED)),
    Route("GET", f"{_BASE}/get", get, needs=READ, on=REGISTERED_MODEL),
    Route("PATCH", f"{_BASE}/update", update, needs=WRITE, on=REGISTERED_MODEL),
    Route("POST", f"{_BASE}/transition-stage", transition, needs=WRITE, on=REGISTERED_MODEL),
    Route("DELETE", f"{_BASE}/delete", delete, needs=WRITE, on=REGISTERED_MODEL.to_manage),
    Route("GET", f"{_BASE}/get-download-uri", download_uri, needs=READ, on=REGISTERED_MODEL),
    Route("GET", f"{_BASE}/search", find, needs=READ, on=FOUND),
    Route("POST", f"{_BASE}/set-tag", set_tag, needs=WRITE, on=REGISTERED_MODEL),
    Route("DELETE", f"{_BASE}/delete-tag", delete_tag, needs=WRITE, on=REGISTERED_MODEL),
    Route("GET", "/model-versions/get-artifact", get_artifact, needs=READ, on=REGISTERED_MODEL),
)
