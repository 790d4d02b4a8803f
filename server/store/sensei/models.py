"""Sensei models: versions of registered models, with the name and state that Sensei gives them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from trackstack.server.errors import ApiError
from trackstack.server.store.database import Database
from trackstack.server.store.registry import models, rows, versions
from trackstack.server.store.registry.entities import NewVersion
from trackstack.server.store.schema.sensei import sensei_models
from trackstack.server.store.sensei import listing, resources
from trackstack.server.store.sensei.kinds import MODEL, version_of
from trackstack.server.store.sensei.listing import Resource
from trackstack.server.store.statements import upsert
from trackstack.server.store.transaction import Transaction

_s = sensei_models

SET = upsert(_s, "name", "deleted_at", "revision", "document")

PUBLISHED, UNPUBLISHED, ARCHIVED = "Production", "None", "Archived"
"""MLflow's stages for what Sensei knows of a model."""


class NewModel(NamedTuple):
    """`version` is what MLflow shows; its registered model is made with `description` where there is none."""

    name: str
    version: NewVersion
    description: str
    published: bool
    document: Mapping[str, Any]
    by: str


class ModelChange(NamedTuple):
    """What can be replaced of a model."""

    name: str
    description: str
    published: bool
    document: Mapping[str, Any]


class SenseiModels:
    """Makes, replaces and deletes models; `resources` reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewModel, at: int) -> Resource:
        """The next version. Refused where the registered model's name is a prompt's."""

        def work(tx: Transaction) -> Resource:
            name = new.version.name
            model = tx.one(rows.MODEL, name=name)
            if model is None:
                models.add(tx, name, new.description, {}, at)
            elif rows.is_prompt(tx, model[0]):
                raise ApiError(
                    "RESOURCE_CONFLICT", f"name: {name!r} is a prompt's; call the model otherwise.", 422
                )
            version = int(versions.add(tx, new.version, at).version)
            model_id = rows.find_model(tx, name).id
            stage = PUBLISHED if new.published else UNPUBLISHED
            tx.run(versions.STAGE, this=model_id, number=version, to=stage, at=at)
            tx.run(
                SET,
                model_id=model_id,
                version=version,
                name=new.name,
                created_by=new.by,
                deleted_at=None,
                revision=1,
                document=resources.encoded(new.document),
            )
            return listing.one(tx, MODEL, f"{model_id}-{version}")

        return await self._database.writer.do(work)

    async def replace(
        self, id_: str, change: Callable[[Resource], ModelChange], etags: str | None, at: int
    ) -> Resource:
        """The registered model keeps its own name. Refused as by `resources`."""

        def work(tx: Transaction) -> Resource:
            old = listing.one(tx, MODEL, id_)
            resources.check_etag(old, etags)
            new, this = change(old), {**_numbers(old), "at": max(at, old.updated_at)}
            _set(tx, old, new.name, None, new.document)
            tx.run(versions.DESCRIBE, **this, text=new.description)
            if new.published:
                tx.run(versions.STAGE, **this, to=PUBLISHED)
            elif old.fields["_stage"] == PUBLISHED:
                tx.run(versions.STAGE, **this, to=UNPUBLISHED)
            return listing.one(tx, MODEL, id_)

        return await self._database.writer.do(work)

    async def delete(self, id_: str, at: int) -> None:
        """Hides it here, and archives the version, whose files stay."""

        def work(tx: Transaction) -> None:
            old = listing.one(tx, MODEL, id_)
            kept = {key: value for key, value in old.fields.items() if key not in MODEL.live}
            _set(tx, old, old.fields["name"], at, kept)
            tx.run(versions.STAGE, **_numbers(old), to=ARCHIVED, at=at)

        await self._database.writer.do(work)


def _numbers(model: Resource) -> dict[str, int]:
    """The numbers of its registered model and version, as statements call them."""
    numbers = version_of(model.id)
    assert numbers is not None
    return {"this": numbers[0], "number": numbers[1]}


def _set(
    tx: Transaction, old: Resource, name: str, deleted_at: int | None, document: Mapping[str, Any]
) -> None:
    numbers = _numbers(old)
    tx.run(
        SET,
        model_id=numbers["this"],
        version=numbers["number"],
        name=name,
        created_by=old.fields.get("createdBy", ""),
        deleted_at=deleted_at,
        revision=old.revision + 1,
        document=resources.encoded(document),
    )
