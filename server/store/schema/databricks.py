"""What Databricks' registry has beside MLflow's: what people say and ask about versions, and who is told.

- Comments, requests to move a version to another stage, and what became of them are one table: Databricks
  calls all of them activities. A request is open until somebody decides it or the version gets there.
- Webhooks belong to a model by its number, so that they follow when it is renamed, and go with it.
"""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Table

from trackstack.server.store.schema.base import (
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

activities = Table(
    "model_version_activities",
    metadata,
    row_id(),
    Column("uuid", text_of(32), nullable=False, unique=True),
    Column("model_id", Id, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("type", text_of(20), nullable=False),  # APPLIED_TRANSITION, NEW_COMMENT, REQUESTED_TRANSITION, …
    Column("user", text_of(254), nullable=False),
    Column("comment", Text),
    Column("system_comment", Text),
    Column("from_stage", text_of(10)),
    Column("to_stage", text_of(10)),
    Column("is_open", Flag, nullable=False),  # a request that nobody has decided
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    ForeignKeyConstraint(
        ["model_id", "version"], ["model_versions.model_id", "model_versions.version"], ondelete="CASCADE"
    ),
    Index("ix_model_version_activities_version", "model_id", "version", "id"),
)
partial(
    Index(
        "uq_model_version_activities_open",
        activities.c.model_id,
        activities.c.version,
        activities.c.to_stage,
        activities.c.user,
        unique=True,
    ),
    activities.c.is_open == 1,
)

registry_webhooks = Table(
    "registry_webhooks",
    metadata,
    row_id(),
    Column("uuid", text_of(32), nullable=False, unique=True),
    reference("model_id", "registered_models.id", nullable=True),  # none: told of every model
    Column("description", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("sealed_authorization", Text),
    Column("sealed_secret", Text),
    Column("verified", Flag, nullable=False),  # whether the host's certificate is checked
    Column("status", text_of(9), nullable=False),  # ACTIVE, DISABLED, TEST_MODE
    Column("events", Text, nullable=False),  # JSON list
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Index("ix_registry_webhooks_model_id", "model_id"),
)
