"""What may be asked of evaluation datasets and issues."""

from trackstack.server.search.rules import ANY, EQUAL, NUMERIC, TEXT, Kind, Reads, Rule
from trackstack.server.search.tree import Entity

_QUOTED = "Expected a quoted string value for {entity} (e.g. 'my-value'). Got value "
_ATTRIBUTE = "Expected a quoted string value for attributes. Got value "
_NUMBER = "Expected numeric value type for numeric attribute: {key}. Found "
_TEXT = Rule(TEXT, Reads.TEXT, _ATTRIBUTE)
_TIME = Rule(NUMERIC, Reads.NUMBER, _NUMBER)
_SAME = Rule(EQUAL, Reads.TEXT, _ATTRIBUTE)

DATASETS = Kind(
    entities={"tags": Entity.TAG},
    rules={
        Entity.ATTRIBUTE: {
            "name": Rule((*TEXT, "IN"), Reads.TEXT, _ATTRIBUTE),
            **dict.fromkeys(("created_by", "last_updated_by"), _TEXT),
            **dict.fromkeys(("created_time", "last_update_time"), _TIME),
        },
        Entity.TAG: {ANY: Rule(TEXT, Reads.TEXT, _QUOTED)},
    },
    sorts={Entity.ATTRIBUTE: frozenset({"name", "created_time", "last_update_time"})},
    unknown_entity="Invalid identifier token '{0}' specified",
    unknown_key="Invalid attribute key '{key}' specified. Valid keys are: {valid}",
    no_list="Only ['name'] attributes support comparison with a list of quoted string values.",
)

ISSUES = Kind(
    entities={},
    rules={Entity.ATTRIBUTE: dict.fromkeys(("status", "source_run_id"), _SAME)},
    sorts={},
    unknown_entity="Invalid identifier token '{0}' specified",
    unknown_key="Invalid filter field '{key}'. Supported fields: {valid}",
    no_list="Issues are not compared with lists.",
)
