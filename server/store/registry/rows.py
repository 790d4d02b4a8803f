"""Rows of the registry: found by name, and turned into what the registry hands out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Select, and_, bindparam, func, select, tuple_

from trackstack.server.errors import missing
from trackstack.server.store.entities import Tag
from trackstack.server.store.registry.entities import Alias, ModelVersion, RegisteredModel
from trackstack.server.store.schema.registry import (
    model_aliases,
    model_version_tags,
    model_versions,
    registered_model_tags,
    registered_models,
)
from trackstack.server.store.statements import Statement, among, listed
from trackstack.server.store.transaction import Transaction

IS_PROMPT = "mlflow.prompt.is_prompt"
"""The tag whose value true makes a registered model a prompt."""

MODEL_COLUMNS = "m.id, m.name, m.description, m.created_at, m.updated_at"
VERSION_COLUMNS = (
    "m.id, m.name, v.version, v.created_at, v.updated_at, v.description, v.stage, v.source, "
    "v.storage_location, v.run_id, v.run_link"
)


class ModelRow(NamedTuple):
    """MODEL_COLUMNS."""

    id: int
    name: str
    description: str
    created_at: int
    updated_at: int


class VersionRow(NamedTuple):
    """VERSION_COLUMNS."""

    model_id: int
    name: str
    version: int
    created_at: int
    updated_at: int
    description: str | None
    stage: str
    source: str
    storage_location: str
    run_id: str | None
    run_link: str


_m, _v, _t, _vt, _a = (
    registered_models,
    model_versions,
    registered_model_tags,
    model_version_tags,
    model_aliases,
)


def _versions() -> Select[tuple[object, ...]]:
    of_version = (column for column in _v.c if column.name != "model_id")
    return select(_m.c.id, _m.c.name, *of_version).join_from(_v, _m, _m.c.id == _v.c.model_id)


MODEL = Statement(
    select(_m.c.id, _m.c.name, _m.c.description, _m.c.created_at, _m.c.updated_at).where(
        _m.c.name == bindparam("name")
    )
)
VERSION = Statement(_versions().where(_m.c.name == bindparam("name"), _v.c.version == bindparam("version")))
LATEST = Statement(
    lambda database: (
        _versions()
        .where(
            tuple_(_v.c.model_id, _v.c.version).in_(
                select(_v.c.model_id, func.max(_v.c.version))
                .where(among(database, _v.c.model_id, "ids"))
                .group_by(_v.c.model_id, _v.c.stage)
            )
        )
        .order_by(_v.c.model_id, _v.c.version)
    )
)
TAGS = Statement(lambda database: select(_t).where(among(database, _t.c.model_id, "ids")).order_by(_t.c.key))
VERSION_TAGS = Statement(
    lambda database: select(_vt).where(among(database, _vt.c.model_id, "ids")).order_by(_vt.c.key)
)
TAGS_OF_VERSION = Statement(
    select(_vt)
    .where(and_(_vt.c.model_id == bindparam("model_id"), _vt.c.version == bindparam("version")))
    .order_by(_vt.c.key)
)
ALIASES = Statement(
    lambda database: select(_a).where(among(database, _a.c.model_id, "ids")).order_by(_a.c.alias)
)
TAG = Statement(
    select(_t.c.value).where(_t.c.model_id == bindparam("model_id"), _t.c.key == bindparam("name"))
)


def find_model(tx: Transaction, name: str) -> ModelRow:
    """Missing where no model has the name."""
    row = tx.one(MODEL, name=name)
    if row is None:
        raise missing(f"Registered Model with name={name} not found")
    return ModelRow(*row)


def find_version(tx: Transaction, name: str, version: int) -> VersionRow:
    """Missing where the model has no such version."""
    row = tx.one(VERSION, name=name, version=version)
    if row is None:
        raise missing(f"Model Version (name={name}, version={version}) not found")
    return VersionRow(*row)


def is_prompt(tx: Transaction, model_id: int) -> bool:
    row = tx.one(TAG, model_id=model_id, name=IS_PROMPT)
    return row is not None and str(row[0]).lower() == "true"


def latest(tx: Transaction, model_ids: Iterable[int]) -> list[VersionRow]:
    """The newest version of each stage of each model."""
    return [VersionRow(*row) for row in tx.all(LATEST, ids=listed(tx.database, model_ids))]


def models(tx: Transaction, rows: Sequence[ModelRow]) -> list[RegisteredModel]:
    """With their tags, aliases and newest versions."""
    ids = listed(tx.database, [row.id for row in rows])
    tags: dict[int, list[Tag]] = defaultdict(list)
    for model_id, key, value in tx.all(TAGS, ids=ids):
        tags[model_id].append(Tag(key, value))
    aliases: dict[int, list[Alias]] = defaultdict(list)
    for model_id, alias, version in tx.all(ALIASES, ids=ids):
        aliases[model_id].append(Alias(alias, str(version)))
    newest: dict[str, list[ModelVersion]] = defaultdict(list)
    for one in versions(tx, latest(tx, [row.id for row in rows])):
        newest[one.name].append(one)
    return [
        RegisteredModel(
            name=row.name,
            creation_timestamp=row.created_at,
            last_updated_timestamp=row.updated_at,
            description=row.description or None,
            latest_versions=newest[row.name],
            tags=tags[row.id],
            aliases=aliases[row.id],
        )
        for row in rows
    ]


def versions(tx: Transaction, rows: Sequence[VersionRow], aliased: bool = False) -> list[ModelVersion]:
    """With their tags and, if asked for, their aliases."""
    ids = listed(tx.database, sorted({row.model_id for row in rows}))
    if len(rows) == 1:
        found = tx.all(TAGS_OF_VERSION, model_id=rows[0].model_id, version=rows[0].version)
    else:
        found = tx.all(VERSION_TAGS, ids=ids)
    tags: dict[tuple[int, int], list[Tag]] = defaultdict(list)
    for model_id, version, key, value in found:
        tags[model_id, version].append(Tag(key, value))
    aliases: dict[tuple[int, int], list[str]] = defaultdict(list)
    for model_id, alias, version in tx.all(ALIASES, ids=ids) if aliased else ():
        aliases[model_id, version].append(alias)
    return [
        ModelVersion(
            name=row.name,
            version=str(row.version),
            creation_timestamp=row.created_at,
            last_updated_timestamp=row.updated_at,
            current_stage=row.stage,
            description=row.description,
            source=row.source,
            run_id=row.run_id or "",
            status="READY",
            tags=tags[row.model_id, row.version],
            run_link=row.run_link,
            aliases=aliases[row.model_id, row.version],
        )
        for row in rows
    ]
