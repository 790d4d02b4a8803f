"""What may be asked of MLflow 3's objects: logged models and traces (mlflow/surface.md §3.9)."""

from trackstack.server.search.rules import ANY, LISTS, NULLS, NUMERIC, TEXT, Kind, Reads, Rule
from trackstack.server.search.tree import Entity

_OPERATOR = "Invalid comparison operator for {written}.{key}: {op!r}. Expected one of {operators}."
_MODEL_NUMBER = Rule(
    ("<", "<=", ">", ">=", "=", "!="), Reads.NUMBER, "Expected numeric value for {key}. Found "
)
_MODEL_TEXT = Rule((*TEXT, *LISTS), Reads.RAW, "Expected a string value for {key}. Found ")

LOGGED_MODELS = Kind(
    entities={
        "attributes": Entity.ATTRIBUTE,
        "metrics": Entity.METRIC,
        "params": Entity.PARAM,
        "tags": Entity.TAG,
    },
    rules={
        Entity.ATTRIBUTE: {
            **dict.fromkeys(
                (
                    "name",
                    "model_id",
                    "model_type",
                    "status",
                    "status_message",
                    "source_run_id",
                    "experiment_id",
                    "artifact_location",
                    "lifecycle_stage",
                ),
                _MODEL_TEXT,
            ),
            **dict.fromkeys(("creation_timestamp_ms", "last_updated_timestamp_ms"), _MODEL_NUMBER),
        },
        Entity.METRIC: {ANY: _MODEL_NUMBER},
        Entity.PARAM: {ANY: _MODEL_TEXT},
        Entity.TAG: {ANY: _MODEL_TEXT},
    },
    sorts={},
    unknown_entity="Invalid entity type: '{0}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].",
    strays="Invalid filter string: {1}. Expected a list of comparisons separated by 'AND' "
    "(e.g. 'metrics.loss > 0.1 AND params.lr = 0.01').",
    no_null="Invalid comparison: {left}{op}. Expected a comparison with 3 tokens.",
    wrong_operator=_OPERATOR,
    aliases={
        "creation_time": "creation_timestamp_ms",
        "creation_timestamp": "creation_timestamp_ms",
        "last_updated_timestamp": "last_updated_timestamp_ms",
    },
    operators_first=True,
    raw_keys=True,
)

_QUOTED = "Expected a quoted string value for {entity} (e.g. 'my-value'). Got value "
_ATTRIBUTE = "Expected a quoted string value or a list of quoted string values for attributes. Got value "
_MATCH = (*TEXT, "RLIKE")
_TEXT = Rule((*_MATCH, *LISTS), Reads.TEXT, _ATTRIBUTE)
_TIME = Rule(NUMERIC, Reads.EITHER, _ATTRIBUTE)
_TEXT_OR_NULL = Rule((*_MATCH, *NULLS), Reads.TEXT, _QUOTED)
_SPAN = Rule((*_MATCH, *LISTS), Reads.TEXT, _QUOTED)
_SCORE = Rule((*_MATCH, *NUMERIC, *NULLS), Reads.SCORE, _QUOTED)

TRACES = Kind(
    entities={
        "tag": Entity.TAG,
        "tags": Entity.TAG,
        "attribute": Entity.ATTRIBUTE,
        "attributes": Entity.ATTRIBUTE,
        "trace": Entity.ATTRIBUTE,
        "metadata": Entity.METADATA,
        "request_metadata": Entity.METADATA,
        "span": Entity.SPAN,
        "feedback": Entity.FEEDBACK,
        "expectation": Entity.EXPECTATION,
        "issue": Entity.ISSUE,
    },
    rules={
        Entity.ATTRIBUTE: {
            **dict.fromkeys(("request_id", "client_request_id", "status"), _TEXT),
            **dict.fromkeys(("name", "run_id"), Rule((*_MATCH, *LISTS, *NULLS), Reads.TEXT, _ATTRIBUTE)),
            **dict.fromkeys(("timestamp_ms", "execution_time_ms", "end_time_ms"), _TIME),
            "prompt": Rule(("=",), Reads.TEXT, _ATTRIBUTE),
            "text": Rule(("LIKE", "ILIKE"), Reads.TEXT, _ATTRIBUTE),
        },
        Entity.TAG: {ANY: _TEXT_OR_NULL},
        Entity.METADATA: {ANY: _TEXT_OR_NULL},
        Entity.SPAN: {
            **dict.fromkeys(("name", "type", "status", "attributes.*"), _SPAN),
            "content": Rule(("LIKE", "ILIKE"), Reads.TEXT, _QUOTED),
        },
        Entity.FEEDBACK: {ANY: _SCORE},
        Entity.EXPECTATION: {ANY: _SCORE},
        Entity.ISSUE: {"id": Rule(("=",), Reads.TEXT, _QUOTED)},
    },
    sorts={
        Entity.ATTRIBUTE: frozenset(
            {
                "experiment_id",
                "timestamp_ms",
                "execution_time_ms",
                "end_time_ms",
                "status",
                "request_id",
                "name",
                "run_id",
            }
        ),
        Entity.TAG: frozenset({ANY}),
        Entity.METADATA: frozenset({ANY}),
    },
    unknown_entity="Invalid entity type '{0}'. Valid values are {{'tag', 'tags', 'attribute', 'attributes', "
    "'trace', 'metadata', 'request_metadata', 'span', 'feedback', 'expectation', 'issue'}}",
    quotes_strays=True,
    no_list="Only attributes in {{'client_request_id', 'name', 'request_id', 'run_id', 'status'}} "
    "supports comparison with a list of quoted string values.",
    aliases={
        "timestamp": "timestamp_ms",
        "execution_time": "execution_time_ms",
        "end_time": "end_time_ms",
    },
    sort_aliases={
        "timestamp": "timestamp_ms",
        "execution_time": "execution_time_ms",
        "end_time": "end_time_ms",
    },
    moved={
        "name": (Entity.TAG, "mlflow.traceName"),
        "prompt": (Entity.TAG, "mlflow.linkedPrompts"),
        "run_id": (Entity.METADATA, "mlflow.sourceRun"),
        "text": (Entity.SPAN, "content"),
    },
)
