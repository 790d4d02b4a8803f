"""Engines: what trains and scores, as images, archives or eggs that are kept in the bucket."""

import uuid
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from trackstack.server.access.objects import FOUND, NEW, NOTHING
from trackstack.server.artifacts.location import Location
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, WRITE
from trackstack.server.sensei import cascades, reading, tasks, views
from trackstack.server.sensei.artifacts import form
from trackstack.server.sensei.operations import (
    Body,
    Line,
    Name,
    Part,
    Tags,
    Text,
    Values,
    author,
    operation,
    plain,
    unprocessable,
)
from trackstack.server.sensei.tasks import Task
from trackstack.server.store.purging import ENGINE_FILES
from trackstack.server.store.sensei.kinds import ENGINE
from trackstack.server.store.sensei.listing import Resource

_OVERRIDE = "OverrideArtifact"  # ends the names of the parts that are for one operation

Packaging = Literal["docker", "jar", "egg"]
Language = Literal["Python", "Java", "Scala", "R", "C++"]
Type = Annotated[str, Meta(pattern="^(?i:python|r|tensorflow|pyspark|spark)$")]
Algorithm = Annotated[str, Meta(pattern="^(?i:classification|regression|custom|fp)$")]
_NEED_LIBRARY = ("pyspark", "spark")
_LIBRARY = "databricks-spark"


class ArtifactReference(Part):
    artifact_id: Line
    version: Line | None = None


class Artifact(Part):
    location: Line
    name: Name
    packaging_type: Packaging = "docker"
    execution_type: Line | None = None
    reference: ArtifactReference | None = None


class Default(Part):
    image: Artifact | None = None
    default_ml_instance_configs: list[Task] | None = field(default=None, name="defaultMLInstanceConfigs")


class Override(Part):
    id: Line
    name: Name
    artifact: Artifact
    default_ml_instance_configs: Task = field(name="defaultMLInstanceConfigs")


class Artifacts(Part):
    default: Default | None = None
    overrides: list[Override] | None = None


class Engine(Body):
    name: Name
    id: Line | None = None
    description: Text | None = None
    documentation_url: Line | None = None
    type: Type | None = None
    icon_url: Line | None = None
    git_repo: Line | None = None
    algorithm: Algorithm | None = None
    language: list[Language] | None = None
    ml_library: Line | None = None
    artifacts: Artifacts | None = None
    tags: Tags | None = None


class EngineForm(Part):
    """What is sent to make an engine: files for all operations, and for single ones."""

    engine: Engine
    default_artifact: bytes | None = None
    preprocess_override_artifact: bytes | None = None
    feature_pipeline_override_artifact: bytes | None = None
    train_override_artifact: bytes | None = None
    batch_score_override_artifact: bytes | None = None
    validate_override_artifact: bytes | None = None
    evaluate_override_artifact: bytes | None = None
    publish_override_artifact: bytes | None = None


async def create(call: Call) -> Answer:
    """Files are kept in a folder of the engine's; the image's location and name are then theirs."""
    id_ = str(uuid.uuid4())
    document: Values = {}

    async def place(body: Engine) -> ArtifactPath:
        document.update(_document(call, body))
        return call.artifacts.place(ENGINE_FILES + id_).path

    async with form(call, EngineForm, place) as sent:
        if "defaultArtifact" in sent.files:
            default = document.setdefault("artifacts", {}).setdefault("default", {})
            default["image"] = _kept(default.get("image", {}), sent.files["defaultArtifact"])
        for field, path in sent.files.items():
            if field.endswith(_OVERRIDE):
                _override(document, field.removesuffix(_OVERRIDE), path)
        resources = call.store.sensei.resources
        made = await resources.create(ENGINE, document, author(call), call.now, id_=id_)
    return views.ENGINE.one(made, created=True)


async def replace(call: Call, body: Engine) -> Answer:
    """Overwrites all of it; files stay where they are."""
    id_ = same_id(call, body.id, call.params["engineId"])

    def change(old: Resource) -> Values:
        return _document(call, body, _tasks(old.fields))

    resources = call.store.sensei.resources
    made = await resources.replace(ENGINE, id_, change, call.header(b"if-match"), call.now)
    return views.ENGINE.one(made)


