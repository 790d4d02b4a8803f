"""Versions of registered models: rows of `model_versions` and their tags."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.errors import invalid, missing
from trackstack.server.search import registry as search
from trackstack.server.store.database import Database
from trackstack.server.store.databricks import activities
from trackstack.server.store.databricks.activities import Activity, Said
from trackstack.server.store.registry import rows
from trackstack.server.store.registry.entities import ModelVersion, NewVersion
from trackstack.server.store.registry.models import TOUCH
from trackstack.server.store.registry.rows import VersionRow, find_model, find_version, is_prompt
from trackstack.server.store.schema.registry import (
    model_aliases,
    model_version_tags,
    model_versions,
    registered_models,
)
from trackstack.server.store.statements import Statement, insert, upsert
from trackstack.server.store.transaction import Transaction

_m, _v, _t, _a = registered_models, model_versions, model_version_tags, model_aliases
ARCHIVED = "Archived"
_this = (_v.c.model_id == bindparam("this")) & (_v.c.version == bindparam("number"))

NUMBER = Statement(
    update(_m)
    .where(_m.c.id == bindparam("this"))
    .values(last_version=_m.c.last_version + literal_column("1"), updated_at=bindparam("at"))
    .returning(_m.c.last_version)
)
ADD = insert(_v)
DESCRIBE = Statement(
    update(_v).where(_this).values(description=bindparam("text"), updated_at=bindparam("at"))
)
STAGE = Statement(update(_v).where(_this).values(stage=bindparam("to"), updated_at=bindparam("at")))
IN_STAGE = Statement(
    select(_v.c.version)
    .where(
        _v.c.model_id == bindparam("this"),
        _v.c.version != bindparam("number"),
        _v.c.stage == bindparam("stage"),
    )
    .order_by(_v.c.version)
)
DELETE = Statement(delete(_v).where(_this))
SET_TAG = upsert(_t, "value")
DELETE_TAG = Statement(
    delete(_t).where(
        _t.c.model_id == bindparam("this"),
        _t.c.version == bindparam("number"),
        _t.c.key == bindparam("name"),
    )
)
BY_ALIAS = Statement(
    select(_a.c.version).where(_a.c.model_id == bindparam("this"), _a.c.alias == bindparam("name"))
)


class Transition(NamedTuple):
    """A move to `stage`; `archive`: what else is there is archived."""

    stage: str
    archive: bool
    said: Said


class Move(NamedTuple):
    """One version's way from a stage to another."""

    version: int
    from_stage: str
    to_stage: str


class Moved(NamedTuple):
    """The version as it is after a transition, what was recorded of it, and every version that it moved."""

    version: ModelVersion
    activity: Activity
    moves: list[Move]


