"""MLflow 3's logged models: what a run or script saved as a model, with its params, tags and metrics."""

from sqlalchemy import BigInteger, Column, Float, Index, PrimaryKeyConstraint, Table

from trackstack.server.store.schema.base import (
    Flag,
    Millis,
    Text,
    metadata,
    partial,
    reference,
    row_id,
    text_of,
)

logged_models = Table(
    "logged_models",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),  # what clients call model_id: m-…
    reference("experiment_id", "experiments.id"),
    Column("name", text_of(500), nullable=False),
    Column("artifact_uri", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("status", text_of(26), nullable=False),  # LOGGED_MODEL_PENDING, …_READY, …_UPLOAD_FAILED
    Column("model_type", Text, nullable=False),
    Column("source_run_id", text_of(256), nullable=False),
    Column("deleted_at", Millis),
)
partial(
    Index(
        "ix_logged_models_newest",
        logged_models.c.experiment_id,
        logged_models.c.created_at.desc(),
        logged_models.c.uuid,
    ),
    logged_models.c.deleted_at.is_(None),
)
Index("ix_logged_models_source_run_id", logged_models.c.source_run_id)

logged_model_params = Table(
    "logged_model_params",
    metadata,
    reference("model_id", "logged_models.id", primary_key=True),
    Column("key", text_of(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

logged_model_tags = Table(
    "logged_model_tags",
    metadata,
    reference("model_id", "logged_models.id", primary_key=True),
    Column("key", text_of(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

logged_model_metrics = Table(
    "logged_model_metrics",
    metadata,
    reference("model_id", "logged_models.id"),
    Column("key", text_of(250), nullable=False),
    Column("timestamp", Millis, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("run_id", text_of(32), nullable=False),  # the run that logged it
    Column("value", Float(53), nullable=False),  # 0 where is_nan
    Column("is_nan", Flag, nullable=False),
    Column("dataset_name", text_of(500), nullable=False),  # "" for none
    Column("dataset_digest", text_of(36), nullable=False),
    PrimaryKeyConstraint("model_id", "key", "timestamp", "step", "run_id"),
    sqlite_with_rowid=False,
)
