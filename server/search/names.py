"""Names to what they mean for a kind of object."""

from trackstack.server.errors import ApiError, invalid
from trackstack.server.search.rules import ANY, Kind, Rule, shown
from trackstack.server.search.tree import Entity

_UNKNOWN_KEY = {
    Entity.DATASET: "Invalid dataset key '{key}' specified. Valid keys are '{valid}'",
    Entity.SPAN: "Invalid span attribute '{key}'. "
    "Supported attributes: name, status, type, attributes.<attribute_name>.",
    Entity.ISSUE: "Invalid issue attribute '{key}'. Supported attributes: id",
}


def to_filter(name: str, kind: Kind) -> tuple[Entity, str, Rule]:
    """What a name in a filter means, and the rule for it."""
    entity, key = _split(name, kind)
    aliases = kind.aliases if entity is Entity.ATTRIBUTE else {}
    key = aliases.get(key, key)
    rules = kind.rules[entity]
    rule = rules.get(key) or rules.get(key.partition(".")[0] + ".*") or rules.get(ANY)
    if rule is None:
        raise _unknown(entity, key, frozenset({*rules, *aliases}), kind)
    return *_kept(entity, key, kind), rule


def to_sort(name: str, kind: Kind) -> tuple[Entity, str]:
    """What a name in an order means."""
    entity, key = _split(name, kind)
    aliases = kind.sort_aliases if entity is Entity.ATTRIBUTE else {}
    key = aliases.get(key, key)
    keys = kind.sorts.get(entity, frozenset())
    if not keys & {key, ANY}:
        if kind.unknown_sort:
            raise invalid(kind.unknown_sort.format(name))
        raise _unknown(entity, key, keys | frozenset(aliases), kind)
    return _kept(entity, key, kind)


def _kept(entity: Entity, key: str, kind: Kind) -> tuple[Entity, str]:
    """Where the object keeps what is asked for."""
    return kind.moved.get(key, (entity, key)) if entity is Entity.ATTRIBUTE else (entity, key)


def _split(name: str, kind: Kind) -> tuple[Entity, str]:
    """`params.'a b'` -> PARAM and `a b`; a name without a dot is an attribute's."""
    written, dot, key = name.partition(".")
    if not dot:
        return Entity.ATTRIBUTE, _bare(name, kind)
    entity = kind.entities.get(_bare(written, kind) if not kind.raw_keys else written)
    if entity is None:
        raise invalid(kind.unknown_entity.format(written.strip("`")))
    return entity, _bare(key, kind)


def _bare(key: str, kind: Kind) -> str:
    for quote in "`" if kind.raw_keys else "'\"`":
        if len(key) >= 2 and key[0] == key[-1] == quote:
            key = key[1:-1]
    return key


def _unknown(entity: Entity, key: str, valid: frozenset[str], kind: Kind) -> ApiError:
    sentence = _UNKNOWN_KEY.get(entity, kind.unknown_key)
    return invalid(sentence.format(key=key, valid=shown(valid)))