class ModelVersions:
    """Numbers, finds, stages and deletes versions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewVersion, at: int) -> ModelVersion:
        """The version after the last one that the model ever had."""
        return await self._database.writer.do(lambda tx: add(tx, new, at))

    async def get(self, name: str, version: int) -> ModelVersion:
        return await self._database.reader.do(lambda tx: _one(tx, find_version(tx, name, version)))

    async def aliased(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias points at; `latest` is the highest number."""

        def work(tx: Transaction) -> ModelVersion:
            model = find_model(tx, name)
            if alias.lower() == "latest":
                newest = rows.latest(tx, [model.id])
                if not newest:
                    raise missing(f"Latest version not found for model {name}.")
                return _one(tx, newest[-1])
            row = tx.one(BY_ALIAS, this=model.id, name=alias)
            if row is None:
                raise invalid(f"Registered model alias {alias} not found.")
            return _one(tx, find_version(tx, name, row[0]))

        return await self._database.reader.do(work)

    async def location(self, name: str, version: int) -> str:
        """Where the version's files were when it was made."""
        return await self._database.reader.do(lambda tx: find_version(tx, name, version).storage_location)

    async def describe(self, name: str, version: int, description: str | None, at: int) -> ModelVersion:
        def work(tx: Transaction) -> ModelVersion:
            found = find_version(tx, name, version)
            tx.run(DESCRIBE, this=found.model_id, number=version, text=description, at=at)
            return _one(tx, find_version(tx, name, version))

        return await self._database.writer.do(work)

    async def transition(self, name: str, version: int, transition: Transition) -> Moved:
        return await self._database.writer.do(
            lambda tx: move(tx, find_version(tx, name, version), transition)
        )

    async def delete(self, name: str, version: int, at: int) -> None:
        """With its tags and the aliases that point at it; its number is not given again."""

        def work(tx: Transaction) -> None:
            found = find_version(tx, name, version)
            tx.run(DELETE, this=found.model_id, number=version)
            tx.run(TOUCH, this=found.model_id, at=at)

        await self._database.writer.do(work)

    async def set_tag(self, name: str, version: int, key: str, value: str) -> bool:
        """Whether the model is a prompt."""

        def work(tx: Transaction) -> bool:
            model_id = find_version(tx, name, version).model_id
            tx.run(SET_TAG, model_id=model_id, version=version, key=key, value=value)
            return is_prompt(tx, model_id)

        return await self._database.writer.do(work)

    async def delete_tag(self, name: str, version: int, key: str) -> bool:
        """Nothing happens where there is no such tag. Whether the model is a prompt."""

        def work(tx: Transaction) -> bool:
            model_id = find_version(tx, name, version).model_id
            tx.run(DELETE_TAG, this=model_id, number=version, name=key)
            return is_prompt(tx, model_id)

        return await self._database.writer.do(work)

    async def search(
        self, wanted: search.RegistrySearch, most: int, offset: int
    ) -> tuple[list[ModelVersion], bool]:
        """At most `most` versions from the one at `offset` on, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[ModelVersion], bool]:
            found = search.versions(tx, wanted, rows.VERSION_COLUMNS, most + 1, offset)
            return rows.versions(tx, [VersionRow(*row) for row in found[:most]]), len(found) > most

        return await self._database.reader.scan(work)


def add(tx: Transaction, new: NewVersion, at: int) -> ModelVersion:
    """The version after the last one that the model ever had."""
    model = find_model(tx, new.name)
    number = int(tx.one(NUMBER, this=model.id, at=at)[0])
    tx.run(
        ADD,
        model_id=model.id,
        version=number,
        created_at=at,
        updated_at=at,
        description=new.description,
        stage="None",
        source=new.source,
        storage_location=new.storage_location,
        run_id=new.run_id,
        run_link=new.run_link,
    )
    tx.many(SET_TAG, [(model.id, number, key, value) for key, value in new.tags.items()])
    return _one(tx, find_version(tx, new.name, number))


def move(
    tx: Transaction, version: VersionRow, transition: Transition, how: str = activities.APPLIED_TRANSITION
) -> Moved:
    """Moves a version, which ends all requests for that; `how` is the activity that it is recorded as."""
    stage, said = transition.stage, transition.said
    this = {"this": version.model_id, "at": said.at}
    moves = []
    if transition.archive:
        for (number,) in tx.all(IN_STAGE, this=version.model_id, number=version.version, stage=stage):
            other = find_version(tx, version.name, number)
            why = f"Archived because version {version.version} moved to {stage}."
            activities.record(
                tx,
                other,
                activities.SYSTEM_TRANSITION,
                said._replace(comment=""),
                to_stage=ARCHIVED,
                system_comment=why,
            )
            activities.close_requests(tx, other, ARCHIVED, said.at)
            tx.run(STAGE, **this, number=number, to=ARCHIVED)
            moves.append(Move(number, stage, ARCHIVED))
    activity = activities.record(tx, version, how, said, to_stage=stage)
    activities.close_requests(tx, version, stage, said.at)
    tx.run(STAGE, **this, number=version.version, to=stage)
    tx.run(TOUCH, **this)
    if version.stage != stage:
        moves.append(Move(version.version, version.stage, stage))
    return Moved(_one(tx, find_version(tx, version.name, version.version)), activity, moves)


def _one(tx: Transaction, row: VersionRow) -> ModelVersion:
    return rows.versions(tx, [row], aliased=True)[0]
