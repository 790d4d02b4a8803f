"""The model registry: registered models (prompts among them), their versions, tags and aliases.

- Models are known by number inside, so that a rename is one row.
- `last_version` counts up under its row's lock: numbers have no gaps and are never given again, also when
  the version they were given to is deleted.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    text,
)

from trackstack.server.store.schema.base import Id, Millis, Text, metadata, reference, row_id, text_of

registered_models = Table(
    "registered_models",
    metadata,
    row_id(),
    Column("name", text_of(256), nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("last_version", BigInteger, nullable=False),
    Column("tenant", text_of(64), nullable=False, server_default=text("''")),  # whose it is; empty: nobody's
    sqlite_autoincrement=True,  # permissions are asked for by number, which is never given again
)

registered_model_tags = Table(
    "registered_model_tags",
    metadata,
    reference("model_id", "registered_models.id", primary_key=True),
    Column("key", text_of(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

model_versions = Table(
    "model_versions",
    metadata,
    reference("model_id", "registered_models.id", primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("description", Text),
    Column("stage", text_of(10), nullable=False),
    Column("source", Text, nullable=False),  # as the client named it
    Column("storage_location", Text, nullable=False),  # where the files were when it was made
    Column("run_id", text_of(256)),
    Column("run_link", Text, nullable=False),
    Index("ix_model_versions_run_id", "run_id"),
    Index("ix_model_versions_updated_at", "updated_at"),
    sqlite_with_rowid=False,
)

model_version_tags = Table(
    "model_version_tags",
    metadata,
    Column("model_id", Id, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("key", text_of(250), nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("model_id", "version", "key"),
    ForeignKeyConstraint(
        ["model_id", "version"], ["model_versions.model_id", "model_versions.version"], ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
)

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("model_id", Id, nullable=False),
    Column("alias", text_of(255), nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("model_id", "alias"),
    ForeignKeyConstraint(
        ["model_id", "version"], ["model_versions.model_id", "model_versions.version"], ondelete="CASCADE"
    ),
    Index("ix_model_aliases_version", "model_id", "version"),
    sqlite_with_rowid=False,
)

webhooks = Table(
    "webhooks",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),
    Column("name", text_of(63), nullable=False),
    Column("description", Text),
    Column("url", Text, nullable=False),
    Column("sealed_secret", Text),
    Column("status", text_of(8), nullable=False),  # ACTIVE, DISABLED
    Column("events", Text, nullable=False),  # JSON list of "entity.action"
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False),
    Column("kind", text_of(10), nullable=False),  # mlflow, databricks: whose webhook it is
    Column("webhook", text_of(36), nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("due_at", Millis, nullable=False),  # while it is tried: when it may be tried by others
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Index("ix_webhook_deliveries_due_at", "due_at"),
    comment="what webhooks are still to be told",
)
