"""Who may call: users' tokens. The bootstrap admin token is not here but in the stack's secrets."""

from sqlalchemy import Column, SmallInteger, Table

from trackstack.server.store.schema.base import Millis, Text, metadata, text_of

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
