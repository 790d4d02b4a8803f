"""What traces are judged with: evaluation datasets, scorers, issues."""

from sqlalchemy import BigInteger, Column, Index, Table, UniqueConstraint

from trackstack.server.store.schema.base import Millis, Text, metadata, reference, row_id, text_of

evaluation_datasets = Table(
    "evaluation_datasets",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),  # what clients call dataset_id: d-…
    Column("name", text_of(255), nullable=False),
    Column("schema", Text),  # JSON
    Column("profile", Text),  # JSON
    Column("digest", text_of(64), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
    Column("owner", text_of(254), nullable=False),  # the user who made it, who may always change it
    Column("tenant", text_of(64), nullable=False),  # whose it is; empty: nobody's
    Index("ix_evaluation_datasets_name", "name"),
)

evaluation_dataset_tags = Table(
    "evaluation_dataset_tags",
    metadata,
    reference("dataset_id", "evaluation_datasets.id", primary_key=True),
    Column("key", text_of(255), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

evaluation_dataset_experiments = Table(
    "evaluation_dataset_experiments",
    metadata,
    reference("dataset_id", "evaluation_datasets.id", primary_key=True),
    reference("experiment_id", "experiments.id", primary_key=True),
    Index("ix_evaluation_dataset_experiments_experiment_id", "experiment_id"),
    sqlite_with_rowid=False,
)

evaluation_dataset_records = Table(
    "evaluation_dataset_records",
    metadata,
    row_id(),
    reference("dataset_id", "evaluation_datasets.id"),
    Column("uuid", text_of(36), nullable=False, unique=True),  # dr-…
    Column("input_hash", text_of(64), nullable=False),
    Column("inputs", Text, nullable=False),  # JSON, as all below that clients give
    Column("outputs", Text),
    Column("expectations", Text),
    Column("tags", Text),
    Column("source", Text),
    Column("source_id", Text),
    Column("source_type", text_of(255)),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
    UniqueConstraint("dataset_id", "input_hash"),
)

scorers = Table(
    "scorers",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),
    reference("experiment_id", "experiments.id"),
    Column("name", text_of(256), nullable=False),
    UniqueConstraint("experiment_id", "name"),
)

scorer_versions = Table(
    "scorer_versions",
    metadata,
    reference("scorer_id", "scorers.id", primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("serialized", Text, nullable=False),  # JSON
    Column("created_at", Millis, nullable=False),
    sqlite_with_rowid=False,
)

issues = Table(
    "issues",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),  # iss-…
    reference("experiment_id", "experiments.id"),
    Column("name", text_of(250), nullable=False),
    Column("description", Text, nullable=False),
    Column("status", text_of(50), nullable=False),
    Column("severity", text_of(50)),
    Column("root_causes", Text),  # JSON list
    Column("categories", Text),  # JSON list
    Column("source_run_id", text_of(256)),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("created_by", Text),
    # The rest only Databricks' API writes; its lists and maps are JSON.
    Column("updated_by", Text),
    Column("source_type", text_of(21)),
    Column("source_id", text_of(256)),
    Column("last_seen_at", Millis),
    Column("tags", Text),
    Column("metadata", Text),
    Index("ix_issues_experiment_id", "experiment_id"),
)
