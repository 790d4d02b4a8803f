"""What is to change: a resource's state compared with its new inputs, and its outputs foretold."""

from typing import Any

from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.providers.checks import dump
from trackstack.providers.resource import Resource
from trackstack.providers.values import UNKNOWN, Properties, has_unknown, reveal


def compare(
    resource: Resource[Any, Any], state: Any, news: Properties, ignored: frozenset[str] = frozenset()
) -> pb.DiffResponse:
    """Inputs against those in force, an unknown one counting as another; drifted outputs are changes too."""
    old, new = dump(state), reveal(news)
    fields = resource.inputs.model_fields
    changes: dict[str, pb.PropertyDiff] = {}
    for field in fields.values():
        key = str(field.alias)
        if old.get(key) != new.get(key) and key not in ignored:
            replaces = bool((field.json_schema_extra or {}).get("replaces"))
            changes[key] = pb.PropertyDiff(kind=_kind(key in old, key in new, replaces))
    for name in resource.drift(state):
        key = str(resource.state.model_fields[name].alias)
        if key not in ignored:
            changes.setdefault(key, pb.PropertyDiff(kind=pb.PropertyDiff.UPDATE))
    replaced = [key for key, change in changes.items() if change.kind in _REPLACING]
    return pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME if changes else pb.DiffResponse.DIFF_NONE,
        diffs=list(changes),
        replaces=replaced,
        deleteBeforeReplace=bool(replaced),  # two of one path cannot exist at once
        detailedDiff=changes,
        hasDetailedDiff=True,
    )


def foretell(resource: Resource[Any, Any], old: Any, news: Properties) -> Properties:
    """The outputs that `news` will have: its inputs, and what the resource can tell; the rest is unknown."""
    outputs = {str(field.alias): UNKNOWN for field in resource.state.model_fields.values()}
    if not has_unknown(news):
        inputs = resource.inputs.model_validate(reveal(news))
        forecast = resource.forecast(old, inputs)
        outputs |= {str(resource.state.model_fields[name].alias): value for name, value in forecast.items()}
    return outputs | {key: news.get(key) for key in map(_alias, resource.inputs.model_fields.values())}


_REPLACING = (pb.PropertyDiff.ADD_REPLACE, pb.PropertyDiff.DELETE_REPLACE, pb.PropertyDiff.UPDATE_REPLACE)


def _alias(field: Any) -> str:
    return str(field.alias)


def _kind(was: bool, is_: bool, replaces: bool) -> pb.PropertyDiff.Kind.ValueType:
    if was and is_:
        return pb.PropertyDiff.UPDATE_REPLACE if replaces else pb.PropertyDiff.UPDATE
    if is_:
        return pb.PropertyDiff.ADD_REPLACE if replaces else pb.PropertyDiff.ADD
    return pb.PropertyDiff.DELETE_REPLACE if replaces else pb.PropertyDiff.DELETE
