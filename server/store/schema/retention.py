"""What is being removed for good: recorded before the first file goes, forgotten with the last row."""

from sqlalchemy import Column, Table

from trackstack.server.store.schema.base import Id, Millis, Text, metadata, text_of

purges = Table(
    "purges",
    metadata,
    Column("kind", text_of(12), primary_key=True),  # run, logged_model, experiment, catalog, sensei
    Column("id", Id, primary_key=True),  # its row's
    Column("name", Text, nullable=False),  # what clients call it
    Column("experiment_id", Id),  # null where it is of none
    Column("deleted_at", Millis, nullable=False),
    Column("path", Text),  # its folder in the artifact store; null when there is none to remove
    sqlite_with_rowid=False,
)
