"""Who may call, and see and do what: users' tokens and permissions.

The bootstrap admin token is not here but in the stack's secrets.
"""

from sqlalchemy import Column, Index, SmallInteger, Table

from trackstack.server.store.schema.base import Millis, Text, metadata, reference, text_of

tokens = Table(
    "tokens",
    metadata,
    Column("id", text_of(12), primary_key=True),  # the token's own public part
    Column("digest", text_of(64), nullable=False),  # SHA-256 of the whole token, in hex
    Column("scope", SmallInteger, nullable=False),  # routes.Scope
    Column("name", text_of(64), nullable=False),
    Column("description", text_of(160), nullable=False),
    Column("labels", Text, nullable=False),  # a JSON object
    Column("user", text_of(254), nullable=False),  # who calls with it; empty: nobody in particular
    Column("tenant", text_of(64), nullable=False),  # whose experiments it is for; empty: any tenant's
    Column("created_at", Millis, nullable=False),
    Column("valid_until", Millis, nullable=False),
    Column("last_used_at", Millis),
    sqlite_with_rowid=False,
)


def _permissions(name: str, on: str, target: str) -> Table:
    """Who was granted what on the objects of one kind, beside what everybody may do."""
    return Table(
        name,
        metadata,
        reference(on, target, primary_key=True),
        Column("principal_type", text_of(17), primary_key=True),  # user, group, service_principal
        Column("principal", text_of(254), primary_key=True),
        Column("level", SmallInteger, nullable=False),  # callers.Level
        Index(f"ix_{name}_principal", "principal"),
        sqlite_with_rowid=False,
    )


experiment_permissions = _permissions("experiment_permissions", "experiment_id", "experiments.id")
registered_model_permissions = _permissions(
    "registered_model_permissions", "model_id", "registered_models.id"
)
