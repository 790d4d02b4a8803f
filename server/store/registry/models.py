"""Registered models: rows of `registered_models`, their tags and aliases."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from sqlalchemy import bindparam, delete, select, update

from trackstack.server.errors import exists
from trackstack.server.search import registry as search
from trackstack.server.store.database import Database
from trackstack.server.store.permissions import REGISTERED_MODELS, own
from trackstack.server.store.registry import rows
from trackstack.server.store.registry.entities import ModelVersion, RegisteredModel
from trackstack.server.store.registry.rows import ModelRow, find_model, find_version, is_prompt
from trackstack.server.store.schema.registry import model_aliases, registered_model_tags, registered_models
from trackstack.server.store.statements import Statement, among, insert, listed, upsert
from trackstack.server.store.transaction import Transaction

_m, _t, _a = registered_models, registered_model_tags, model_aliases
_this = _m.c.id == bindparam("this")

ADD = insert(
    _m,
    "name",
    "description",
    "created_at",
    "updated_at",
    "last_version",
    "tenant",
    returning="id",
    or_ignore=True,
)
NAME = Statement(select(_m.c.name).where(_this))
NUMBERS = Statement(lambda database: select(_m.c.name, _m.c.id).where(among(database, _m.c.name, "names")))
DESCRIBE = Statement(
    update(_m).where(_this).values(description=bindparam("text"), updated_at=bindparam("at"))
)
RENAME = Statement(update(_m).where(_this).values(name=bindparam("new"), updated_at=bindparam("at")))
TOUCH = Statement(update(_m).where(_this).values(updated_at=bindparam("at")))
DELETE = Statement(delete(_m).where(_this))
SET_TAG = upsert(_t, "value")
DELETE_TAG = Statement(delete(_t).where(_t.c.model_id == bindparam("this"), _t.c.key == bindparam("name")))
SET_ALIAS = upsert(_a, "version")
DELETE_ALIAS = Statement(
    delete(_a).where(_a.c.model_id == bindparam("this"), _a.c.alias == bindparam("name"))
)


class RegisteredModels:
    """Creates, finds, renames and deletes registered models, and prompts among them.

    What changes a tag or an alias tells whether the model is a prompt: its webhooks have their own events.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, description: str, tags: Mapping[str, str], at: int) -> RegisteredModel:
        return await self._database.writer.do(lambda tx: add(tx, name, description, tags, at))

    async def get(self, name: str) -> RegisteredModel:
        return await self._database.reader.do(lambda tx: _one(tx, name))

    async def numbered(self, name: str) -> tuple[int, RegisteredModel]:
        """With the number that permissions know it by."""

        def work(tx: Transaction) -> tuple[int, RegisteredModel]:
            return find_model(tx, name).id, _one(tx, name)

        return await self._database.reader.do(work)

    async def numbers(self, names: Sequence[str]) -> dict[str, int]:
        """The numbers of those of the models that there are, by their names."""

        def work(tx: Transaction) -> dict[str, int]:
            return dict(tx.all(NUMBERS, names=listed(tx.database, names)))

        return await self._database.reader.do(work)

    async def name(self, number: int) -> str | None:
        """What the model of a number is called now, whoever may see it; None where there is none."""

        def work(tx: Transaction) -> str | None:
            row = tx.one(NAME, this=number)
            return None if row is None else str(row[0])

        return await self._database.reader.do(work)

    async def describe(self, name: str, description: str, at: int) -> RegisteredModel:
        def work(tx: Transaction) -> RegisteredModel:
            tx.run(DESCRIBE, this=find_model(tx, name).id, text=description, at=at)
            return _one(tx, name)

        return await self._database.writer.do(work)

    async def rename(self, name: str, new: str, at: int) -> RegisteredModel:
        """Its versions go with it. Refused where another model has the new name."""

        def work(tx: Transaction) -> RegisteredModel:
            model = find_model(tx, name)
            namesake = tx.one(rows.MODEL, name=new)
            if namesake is not None and namesake[0] != model.id:
                raise exists(f"Registered Model (name={new}) already exists.")
            tx.run(RENAME, this=model.id, new=new, at=at)
            return _one(tx, new)

        return await self._database.writer.do(work)

    async def delete(self, name: str) -> None:
        """With all its versions."""
        await self._database.writer.do(lambda tx: tx.run(DELETE, this=find_model(tx, name).id))

    async def set_tag(self, name: str, key: str, value: str) -> bool:
        def work(tx: Transaction) -> bool:
            model = find_model(tx, name)
            tx.run(SET_TAG, model_id=model.id, key=key, value=value)
            return is_prompt(tx, model.id)

        return await self._database.writer.do(work)

    async def delete_tag(self, name: str, key: str) -> bool:
        """Nothing happens where there is no such tag."""

        def work(tx: Transaction) -> bool:
            model = find_model(tx, name)
            tx.run(DELETE_TAG, this=model.id, name=key)
            return is_prompt(tx, model.id)

        return await self._database.writer.do(work)

    async def set_alias(self, name: str, alias: str, version: int) -> bool:
        """Points an alias at a version; missing where the model has no such version."""

        def work(tx: Transaction) -> bool:
            found = find_version(tx, name, version)
            tx.run(SET_ALIAS, model_id=found.model_id, alias=alias, version=version)
            return is_prompt(tx, found.model_id)

        return await self._database.writer.do(work)

    async def delete_alias(self, name: str, alias: str) -> bool:
        """Nothing happens where there is no such alias."""

        def work(tx: Transaction) -> bool:
            model = find_model(tx, name)
            tx.run(DELETE_ALIAS, this=model.id, name=alias)
            return is_prompt(tx, model.id)

        return await self._database.writer.do(work)

    async def latest(self, name: str, stages: Sequence[str]) -> list[ModelVersion]:
        """The newest version of each of the stages."""

        def work(tx: Transaction) -> list[ModelVersion]:
            model = find_model(tx, name)
            newest = [row for row in rows.latest(tx, [model.id]) if row.stage in stages]
            return rows.versions(tx, newest, aliased=True)

        return await self._database.reader.do(work)

    async def count(self, wanted: search.RegistrySearch) -> int:
        """How many `search` finds on all pages."""
        return await self._database.reader.scan(lambda tx: search.count_models(tx, wanted))

    async def search(
        self, wanted: search.RegistrySearch, most: int, offset: int
    ) -> tuple[list[RegisteredModel], bool]:
        """At most `most` models from the one at `offset` on, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[RegisteredModel], bool]:
            found = [
                ModelRow(*row) for row in search.models(tx, wanted, rows.MODEL_COLUMNS, most + 1, offset)
            ]
            return rows.models(tx, found[:most]), len(found) > most

        return await self._database.reader.scan(work)


def add(tx: Transaction, name: str, description: str, tags: Mapping[str, str], at: int) -> RegisteredModel:
    """A new model, which is the caller's. Raises ApiError where the name is taken."""
    row = {"name": name, "description": description, "created_at": at, "updated_at": at}
    added = tx.one(ADD, **row, last_version=0, tenant=tx.caller.tenant)
    if added is None:
        _refuse_namesake(tx, name, tags)
    own(tx, REGISTERED_MODELS, added[0])
    tx.many(SET_TAG, [(added[0], key, value) for key, value in tags.items()])
    return _one(tx, name)


def _one(tx: Transaction, name: str) -> RegisteredModel:
    return rows.models(tx, [find_model(tx, name)])[0]


def _refuse_namesake(tx: Transaction, name: str, tags: Mapping[str, str]) -> NoReturn:
    new = "Prompt" if tags.get(rows.IS_PROMPT, "").lower() == "true" else "Registered Model"
    old = "Prompt" if is_prompt(tx, find_model(tx, name).id) else "Registered Model"
    if old == new:
        raise exists(f"{new} (name={name}) already exists.")
    raise exists(
        f"Tried to create a {new.lower()} with name {name!r}, but the name is already taken by a "
        f"{old.lower()}. MLflow does not allow creating a model and a prompt with the same name."
    )
