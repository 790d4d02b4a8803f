"""What may be asked of runs, experiments, registered models and model versions (mlflow/surface.md §3.9)."""

from trackstack.server.search.rules import ANY, EQUAL, LISTS, NULLS, NUMERIC, TEXT, Kind, Reads, Rule
from trackstack.server.search.tree import Entity

_QUOTED = "Expected a quoted string value for {entity} (e.g. 'my-value'). Got value "
_ATTRIBUTE = "Expected a quoted string value for attributes. Got value "
_ATTRIBUTE_OR_LIST = (
    "Expected a quoted string value or a list of quoted string values for attributes. Got value "
)
_NUMBER = "Expected numeric value type for numeric attribute: {key}. Found "
_DATASET = "Expected a quoted string value for dataset attributes. Got value "

_TEXT_OR_NULL = Rule((*TEXT, *NULLS), Reads.TEXT, _QUOTED)
_TIME = Rule(NUMERIC, Reads.NUMBER, _NUMBER)
_STRING = Rule(TEXT, Reads.TEXT, _ATTRIBUTE)
_DATASET_KEY = Rule((*TEXT, *LISTS), Reads.TEXT, _DATASET)

RUNS = Kind(
    entities={
        **dict.fromkeys(("metric", "metrics"), Entity.METRIC),
        **dict.fromkeys(("parameter", "parameters", "param", "params"), Entity.PARAM),
        **dict.fromkeys(("tag", "tags"), Entity.TAG),
        **dict.fromkeys(("attribute", "attributes", "attr", "run"), Entity.ATTRIBUTE),
        **dict.fromkeys(("dataset", "datasets"), Entity.DATASET),
    },
    rules={
        Entity.METRIC: {ANY: Rule(NUMERIC, Reads.NUMBER, "Expected numeric value type for metric. Found ")},
        Entity.PARAM: {ANY: _TEXT_OR_NULL},
        Entity.TAG: {ANY: _TEXT_OR_NULL},
        Entity.ATTRIBUTE: {
            "run_id": Rule((*TEXT, *LISTS), Reads.TEXT, _ATTRIBUTE),
            **dict.fromkeys(("run_name", "status", "artifact_uri", "user_id"), _STRING),
            **dict.fromkeys(("start_time", "end_time"), _TIME),
        },
        Entity.DATASET: dict.fromkeys(("name", "digest", "context"), _DATASET_KEY),
    },
    sorts={
        Entity.METRIC: frozenset({ANY}),
        Entity.PARAM: frozenset({ANY}),
        Entity.TAG: frozenset({ANY}),
        Entity.ATTRIBUTE: frozenset(
            {"run_id", "run_name", "status", "artifact_uri", "user_id", "start_time", "end_time"}
        ),
        Entity.DATASET: frozenset({"name", "digest", "context"}),
    },
    unknown_entity="Invalid entity type '{0}'. Valid values are "
    "['metric', 'parameter', 'tag', 'attribute', 'dataset']",
    quotes_strays=True,
    no_null="IS NULL / IS NOT NULL is only supported for tags and params, not for '{entity}' '{key}'",
    no_list="Only ['run_id'] attributes support comparison with a list of quoted string values.",
    aliases={
        **dict.fromkeys(("created", "Created"), "start_time"),
        **dict.fromkeys(("run name", "Run name", "Run Name"), "run_name"),
    },
    sort_aliases=dict.fromkeys(("created", "Created"), "start_time"),
)

_PLAIN_ENTITIES = {"attribute": Entity.ATTRIBUTE, "tag": Entity.TAG, "tags": Entity.TAG}
_PLAIN_UNKNOWN = "Invalid entity type '{0}'. Valid entity types are ('attribute', 'tag', 'tags')"

EXPERIMENTS = Kind(
    entities=_PLAIN_ENTITIES,
    rules={
        Entity.ATTRIBUTE: {
            "name": _STRING,
            "experiment_id": Rule((*EQUAL, *LISTS), Reads.TEXT, _ATTRIBUTE),
            **dict.fromkeys(("creation_time", "last_update_time"), _TIME),
        },
        Entity.TAG: {ANY: _TEXT_OR_NULL},
    },
    sorts={
        Entity.ATTRIBUTE: frozenset({"name", "experiment_id", "creation_time", "last_update_time"}),
        Entity.TAG: frozenset({ANY}),
    },
    unknown_entity=_PLAIN_UNKNOWN,
    no_null="IS NULL / IS NOT NULL is only supported for tags, not for attribute '{key}'",
    no_list="Only ['experiment_id'] attributes support comparison with a list of quoted string values.",
)

_NAMED = Rule((*TEXT, *LISTS), Reads.TEXT, _ATTRIBUTE_OR_LIST)
_TAGGED = Rule(TEXT, Reads.TEXT, _QUOTED)

REGISTERED_MODELS = Kind(
    entities=_PLAIN_ENTITIES,
    wrong_operator="Invalid comparator for {entity}: {op}",
    rules={Entity.ATTRIBUTE: {"name": _NAMED}, Entity.TAG: {ANY: _TAGGED}},
    sorts={Entity.ATTRIBUTE: frozenset({"name", "timestamp", "last_updated_timestamp"})},
    unknown_entity=_PLAIN_UNKNOWN,
    no_list="Only ['name'] attributes support comparison with a list of quoted string values.",
    unknown_sort="Invalid order by key '{0}' specified. Valid keys are '{{'timestamp', 'name'}}'",
)

MODEL_VERSIONS = Kind(
    entities=_PLAIN_ENTITIES,
    wrong_operator="Invalid comparator for {entity}: {op}",
    rules={
        Entity.ATTRIBUTE: {
            "name": _NAMED,
            "run_id": _NAMED,
            "source_path": Rule(TEXT, Reads.TEXT, _ATTRIBUTE_OR_LIST),
            "version_number": Rule(NUMERIC, Reads.EITHER, _ATTRIBUTE_OR_LIST),
        },
        Entity.TAG: {ANY: _TAGGED},
    },
    sorts={
        Entity.ATTRIBUTE: frozenset(
            {"name", "version_number", "creation_timestamp", "last_updated_timestamp"}
        ),
        Entity.TAG: frozenset({ANY}),
    },
    unknown_entity=_PLAIN_UNKNOWN,
    no_list="Only ['name', 'run_id'] attributes support comparison with a list of quoted string values.",
    reserved=frozenset({"VERSION"}),
)
