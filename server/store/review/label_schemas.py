"""Label schemas: the questions that an experiment's reviewers are asked about its traces."""

import json
import uuid
from typing import Any, NamedTuple

from msgspec import Raw, Struct
from sqlalchemy import bindparam, delete, select, update

from trackstack.server.errors import ApiError, exists, invalid, missing
from trackstack.server.store.database import Database
from trackstack.server.store.experiments import check_exists
from trackstack.server.store.schema.review import label_schemas
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

DEFAULT = "Feedback"
"""The name of the question that every experiment has, and that stays as it is."""

_INPUTS = {
    "pass_fail": "InputPassFail",
    "categorical": "InputCategorical",
    "numeric": "InputNumeric",
    "text": "InputText",
}
"""What MLflow's errors call the kinds of input."""

_s = label_schemas
_COLUMNS = [column.name for column in _s.c if column.name != "id"]
_CHANGED = ("name", "instruction", "enable_comment", "input", "updated_at")
ADD = insert(_s, *_COLUMNS, or_ignore=True, returning="id")
FIND = Statement(select(_s).where(_s.c.uuid == bindparam("uuid")))
HOLD = Statement(select(_s).where(_s.c.uuid == bindparam("uuid")).with_for_update())
NAMED = Statement(select(_s).where(_s.c.experiment_id == bindparam("in"), _s.c.name == bindparam("name")))
PAGE = Statement(
    select(_s)
    .where(_s.c.experiment_id == bindparam("in"))
    .order_by(_s.c.created_at.desc(), _s.c.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("offset"))
)
CHANGE = Statement(
    update(_s)
    .where(_s.c.id == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
DELETE = Statement(delete(_s).where(_s.c.id == bindparam("this")))


class Row(NamedTuple):
    """Every column of `label_schemas`."""

    id: int
    uuid: str
    experiment_id: int
    name: str
    type: str
    instruction: str | None
    enable_comment: int
    input: str
    created_by: str | None
    created_at: int
    updated_at: int
    is_default: int


class NewSchema(NamedTuple):
    """A schema to store; `input` is the JSON of an object of one member, the kind of input."""

    experiment_id: int
    name: str
    type: str
    instruction: str | None
    enable_comment: int
    input: str


class SchemaChange(NamedTuple):
    """What to change; None leaves what there is."""

    name: str | None = None
    instruction: str | None = None
    enable_comment: int | None = None
    input: str | None = None


class LabelSchema(Struct, omit_defaults=True, kw_only=True):
    schema_id: str
    experiment_id: str
    name: str
    type: str
    instruction: str | None = None
    enable_comment: bool
    input: Raw
    created_by: str | None = None
    created_at: int
    last_updated_at: int
    is_default: bool


class LabelSchemas:
    """Makes, finds, changes and deletes label schemas."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewSchema, at: int) -> LabelSchema:
        """Refused where the experiment has one of that name."""

        def work(tx: Transaction) -> LabelSchema:
            check_exists(tx, new.experiment_id)
            if not _add(tx, new, at):
                raise _taken(new.name, new.experiment_id)
            return _schema(_named(tx, new.experiment_id, new.name))

        return await self._database.writer.do(work)

    async def get(self, schema_id: str) -> LabelSchema:
        return await self._database.reader.do(lambda tx: _schema(_find(tx, FIND, schema_id)))

    async def named(self, experiment_id: int, name: str) -> LabelSchema:
        def work(tx: Transaction) -> LabelSchema:
            check_exists(tx, experiment_id)
            return _schema(_named(tx, experiment_id, name))

        return await self._database.reader.do(work)

    async def page(
        self, experiment_id: int, most: int, offset: int, at: int
    ) -> tuple[list[LabelSchema], bool]:
        """The newest first, at most `most` from the one at `offset` on, and whether there are more.

        The first to look makes the experiment's default question.
        """

        def look(tx: Transaction) -> list[LabelSchema] | None:
            check_exists(tx, experiment_id)
            if tx.one(NAMED, **{"in": experiment_id}, name=DEFAULT) is None:
                return None
            found = tx.all(PAGE, **{"in": experiment_id}, most=most + 1, offset=offset)
            return [_schema(Row(*row)) for row in found]

        def seed(tx: Transaction) -> list[LabelSchema]:
            check_exists(tx, experiment_id)
            new = NewSchema(
                experiment_id, DEFAULT, "FEEDBACK", "Share any feedback on this trace.", 0, '{"text":{}}'
            )
            _add(tx, new, at, is_default=1)
            return look(tx) or []

        found = await self._database.reader.scan(look)
        if found is None:
            found = await self._database.writer.do(seed)
        return found[:most], len(found) > most

    async def update(self, schema_id: str, change: SchemaChange, at: int) -> LabelSchema:
        """Refused for the default question, for a name that is taken, and for another kind of input."""

        def work(tx: Transaction) -> LabelSchema:
            row = _find(tx, HOLD, schema_id)
            if row.is_default:
                raise invalid("The experiment's default question cannot be edited.")
            if change.input is not None:
                _check_same_kind(json.loads(row.input), json.loads(change.input))
            if change.name is not None:
                namesake = tx.one(NAMED, **{"in": row.experiment_id}, name=change.name)
                if namesake is not None and namesake[0] != row.id:
                    raise _taken(change.name, row.experiment_id)
            given = {name: value for name, value in change._asdict().items() if value is not None}
            changed = row._replace(**given, updated_at=at)
            tx.run(CHANGE, this=row.id, **{f"new_{name}": getattr(changed, name) for name in _CHANGED})
            return _schema(changed)

        return await self._database.writer.do(work)

    async def delete(self, schema_id: str) -> None:
        """Nothing happens where there is none; what was answered to it stays."""

        def work(tx: Transaction) -> None:
            row = tx.one(FIND, uuid=schema_id)
            if row is None:
                return
            if Row(*row).is_default:
                raise invalid("The experiment's default question cannot be deleted.")
            tx.run(DELETE, this=row[0])

        await self._database.writer.do(work)


def _add(tx: Transaction, new: NewSchema, at: int, is_default: int = 0) -> bool:
    """Whether the name was free."""
    row = Row(
        id=0,
        uuid=f"ls-{uuid.uuid4().hex}",
        **new._asdict(),
        created_by=None if is_default else tx.caller.user or None,
        created_at=at,
        updated_at=at,
        is_default=is_default,
    )
    return tx.one(ADD, **row._asdict()) is not None


def _find(tx: Transaction, statement: Statement, schema_id: str) -> Row:
    row = tx.one(statement, uuid=schema_id)
    if row is None:
        raise missing(f"Label schema with id '{schema_id}' not found.")
    return Row(*row)


def _named(tx: Transaction, experiment_id: int, name: str) -> Row:
    row = tx.one(NAMED, **{"in": experiment_id}, name=name)
    if row is None:
        raise missing(f"Label schema with name '{name}' not found for experiment '{experiment_id}'.")
    return Row(*row)


def _taken(name: str, experiment_id: int) -> ApiError:
    return exists(f"Label schema with name '{name}' already exists for experiment '{experiment_id}'.")


def _check_same_kind(old: dict[str, Any], new: dict[str, Any]) -> None:
    """What was answered so far would not fit another kind of input."""
    ((was, before), (to, after)) = (*old.items(), *new.items())
    if was != to:
        raise invalid(
            "A label schema's input type cannot be changed after creation "
            f"(existing: {_INPUTS[was]}, got: {_INPUTS[to]})."
        )
    if before.get("multi_select") != after.get("multi_select"):
        raise invalid("`InputCategorical.multi_select` cannot be changed after creation.")


def _schema(row: Row) -> LabelSchema:
    return LabelSchema(
        schema_id=row.uuid,
        experiment_id=str(row.experiment_id),
        name=row.name,
        type=row.type,
        instruction=row.instruction,
        enable_comment=bool(row.enable_comment),
        input=Raw(row.input.encode()),
        created_by=row.created_by,
        created_at=row.created_at,
        last_updated_at=row.updated_at,
        is_default=bool(row.is_default),
    )
