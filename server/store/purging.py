"""Which things may be removed for good, and the statements that remove their rows; one entry a kind."""

from dataclasses import dataclass

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    bindparam,
    case,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql import literal_column

from trackstack.server.store.schema import logged_models, openmetadata, retention, sensei, traces, tracking
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

ROWS_AT_ONCE = 5000
"""Rows of a run's history that one transaction removes: others' writes wait no longer than for these."""

TRACES_AT_ONCE = 100
"""The same for an experiment's traces, each with its spans."""

RUN = "run"
LOGGED_MODEL = "logged_model"
EXPERIMENT = "experiment"
CATALOG = "catalog"
SENSEI = "sensei"

ENGINE_FILES = "mlflow-artifacts:/sensei/engines/"
"""Where engines keep their files, each in a folder that is called by its id."""

_purges = retention.purges
_runs = tracking.runs
_experiments = tracking.experiments
_models = logged_models.logged_models
_traces = traces.traces
_entities = openmetadata.catalog_entities
_resources = sensei.sensei_resources
_this: BindParameter[int] = bindparam("this")
_cutoff: BindParameter[int] = bindparam("cutoff")

PURGING = Statement(select(_purges.c.id).where(_purges.c.kind == bindparam("kind"), _purges.c.id == _this))
PENDING = Statement(select(_purges).order_by(_purges.c.kind.desc(), _purges.c.id))
RECORD = insert(_purges, or_ignore=True)
FORGET = Statement(delete(_purges).where(_purges.c.kind == bindparam("kind"), _purges.c.id == _this))


@dataclass(frozen=True)
class Kind:
    """`expired` finds all of a kind that `cutoff` has passed, `still` one of them again; `history` are its
    many rows, removed in slices, and `rows` the rest of it, removed at once."""

    name: str
    expired: Statement
    still: Statement
    history: tuple[Statement, ...]
    rows: tuple[Statement, ...]


def being_purged(tx: Transaction, kind: str, id_: int) -> bool:
    """Whether a thing is being removed for good, so that it cannot come back."""
    return tx.one(PURGING, kind=kind, this=id_) is not None


def unclaimed(kind: str, id_: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the row with this id is not being removed for good."""
    return ~exists(select(_purges.c.id).where(_purges.c.kind == kind, _purges.c.id == id_))


def _both(
    found: Select[tuple[int, str, int | None, int, str]], id_: ColumnElement[int]
) -> tuple[Statement, Statement]:
    return Statement(found.order_by(id_)), Statement(found.where(id_ == _this))


def _some_traces() -> Statement:
    """Some traces of one experiment's."""
    some = select(_traces.c.id).where(_traces.c.experiment_id == _this)
    few = some.limit(literal_column(str(TRACES_AT_ONCE)))
    return Statement(delete(_traces).where(_traces.c.id.in_(few)))


def _slice(table: Table) -> Statement:
    """Some rows of one run's."""
    keys = list(table.primary_key.columns)
    some = select(*keys).where(table.c.run_id == _this).limit(literal_column(str(ROWS_AT_ONCE)))
    return Statement(delete(table).where(tuple_(*keys).in_(some)))


_EXPIRED_RUNS = select(
    _runs.c.id, _runs.c.uuid, _runs.c.experiment_id, _runs.c.deleted_at, _runs.c.artifact_uri
).where(_runs.c.deleted_at <= _cutoff, unclaimed(RUN, _runs.c.id))

_EXPIRED_MODELS = (
    select(
        _models.c.id,
        _models.c.uuid,
        _models.c.experiment_id,
        func.coalesce(_models.c.deleted_at, _experiments.c.deleted_at),
        _models.c.artifact_uri,
    )
    .join(_experiments, _experiments.c.id == _models.c.experiment_id)
    .where(
        or_(_models.c.deleted_at <= _cutoff, _experiments.c.deleted_at <= _cutoff),  # they go with it
        unclaimed(LOGGED_MODEL, _models.c.id),
    )
)

_EXPIRED_EXPERIMENTS = select(
    _experiments.c.id,
    _experiments.c.name,
    _experiments.c.id,
    _experiments.c.deleted_at,
    _experiments.c.artifact_location,
).where(_experiments.c.deleted_at <= _cutoff, unclaimed(EXPERIMENT, _experiments.c.id))

_EMPTY_EXPERIMENTS = _EXPIRED_EXPERIMENTS.where(
    ~exists(select(_runs.c.id).where(_runs.c.experiment_id == _experiments.c.id)),
    ~exists(select(_models.c.id).where(_models.c.experiment_id == _experiments.c.id)),
)

_EXPIRED_ENTITIES = select(
    _entities.c.id, _entities.c.uuid, null(), _entities.c.deleted_at, literal_column("''")
).where(_entities.c.deleted_at <= _cutoff, unclaimed(CATALOG, _entities.c.id))

_EXPIRED_RESOURCES = select(
    _resources.c.id,
    _resources.c.uuid,
    null(),
    _resources.c.deleted_at,
    case(
        (
            _resources.c.kind == literal_column("'engine'"),
            literal_column(f"'{ENGINE_FILES}'") + _resources.c.uuid,
        ),
        else_=literal_column("''"),
    ),
).where(_resources.c.deleted_at <= _cutoff, unclaimed(SENSEI, _resources.c.id))

EXPIRED_EXPERIMENTS = Statement(_EXPIRED_EXPERIMENTS.order_by(_experiments.c.id))
"""Those too that still hold something."""

CONTENTS = Statement(
    select(
        select(func.count()).where(_runs.c.experiment_id == _this).scalar_subquery()
        + select(func.count()).where(_models.c.experiment_id == _this).scalar_subquery()
    )
)

KINDS = (
    Kind(
        RUN,
        *_both(_EXPIRED_RUNS, _runs.c.id),
        history=(_slice(tracking.metrics), _slice(tracking.latest_metrics)),
        rows=(Statement(delete(_runs).where(_runs.c.id == _this)),),
    ),
    Kind(
        LOGGED_MODEL,
        *_both(_EXPIRED_MODELS, _models.c.id),
        history=(),
        rows=(Statement(delete(_models).where(_models.c.id == _this)),),
    ),
    Kind(
        CATALOG,
        *_both(_EXPIRED_ENTITIES, _entities.c.id),
        history=(),
        # Until its row goes it can be restored: there are no files that could have gone before.
        rows=(
            Statement(delete(_entities).where(_entities.c.id == _this, _entities.c.deleted_at.is_not(None))),
        ),
    ),
    Kind(
        SENSEI,
        *_both(_EXPIRED_RESOURCES, _resources.c.id),
        history=(),
        rows=(Statement(delete(_resources).where(_resources.c.id == _this)),),
    ),
    Kind(
        EXPERIMENT,
        *_both(_EMPTY_EXPERIMENTS, _experiments.c.id),
        history=(_some_traces(),),
        rows=(Statement(delete(_experiments).where(_experiments.c.id == _this)),),
    ),
)
"""In the order in which they go: an experiment after all that is in it."""
