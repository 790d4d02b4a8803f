"""Sensei models: versions of registered models, with the name and state that Sensei gives them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from trackstack.server.errors import ApiError
from trackstack.server.store.database import Database
from trackstack.server.store.databricks.activities import Said
from trackstack.server.store.registry import models, rows, versions
from trackstack.server.store.registry.entities import NewVersion
from trackstack.server.store.registry.versions import Move, Transition
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


class Saved(NamedTuple):
    """A model after a change, and what that was to its registered model: whether it made that, and which
    stages versions of it left."""

    model: Resource
    registered: str
    is_new: bool
    moves: list[Move]


class SenseiModels:
    """Makes, replaces and deletes models; `resources` reads them. Stages change as MLflow changes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewModel, said: Said) -> Saved:
        """The next version. Refused where the registered model's name is a prompt's."""

        def work(tx: Transaction) -> Saved:
            name = new.version.name
            model = tx.one(rows.MODEL, name=name)
            if model is None:
                models.add(tx, name, new.description, {}, said.at)
            elif rows.is_prompt(tx, model[0]):
                raise ApiError(
                    "RESOURCE_CONFLICT", f"name: {name!r} is a prompt's; call the model otherwise.", 422
                )
            version = int(versions.add(tx, new.version, said.at).version)
            model_id = rows.find_model(tx, name).id
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
            made = listing.one(tx, MODEL, f"{model_id}-{version}")
            moves = _move(tx, made, PUBLISHED, said) if new.published else []
            return Saved(listing.one(tx, MODEL, made.id), name, model is None, moves)

        return await self._database.writer.do(work)

    async def replace(
        self, id_: str, change: Callable[[Resource], ModelChange], etags: str | None, said: Said
    ) -> Saved:
        """The registered model keeps its own name. Refused as by `resources`."""

        def work(tx: Transaction) -> Saved:
            old = listing.one(tx, MODEL, id_)
            resources.check_etag(old, etags)
            new, later = change(old), said._replace(at=max(said.at, old.updated_at))
            _set(tx, old, new.name, None, new.document)
            tx.run(versions.DESCRIBE, **_numbers(old), at=later.at, text=new.description)
            moves = []
            if new.published != (old.fields["_stage"] == PUBLISHED):
                moves = _move(tx, old, PUBLISHED if new.published else UNPUBLISHED, later)
            return Saved(listing.one(tx, MODEL, id_), _registered(tx, old), False, moves)

        return await self._database.writer.do(work)

    async def delete(self, id_: str, said: Said) -> Saved:
        """Hides it here, and archives the version, whose files stay."""

        def work(tx: Transaction) -> Saved:
            old = listing.one(tx, MODEL, id_)
            kept = {key: value for key, value in old.fields.items() if key not in MODEL.live}
            _set(tx, old, old.fields["name"], said.at, kept)
            moves = _move(tx, old, ARCHIVED, said) if old.fields["_stage"] != ARCHIVED else []
            return Saved(old, _registered(tx, old), False, moves)

        return await self._database.writer.do(work)


def _registered(tx: Transaction, model: Resource) -> str:
    """The name of its registered model."""
    return str(tx.one(models.NAME, this=_numbers(model)["this"])[0])


def _move(tx: Transaction, model: Resource, stage: str, said: Said) -> list[Move]:
    """Has its version go to a stage, which is recorded as every such move is."""
    version = rows.find_version(tx, _registered(tx, model), _numbers(model)["number"])
    return versions.move(tx, version, Transition(stage, False, said)).moves


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