async def delete(call: Call) -> Answer:
    """With its ML instances, their experiments and runs, and their services."""
    engine = await call.store.sensei.resources.get(ENGINE, call.params["engineId"])
    await cascades.check(call, await cascades.instances(call, engine.id))
    await call.store.sensei.experiments.delete_engine(engine.id, call.now)
    return views.done("Engine deletion was successful")


async def docker_registry(call: Call) -> Answer:
    """The registry of the settings, or of this server's name; the caller's own token signs in."""
    scheme, _, token = (call.header(b"authorization") or "").partition(" ")
    info = {
        "host": call.services.settings.docker_registry or call.header(b"host"),
        "username": call.identity.token_id or "anonymous",
        "password": token if scheme.lower() == "bearer" else "",
    }
    return views.document(info, "enginesDockerRegistryInfo")


def same_id(call: Call, given: str | None, id_: str) -> str:
    """The id of the path. Raises ApiError where the body names another one."""
    if given is not None and given != id_:
        raise unprocessable(call, f"id: the body is of {given[:100]!r}, the path of {id_[:100]!r}.")
    return id_


def _document(call: Call, body: Engine, old: list[Values] | None = None) -> Values:
    """What is stored of a request, its secrets sealed."""
    if body.type and body.type.lower() in _NEED_LIBRARY and body.ml_library != _LIBRARY:
        raise unprocessable(call, f"mlLibrary: an engine of the type {body.type} needs {_LIBRARY!r}.")
    document = plain(body)
    document.pop("id", None)
    if body.artifacts is None:
        return document
    artifacts = document["artifacts"]
    default = body.artifacts.default
    if default is not None and default.image is not None:
        artifacts["default"]["image"]["packagingType"] = default.image.packaging_type
    if default is not None and default.default_ml_instance_configs is not None:
        configs = tasks.stored(call, default.default_ml_instance_configs, old or ())
        artifacts["default"]["defaultMLInstanceConfigs"] = configs
    for item, override in zip(artifacts.get("overrides", ()), body.artifacts.overrides or (), strict=True):
        item["artifact"]["packagingType"] = override.artifact.packaging_type
        (config,) = tasks.stored(call, [override.default_ml_instance_configs], old or ())
        item["defaultMLInstanceConfigs"] = config
    return document


def _tasks(document: Values) -> list[Values]:
    """All tasks of an engine."""
    artifacts = document.get("artifacts", {})
    found: list[Values] = [*artifacts.get("default", {}).get("defaultMLInstanceConfigs", ())]
    return found + [one["defaultMLInstanceConfigs"] for one in artifacts.get("overrides", ())]


def _kept(artifact: Values, path: ArtifactPath) -> Values:
    """The description of an artifact whose file is at `path`."""
    kind = path.name.rpartition(".")[2].lower()
    packaging: Any = kind if kind in ("jar", "egg") else artifact.get("packagingType", "docker")
    return {**artifact, "location": Location(path).uri, "name": path.name, "packagingType": packaging}


def _override(document: Values, name: str, path: ArtifactPath) -> None:
    overrides = document.setdefault("artifacts", {}).setdefault("overrides", [])
    for one in overrides:
        if one["id"] == name:
            one["artifact"] = _kept(one["artifact"], path)
            return
    config: Values = {"name": name}
    overrides.append(
        {"id": name, "name": name, "artifact": _kept({}, path), "defaultMLInstanceConfigs": config}
    )


ROUTES = (
    *reading.routes(views.ENGINE, "engineId"),
    operation("POST", "/engines", create, needs=WRITE, on=NEW, form=EngineForm),
    operation("GET", "/engines/dockerRegistry", docker_registry, needs=READ, on=NOTHING),
    operation("PUT", "/engines/{engineId}", replace, needs=WRITE, on=FOUND),
    operation("DELETE", "/engines/{engineId}", delete, needs=WRITE, on=FOUND),
)
