"""A run as clients read it: one JSON document a run, stored beside its rows, never stale.

Every commit that changes a run raises the run's `revision`; a document is current only while its own
revision is that one. So writing costs one small update a run and commit, and the first read after it
makes the document anew.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, case, func, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.store.entities import MetricPoint, RunInfo, Tag
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, among, listed, upsert_selected
from trackstack.server.store.transaction import Transaction

_runs = tracking.runs
_documents = tracking.run_documents
_latest = tracking.latest_metrics
_params = tracking.params
_tags = tracking.tags
_datasets = tracking.datasets
_inputs = tracking.run_datasets
_models = tracking.run_models

_encode = msgspec.json.Encoder().encode

RAISE_REVISION = Statement(
    update(_runs)
    .where(_runs.c.id == bindparam("run_id"))
    .values(revision=_runs.c.revision + literal_column("1"))
)
current = and_(_documents.c.run_id == _runs.c.id, _documents.c.revision == _runs.c.revision)
"""Joins runs with those documents that are not stale."""

CURRENT = Statement(
    lambda database: (
        select(_runs.c.uuid, _runs.c.id, _runs.c.revision, _documents.c.document)
        .select_from(_runs.outerjoin(_documents, current))
        .where(among(database, _runs.c.uuid, "names"))
    )
)


def _of_all(document: Any) -> Statement:
    return Statement(
        lambda database: (
            select(_runs.c.id, _runs.c.revision, document)
            .select_from(_runs.outerjoin(_documents, current))
            .where(among(database, _runs.c.id, "ids"))
        )
    )


SHORT = 8192
"""Bytes of a document that any run of usual size stays below."""

CURRENT_OF_ALL = _of_all(_documents.c.document)
SHORT_OF_ALL = _of_all(
    case((func.length(_documents.c.document) <= literal_column(str(SHORT)), _documents.c.document))
)
KEEP = upsert_selected(
    _documents,
    select(_runs.c.id, bindparam("revision"), bindparam("document")).where(
        _runs.c.id == bindparam("this"), _runs.c.revision == bindparam("revision")
    ),
    "revision",
    "document",
)


def _of_runs(*columns: Any, order: Any) -> Statement:
    table = columns[0].table
    return Statement(
        lambda database: (
            select(*columns).where(among(database, table.c.run_id, "ids")).order_by(table.c.run_id, order)
        )
    )


INFOS = Statement(
    lambda database: select(
        _runs.c.id,
        _runs.c.uuid,
        _runs.c.experiment_id,
        _runs.c.name,
        _runs.c.user_id,
        _runs.c.status,
        _runs.c.start_time,
        _runs.c.artifact_uri,
        _runs.c.end_time,
        _runs.c.deleted_at,
    ).where(among(database, _runs.c.id, "ids"))
)
METRICS = _of_runs(
    _latest.c.run_id,
    _latest.c.key_id,
    _latest.c.value,
    _latest.c.is_nan,
    _latest.c.timestamp,
    _latest.c.step,
    order=_latest.c.key_id,
)
PARAMS = _of_runs(_params.c.run_id, _params.c.key_id, _params.c.value, order=_params.c.key_id)
TAGS = _of_runs(_tags.c.run_id, _tags.c.key_id, _tags.c.value, order=_tags.c.key_id)
MODELS = _of_runs(
    _models.c.run_id, _models.c.direction, _models.c.model_id, _models.c.step, order=_models.c.model_id
)
INPUTS = Statement(
    lambda database: (
        select(
            _inputs.c.run_id,
            _inputs.c.tags,
            _datasets.c.name,
            _datasets.c.digest,
            _datasets.c.source_type,
            _datasets.c.source,
            _datasets.c.schema,
            _datasets.c.profile,
        )
        .join_from(_inputs, _datasets, _inputs.c.dataset_id == _datasets.c.id)
        .where(among(database, _inputs.c.run_id, "ids"))
        .order_by(_inputs.c.run_id, _inputs.c.dataset_id)
    )
)


class Made(NamedTuple):
    """A run's document at one revision, made just now."""

    run_id: int
    revision: int
    document: bytes


class Found(NamedTuple):
    """Documents in the order that was asked for; `made` are those of them that are not stored yet."""

    documents: list[bytes]
    made: list[Made]


def outdate(tx: Transaction) -> None:
    """Raises the revision of every run that the transaction touched, in the order of their ids.

    The order keeps two replicas that write to the same runs from waiting for each other.
    """
    if tx.group.touched:
        tx.many(RAISE_REVISION, [(run_id,) for run_id in sorted(tx.group.touched)])


