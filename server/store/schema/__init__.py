"""The whole schema, one module a subject. A new table also needs a migration (store/migrations)."""

from trackstack.server.store.schema import (
    access,
    databricks,
    evaluation,
    logged_models,
    openmetadata,
    registry,
    retention,
    review,
    sensei,
    traces,
    tracking,
)
from trackstack.server.store.schema.base import HEAD_LENGTH, metadata

__all__ = [
    "HEAD_LENGTH",
    "access",
    "databricks",
    "evaluation",
    "logged_models",
    "metadata",
    "openmetadata",
    "registry",
    "retention",
    "review",
    "sensei",
    "traces",
    "tracking",
]
