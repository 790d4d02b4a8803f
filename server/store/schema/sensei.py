"""Sensei resources: what they have beyond the experiments, runs and model versions that some of them are.

Documents are JSON objects of what clients wrote; secret parameters are sealed in them. Times, deletion and
the links that cascades follow are columns. A resource that MLflow knows has no times of its own here.
"""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, text

from trackstack.server.store.schema.base import Id, Millis, Text, metadata, reference, row_id, text_of

sensei_resources = Table(
    "sensei_resources",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),
    Column("kind", text_of(16), nullable=False),  # engine, mlInstance, mlService, insight, transcoding
    Column("parent", text_of(40), nullable=False),  # uuid of what it goes with; empty for none
    Column("tenant", text_of(64), nullable=False, server_default=text("''")),
    Column("created_by", text_of(254), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Column("revision", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_sensei_resources_newest", "kind", "updated_at", "id"),
    Index("ix_sensei_resources_parent", "parent"),
)

sensei_experiments = Table(
    "sensei_experiments",
    metadata,
    reference("experiment_id", "experiments.id", primary_key=True),
    Column("ml_instance", text_of(36), nullable=False),  # its uuid; empty for none
    Column("name", Text, nullable=False),  # as clients gave it: names are not unique there
    Column("stored_name", Text, nullable=False),  # what the experiment was called for it
    Column("created_by", text_of(254), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("next_run_at", Millis),  # when its schedule has it run next; null for never
    Column("document", Text, nullable=False),
    Index("ix_sensei_experiments_ml_instance", "ml_instance"),
    Index("ix_sensei_experiments_next_run_at", "next_run_at"),
)

sensei_runs = Table(
    "sensei_runs",
    metadata,
    reference("run_id", "runs.id", primary_key=True),
    Column("mode", text_of(16), nullable=False),  # train, score, fp
    Column("document", Text, nullable=False),
)

sensei_models = Table(
    "sensei_models",
    metadata,
    Column("model_id", Id, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_by", text_of(254), nullable=False),
    Column("deleted_at", Millis),
    Column("revision", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("model_id", "version"),
    ForeignKeyConstraint(
        ["model_id", "version"], ["model_versions.model_id", "model_versions.version"], ondelete="CASCADE"
    ),
)
