"""The shape of the tables that say what may be asked of each kind of object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from trackstack.server.search.tree import Entity

EQUAL = ("=", "!=")
TEXT = (*EQUAL, "LIKE", "ILIKE")
NUMERIC = (*EQUAL, ">", ">=", "<", "<=")
LISTS = ("IN", "NOT IN")
NULLS = ("IS NULL", "IS NOT NULL")


class Reads(Enum):
    """How an operand becomes a value."""

    TEXT = auto()  # a quoted string
    NUMBER = auto()  # a bare number
    EITHER = auto()  # a number, bare or quoted
    SCORE = auto()  # a bare number after < <= > >=, else a quoted string
    RAW = auto()  # whatever is written, single quotes taken off (logged models)


@dataclass(frozen=True, slots=True)
class Rule:
    """Operators and values of a key; `expected` is MLflow's sentence for a wrong value, before the value."""

    operators: tuple[str, ...]
    reads: Reads
    expected: str


ANY = "*"  # the key of a rule for all keys; "x.*" is one for all keys that begin with "x."


@dataclass(frozen=True, slots=True)
class Kind:
    """All that the grammar needs to know of one kind of object.

    Sentences are MLflow's, as templates: clients and tests match on them.
    """

    entities: Mapping[str, Entity]  # as written -> what is meant
    rules: Mapping[Entity, Mapping[str, Rule]]
    sorts: Mapping[Entity, frozenset[str]]  # keys that may order, or ANY
    unknown_entity: str  # {0}: as written
    strays: str = "Invalid clause(s) in filter string: {0}"  # {0}: the pieces, {1}: the filter's repr
    quotes_strays: bool = False
    no_null: str = "Invalid comparator '{op}' not one of '{allowed}'"
    no_list: str = ""  # a list where the attribute takes none
    wrong_operator: str = "Invalid comparator '{op}' not one of '{allowed}'"
    unknown_key: str = "Invalid attribute key '{key}' specified. Valid keys are '{valid}'"
    unknown_sort: str = ""  # instead of the sentence for an unknown key
    aliases: Mapping[str, str] = field(default_factory=dict)  # attribute, as written -> its key
    sort_aliases: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, tuple[Entity, str]] = field(default_factory=dict)  # attributes kept elsewhere
    reserved: frozenset[str] = frozenset()  # words that sqlparse takes for SQL, so MLflow never sees a name
    operators_first: bool = False  # a wrong operator is told of before a wrong value
    raw_keys: bool = False  # double quotes are part of a key


def shown(names: frozenset[str] | tuple[str, ...]) -> str:
    """Names as MLflow prints a set of them, but in a stable order."""
    ordered = sorted(names) if isinstance(names, frozenset) else names
    return "{" + ", ".join(repr(name) for name in ordered) + "}"