def named(tx: Transaction, names: Sequence[str]) -> tuple[dict[str, bytes], list[Made]]:
    """The documents of the runs that clients call so, as far as there are such; and those not stored yet."""
    rows = tx.all(CURRENT, names=listed(tx.database, names))
    found = _found(tx, [row[1:] for row in rows])
    return {row[0]: document for row, document in zip(rows, found.documents, strict=True)}, found.made


def of_all(tx: Transaction, run_ids: Sequence[int]) -> Found:
    """The documents of runs, in the order of their ids."""
    rows = {row[0]: row for row in tx.all(CURRENT_OF_ALL, ids=listed(tx.database, run_ids))}
    return _found(tx, [rows[run_id] for run_id in run_ids])


def short_of_all(tx: Transaction, run_ids: Sequence[int]) -> list[bytes] | None:
    """The same where all of them are stored, none is stale or over `SHORT` bytes; else None."""
    rows = tx.all(SHORT_OF_ALL, ids=listed(tx.database, run_ids))
    documents = {run_id: document for run_id, _, document in rows}
    ordered = [documents[run_id] for run_id in run_ids]
    return None if None in ordered else ordered


def keep(tx: Transaction, documents: Sequence[Made]) -> None:
    """Stores documents, but for those whose runs have changed since they were made."""
    for run_id, revision, document in documents:
        tx.run(KEEP, this=run_id, revision=revision, document=document)


def beginning(info: RunInfo, tags: Mapping[str, str]) -> bytes:
    """The document of a run that has nothing but tags."""
    return _encode(
        {"info": info, "data": {"tags": [Tag(key, value) for key, value in tags.items()]}, "inputs": {}}
    )


def info(
    uuid: str,
    experiment_id: int,
    name: str,
    user_id: str,
    status: str,
    start_time: int,
    artifact_uri: str,
    end_time: int | None,
    deleted_at: int | None,
) -> RunInfo:
    """The info of a run from its row."""
    return RunInfo(
        run_uuid=uuid,
        experiment_id=str(experiment_id),
        run_name=name,
        user_id=user_id,
        status=status,
        start_time=start_time,
        end_time=end_time,
        artifact_uri=artifact_uri,
        lifecycle_stage="active" if deleted_at is None else "deleted",
        run_id=uuid,
    )


def _found(tx: Transaction, rows: Sequence[tuple[int, int, bytes | None]]) -> Found:
    stale = [run_id for run_id, _, document in rows if document is None]
    new = _make(tx, stale) if stale else {}
    made = [Made(run_id, revision, new[run_id]) for run_id, revision, _ in rows if run_id in new]
    return Found([new[run_id] if document is None else document for run_id, _, document in rows], made)


def _make(tx: Transaction, run_ids: Sequence[int]) -> dict[int, bytes]:
    ids = listed(tx.database, run_ids)
    data: dict[int, dict[str, list[Any]]] = defaultdict(dict)
    for run_id, key_id, value, is_nan, timestamp, step in tx.all(METRICS, ids=ids):
        point = MetricPoint(tx.key_name(key_id), "NaN" if is_nan else value, timestamp, step)
        data[run_id].setdefault("metrics", []).append(point)
    for field, statement in (("params", PARAMS), ("tags", TAGS)):
        for run_id, key_id, value in tx.all(statement, ids=ids):
            data[run_id].setdefault(field, []).append(Tag(tx.key_name(key_id), value))
    inputs, outputs = _edges(tx, ids)
    return {
        run_id: _encode(
            {"info": info(*row), "data": data[run_id], "inputs": inputs[run_id], "outputs": outputs[run_id]}
        )
        for run_id, *row in tx.all(INFOS, ids=ids)
    }


def _edges(tx: Transaction, ids: Any) -> tuple[dict[int, Any], dict[int, Any]]:
    inputs: dict[int, dict[str, list[Any]]] = defaultdict(dict)
    outputs: dict[int, dict[str, list[Any]]] = defaultdict(dict)
    for run_id, tags, *columns in tx.all(INPUTS, ids=ids):
        names = ("name", "digest", "source_type", "source", "schema", "profile")
        dataset: Any = {name: value for name, value in zip(names, columns, strict=True) if value is not None}
        edge = (
            {"tags": msgspec.Raw(tags.encode()), "dataset": dataset} if tags != "[]" else {"dataset": dataset}
        )
        inputs[run_id].setdefault("dataset_inputs", []).append(edge)
    for run_id, direction, model_id, step in tx.all(MODELS, ids=ids):
        if direction == "input":
            inputs[run_id].setdefault("model_inputs", []).append({"model_id": model_id})
        else:
            outputs[run_id].setdefault("model_outputs", []).append({"model_id": model_id, "step": step})
    return inputs, outputs
