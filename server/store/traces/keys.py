"""The tags and metadata of traces that mean something to the server."""

NAME = "mlflow.traceName"
ARTIFACT_LOCATION = "mlflow.artifactLocation"
SPANS_LOCATION = "mlflow.trace.spansLocation"
IN_STORE = "TRACKING_STORE"
"""The value of SPANS_LOCATION for traces whose spans this database holds."""
IN_ARCHIVE = "ARCHIVE_REPO"
"""Its value for traces whose spans are a file below ARCHIVE_LOCATION."""
ARCHIVE_LOCATION = "mlflow.trace.archiveLocation"
ARCHIVAL_FAILURE = "mlflow.trace.archivalFailure"
"""Set on a trace that cannot be archived; it is not tried again while the tag is there."""

IMMUTABLE_TAGS = frozenset({ARTIFACT_LOCATION, SPANS_LOCATION, ARCHIVE_LOCATION, ARCHIVAL_FAILURE})
"""What clients may not set: by their own location they would read artifacts of traces that are not theirs."""

RETENTION = "mlflow.trace.archivalRetention"
ARCHIVE_NOW = "mlflow.trace.archiveNow"
"""Tags of experiments by which their traces are archived earlier than the server would."""

LINKED_PROMPTS = "mlflow.linkedPrompts"

SOURCE_RUN = "mlflow.sourceRun"
SESSION = "mlflow.trace.session"
USER = "mlflow.trace.user"
TOKENS = "mlflow.trace.tokenUsage"
COST = "mlflow.trace.cost"
SIZE = "mlflow.trace.sizeStats"
FINALIZED = "mlflow.trace.infoFinalized"

TOKEN_KEYS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_input_tokens_above_1hr",
)
COST_KEYS = ("input_cost", "output_cost", "total_cost")

STATES = ("STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")
