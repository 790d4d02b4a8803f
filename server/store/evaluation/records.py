"""Records of evaluation datasets; two with the same inputs are one."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from trackstack.server.store.database import Database
from trackstack.server.store.evaluation.datasets import USER, Row, digest, find
from trackstack.server.store.schema.evaluation import evaluation_dataset_records, evaluation_datasets
from trackstack.server.store.statements import Statement, among, insert, listed
from trackstack.server.store.transaction import Transaction

_r, _d = evaluation_dataset_records, evaluation_datasets
_COLUMNS = [column.name for column in _r.c if column.name != "id"]
_CHANGED = (
    "outputs",
    "expectations",
    "tags",
    "source",
    "source_id",
    "source_type",
    "updated_at",
    "updated_by",
)

ADD = insert(_r, *_COLUMNS)
BY_INPUTS = Statement(
    select(_r).where(_r.c.dataset_id == bindparam("this"), _r.c.input_hash == bindparam("hash"))
)
MERGE = Statement(
    update(_r)
    .where(_r.c.id == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
PAGE = Statement(
    select(_r)
    .where(_r.c.dataset_id == bindparam("this"))
    .order_by(_r.c.created_at, _r.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("offset"))
)
DELETE = Statement(
    lambda database: delete(_r).where(
        _r.c.dataset_id == bindparam("this"), among(database, _r.c.uuid, "uuids")
    )
)
COUNT = Statement(select(func.count()).select_from(_r).where(_r.c.dataset_id == bindparam("this")))
DESCRIBE = Statement(
    update(_d)
    .where(_d.c.id == bindparam("this"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("schema", "profile", "digest", "updated_at", "updated_by")
        }
    )
)


class RecordRow(NamedTuple):
    """Every column of `evaluation_dataset_records`."""

    id: int
    dataset_id: int
    uuid: str
    input_hash: str
    inputs: str
    outputs: str | None
    expectations: str | None
    tags: str | None
    source: str | None
    source_id: str | None
    source_type: str | None
    created_at: int
    updated_at: int
    created_by: str | None
    updated_by: str | None


class Records:
    """Adds, lists and deletes records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def upsert(self, dataset_id: str, records: Sequence[Mapping[str, Any]], at: int) -> tuple[int, int]:
        """How many are new and how many there were; expectations and tags are merged into theirs."""

        def work(tx: Transaction) -> tuple[int, int]:
            dataset = find(tx, dataset_id)
            new = sum(_put(tx, dataset.id, record, at) for record in records)
            users = [user for record in records if (user := (record.get("tags") or {}).get(USER))]
            schema = _schema(dataset.schema, records)
            _describe(tx, dataset, schema, at, users[-1] if users else dataset.updated_by)
            return new, len(records) - new

        return await self._database.writer.do(work)

    async def page(self, dataset_id: str, most: int, offset: int) -> tuple[list[dict[str, Any]], bool]:
        """At most `most` records from the one at `offset` on, and whether there are more."""

        def work(tx: Transaction) -> tuple[list[dict[str, Any]], bool]:
            dataset = find(tx, dataset_id)
            found = [RecordRow(*row) for row in tx.all(PAGE, this=dataset.id, most=most + 1, offset=offset)]
            return [_shown(dataset_id, row) for row in found[:most]], len(found) > most

        return await self._database.reader.scan(work)

    async def delete(self, dataset_id: str, record_ids: Sequence[str], at: int) -> int:
        """How many there were."""

        def work(tx: Transaction) -> int:
            dataset = find(tx, dataset_id)
            gone = tx.changed(DELETE, this=dataset.id, uuids=listed(tx.database, record_ids))
            _describe(tx, dataset, dataset.schema, at, dataset.updated_by)
            return gone

        return await self._database.writer.do(work)


def _put(tx: Transaction, dataset_id: int, record: Mapping[str, Any], at: int) -> bool:
    """Whether the record is new."""
    inputs = json.dumps(record.get("inputs") or {}, sort_keys=True)
    key = hashlib.sha256(inputs.encode()).hexdigest()
    user = (record.get("tags") or {}).get(USER)
    source = record.get("source") or {}
    data = source.get("source_data") or {}
    found = tx.one(BY_INPUTS, this=dataset_id, hash=key)
    if found is None:
        values = (
            *(dataset_id, f"dr-{uuid.uuid4().hex}", key, inputs),
            *(_json(record.get(name)) for name in ("outputs", "expectations", "tags")),
            *(_json(source or None), data.get("trace_id"), source.get("source_type")),
            *(at, at, user, user),
        )
        tx.run(ADD, **dict(zip(_COLUMNS, values, strict=True)))
        return True
    old = RecordRow(*found)
    tx.run(
        MERGE,
        this=old.id,
        new_outputs=_json(record["outputs"]) if record.get("outputs") is not None else old.outputs,
        new_expectations=_merged(old.expectations, record.get("expectations")),
        new_tags=_merged(old.tags, record.get("tags")),
        new_source=old.source or _json(source or None),
        new_source_id=old.source_id or data.get("trace_id"),
        new_source_type=old.source_type or source.get("source_type"),
        new_updated_at=at,
        new_updated_by=user or old.updated_by,
    )
    return False


def _describe(tx: Transaction, dataset: Row, schema: str | None, at: int, by: str | None) -> None:
    count = int(tx.one(COUNT, this=dataset.id)[0])
    tx.run(
        DESCRIBE,
        this=dataset.id,
        new_schema=schema,
        new_profile=json.dumps({"num_records": count}) if count else None,
        new_digest=digest(dataset.name, at),
        new_updated_at=at,
        new_updated_by=by,
    )


_KINDS = {type(None): "null", bool: "boolean", int: "integer", float: "float", str: "string", list: "array"}


def _schema(known: str | None, records: Sequence[Mapping[str, Any]]) -> str:
    """Which fields there are, and of which type each was first."""
    schema: dict[str, Any] = json.loads(known) if known else {"version": "1.0"}
    for part in ("inputs", "outputs", "expectations"):
        fields = schema.setdefault(part, {})
        for record in records:
            value = record.get(part)
            if isinstance(value, dict) and isinstance(fields, dict):
                for name, item in value.items():
                    fields.setdefault(name, _KINDS.get(type(item), "object"))
            elif value is not None and not fields:
                fields = schema[part] = _KINDS.get(type(value), "object")
    return json.dumps(schema)


def _merged(old: str | None, new: Mapping[str, Any] | None) -> str | None:
    return _json({**json.loads(old or "{}"), **new}) if new else old


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _shown(dataset_id: str, row: RecordRow) -> dict[str, Any]:
    """As MLflow's JSON has it: without what there is not, but with outputs and tags even where empty."""
    fields = {
        "dataset_record_id": row.uuid,
        "dataset_id": dataset_id,
        "inputs": json.loads(row.inputs),
        "outputs": _parsed(row.outputs or "{}"),
        "expectations": _parsed(row.expectations),
        "tags": _parsed(row.tags or "{}"),
        "source": _parsed(row.source),
        "source_id": row.source_id,
        "source_type": row.source_type,
        "created_time": row.created_at,
        "last_update_time": row.updated_at,
        "created_by": row.created_by,
        "last_updated_by": row.updated_by,
    }
    return {name: value for name, value in fields.items() if value is not None}
