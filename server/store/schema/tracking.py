"""Experiments, runs and what is logged to them.

- Runs and keys (names of metrics, params and tags) are interned: 8-byte integers instead of strings in
  the tables that grow.
- `experiment_id` is repeated beside `run_id` because a run never moves: an index that starts with it
  answers "this experiment, ordered by that metric" by walking, without a look at other experiments.
- Deleted means `deleted_at` is set: the time is what retention counts from, restoring clears it.
- `metrics` and `latest_metrics` have no foreign keys: checking two parents a point costs more than
  storing it. The store checks the run once a request and removes its points with it.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    func,
    text,
)

from trackstack.server.store.schema.base import (
    HEAD_LENGTH,
    Flag,
    Id,
    Millis,
    Text,
    metadata,
    partial,
    reference,
    row_id,
    text_of,
)

experiments = Table(
    "experiments",
    metadata,
    row_id(),
    Column("name", text_of(500), nullable=False),
    Column("artifact_location", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Column("tenant", text_of(64), nullable=False, server_default=text("''")),  # whose it is; empty: nobody's
    Index("ix_experiments_name", "name"),
    sqlite_autoincrement=True,  # a purged experiment's id is never given again
)
partial(  # the store keeps them unique among the deleted, too, where names_of_deleted_reusable is off
    Index("uq_experiments_active_name", experiments.c.name, unique=True), experiments.c.deleted_at.is_(None)
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    reference("experiment_id", "experiments.id", primary_key=True),
    Column("key", text_of(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

keys = Table(
    "keys",
    metadata,
    row_id(),
    Column("name", text_of(250), nullable=False, unique=True),
    comment="names of metrics, params and run tags; append only",
)

runs = Table(
    "runs",
    metadata,
    row_id(),
    Column("uuid", text_of(32), nullable=False, unique=True),  # what clients call run_id
    reference("experiment_id", "experiments.id"),
    Column("name", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("status", text_of(9), nullable=False),  # RUNNING, SCHEDULED, FINISHED, FAILED, KILLED
    Column("start_time", Millis, nullable=False),
    Column("end_time", Millis),
    Column("artifact_uri", Text, nullable=False),
    Column("deleted_at", Millis),
    # Counts the run's commits; a document of another revision is stale.
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
)
partial(
    Index("ix_runs_newest", runs.c.experiment_id, runs.c.start_time.desc(), runs.c.uuid),
    runs.c.deleted_at.is_(None),
)
partial(
    Index("ix_runs_newest_deleted", runs.c.experiment_id, runs.c.start_time.desc(), runs.c.uuid),
    runs.c.deleted_at.is_not(None),
)
# Without deleted_at: SQLite would take it for narrower than the two above, and sort what they have in order.
Index("ix_runs_experiment", runs.c.experiment_id)

run_documents = Table(
    "run_documents",
    metadata,
    reference("run_id", "runs.id", primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    comment="a run as get and search answer it, UTF-8 JSON; current where its revision is the run's",
)

metrics = Table(
    "metrics",
    metadata,
    Column("run_id", Id, nullable=False),
    Column("key_id", Id, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", Millis, nullable=False),
    Column("value", Float(53), nullable=False),  # 0 where is_nan; infinities as the largest doubles
    Column("is_nan", Flag, nullable=False),
    PrimaryKeyConstraint("run_id", "key_id", "step", "timestamp", "value", "is_nan"),
    sqlite_with_rowid=False,
)

latest_metrics = Table(
    "latest_metrics",
    metadata,
    Column("run_id", Id, nullable=False),
    Column("key_id", Id, nullable=False),
    Column("experiment_id", Id, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", Millis, nullable=False),
    Column("value", Float(53), nullable=False),
    Column("is_nan", Flag, nullable=False),
    PrimaryKeyConstraint("run_id", "key_id"),
    Index("ix_latest_metrics_value", "experiment_id", "key_id", "is_nan", "value", "run_id"),
    sqlite_with_rowid=False,
    comment="a run's newest point of each key, by step, timestamp, value",
)

params = Table(
    "params",
    metadata,
    reference("run_id", "runs.id", primary_key=True),
    reference("key_id", "keys.id", primary_key=True),
    Column("experiment_id", Id, nullable=False),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "ix_params_value",
    params.c.experiment_id,
    params.c.key_id,
    func.substr(params.c.value, text("1"), text(str(HEAD_LENGTH))),
    params.c.run_id,
)

tags = Table(
    "tags",
    metadata,
    reference("run_id", "runs.id", primary_key=True),
    reference("key_id", "keys.id", primary_key=True),
    Column("experiment_id", Id, nullable=False),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "ix_tags_value",
    tags.c.experiment_id,
    tags.c.key_id,
    func.substr(tags.c.value, text("1"), text(str(HEAD_LENGTH))),
    tags.c.run_id,
)

datasets = Table(
    "datasets",
    metadata,
    row_id(),
    reference("experiment_id", "experiments.id"),
    Column("name", text_of(500), nullable=False),
    Column("digest", text_of(36), nullable=False),
    Column("source_type", text_of(36), nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    UniqueConstraint("experiment_id", "name", "digest"),
)

run_datasets = Table(
    "run_datasets",
    metadata,
    reference("run_id", "runs.id", primary_key=True),
    reference("dataset_id", "datasets.id", primary_key=True),
    Column("context", text_of(500)),  # the input tag mlflow.data.context, which searches look at
    Column("tags", Text, nullable=False),  # all its input tags: JSON list of {"key", "value"}
    Index("ix_run_datasets_dataset_id", "dataset_id"),
    sqlite_with_rowid=False,
)

run_models = Table(
    "run_models",
    metadata,
    reference("run_id", "runs.id", primary_key=True),
    Column("direction", text_of(6), primary_key=True),  # input or output
    Column("model_id", text_of(36), primary_key=True),
    Column("step", BigInteger, nullable=False),
    Index("ix_run_models_model_id", "model_id"),
    sqlite_with_rowid=False,
)
