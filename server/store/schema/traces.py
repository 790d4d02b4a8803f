"""Traces, their spans, assessments and links.

A trace is known by number inside: its id is text, and four tables have many rows of each trace.
"""

from sqlalchemy import BigInteger, Column, Float, Index, PrimaryKeyConstraint, Table, text

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

traces = Table(
    "traces",
    metadata,
    row_id(),
    Column("uuid", text_of(256), nullable=False, unique=True),  # what clients call trace_id: tr-…
    reference("experiment_id", "experiments.id"),
    Column("started_at", Millis, nullable=False),
    Column("duration", BigInteger),  # milliseconds; null while the trace is in progress
    Column("state", text_of(17), nullable=False),  # STATE_UNSPECIFIED, OK, ERROR, IN_PROGRESS
    Column("client_request_id", Text),
    Column("request_preview", Text),
    Column("response_preview", Text),
    Column("generation", BigInteger, nullable=False, server_default=text("0")),  # of its spans: writes
    Column("archived", Flag, nullable=False, server_default=text("0")),  # its spans' content is a file
)
Index("ix_traces_newest", traces.c.experiment_id, traces.c.started_at.desc(), traces.c.uuid)

trace_tags = Table(
    "trace_tags",
    metadata,
    reference("trace_id", "traces.id", primary_key=True),
    Column("key", text_of(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

trace_metadata = Table(
    "trace_metadata",
    metadata,
    reference("trace_id", "traces.id", primary_key=True),
    Column("key", text_of(250), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

trace_numbers = Table(
    "trace_numbers",
    metadata,
    reference("trace_id", "traces.id", primary_key=True),
    Column("key", text_of(250), primary_key=True),
    Column("value", Float(53), nullable=False),
    sqlite_with_rowid=False,
    comment="tokens and costs of whole traces, out of their metadata",
)

spans = Table(
    "spans",
    metadata,
    reference("trace_id", "traces.id"),
    Column("span_id", text_of(16), nullable=False),  # hex
    Column("parent_id", text_of(16)),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", text_of(5), nullable=False),  # OK, ERROR, UNSET
    Column("started_at", BigInteger, nullable=False),  # nanoseconds since 1970
    Column("ended_at", BigInteger),
    Column("model_name", Text),
    Column("model_provider", Text),
    Column("input_cost", Float(53)),
    Column("output_cost", Float(53)),
    Column("total_cost", Float(53)),
    Column("content", Text, nullable=False),  # the span as MLflow writes it into traces.json; archived: empty
    PrimaryKeyConstraint("trace_id", "span_id"),
)

assessments = Table(
    "assessments",
    metadata,
    row_id(),
    reference("trace_id", "traces.id"),
    Column("uuid", text_of(50), nullable=False, unique=True),  # what clients call assessment_id: a-…
    Column("kind", text_of(11), nullable=False),  # feedback, expectation, issue
    Column("name", text_of(250), nullable=False),
    Column("value", Text, nullable=False),  # JSON
    Column("number", Float(53)),  # the value as a number; yes and true are 1
    Column("numeric", Flag, nullable=False),  # whether the value is a number itself
    Column("error", Text),  # JSON
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("source_type", text_of(50), nullable=False),
    Column("source_id", text_of(250)),
    Column("run_id", text_of(256)),
    Column("span_id", text_of(50)),
    Column("rationale", Text),
    Column("overrides", text_of(50)),
    Column("valid", Flag, nullable=False),
    Column("metadata", Text),  # JSON object of strings
    Index("ix_assessments_trace_id", "trace_id", "kind", "name"),
)
partial(Index("ix_assessments_run_id", assessments.c.run_id), assessments.c.run_id.is_not(None))

trace_runs = Table(
    "trace_runs",
    metadata,
    reference("trace_id", "traces.id", primary_key=True),
    Column("run_id", text_of(256), primary_key=True),
    Index("ix_trace_runs_run_id", "run_id"),
    sqlite_with_rowid=False,
    comment="runs that traces were linked to after they were made",
)

trace_runs_awaited = Table(
    "trace_runs_awaited",
    metadata,
    Column("trace_uuid", text_of(256), primary_key=True),
    reference("run_id", "runs.id", primary_key=True),
    sqlite_with_rowid=False,
    comment="links to runs of traces that have not come yet: clients send traces in the background",
)

trace_prompts = Table(
    "trace_prompts",
    metadata,
    reference("trace_id", "traces.id", primary_key=True),
    Column("prompt", text_of(300), primary_key=True),  # name/version
    sqlite_with_rowid=False,
)
