"""What people judge traces by, and which ones: label schemas, review queues and their items."""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from trackstack.server.store.schema.base import Flag, Millis, Text, metadata, reference, row_id, text_of

label_schemas = Table(
    "label_schemas",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),  # what clients call schema_id: ls-…
    reference("experiment_id", "experiments.id"),
    Column("name", text_of(250), nullable=False),
    Column("type", text_of(16), nullable=False),  # FEEDBACK, EXPECTATION
    Column("instruction", Text),
    Column("enable_comment", Flag, nullable=False),
    Column("input", Text, nullable=False),  # JSON: {kind: what is particular to it}
    Column("created_by", Text),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("is_default", Flag, nullable=False),  # the one that every experiment has
    UniqueConstraint("experiment_id", "name"),
)

review_queues = Table(
    "review_queues",
    metadata,
    row_id(),
    Column("uuid", text_of(36), nullable=False, unique=True),  # what clients call queue_id: rq-…
    reference("experiment_id", "experiments.id"),
    Column("name", text_of(250), nullable=False),
    Column("name_key", Text, nullable=False),  # the name in lower case
    Column("type", text_of(16), nullable=False),  # USER, CUSTOM
    Column("owner", Text),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    UniqueConstraint("experiment_id", "name_key"),
)

review_queue_users = Table(
    "review_queue_users",
    metadata,
    reference("queue_id", "review_queues.id", primary_key=True),
    Column("reviewer", text_of(250), primary_key=True),  # a user, in lower case
    Index("ix_review_queue_users_reviewer", "reviewer"),
    sqlite_with_rowid=False,
)

review_queue_schemas = Table(
    "review_queue_schemas",
    metadata,
    reference("queue_id", "review_queues.id", primary_key=True),
    Column("schema_uuid", text_of(36), primary_key=True),  # stays when the schema is deleted
    sqlite_with_rowid=False,
)

review_queue_items = Table(
    "review_queue_items",
    metadata,
    reference("queue_id", "review_queues.id", primary_key=True),
    reference("trace_id", "traces.id", primary_key=True),
    Column("status", text_of(16), nullable=False),  # PENDING, COMPLETE, DECLINED
    Column("completed_by", text_of(250)),
    Column("completed_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Index("ix_review_queue_items_trace_id", "trace_id"),
    sqlite_with_rowid=False,
)
