"""A filter's text to the comparisons that must all hold."""

from itertools import islice

from trackstack.server.errors import ApiError, invalid
from trackstack.server.search import names, values
from trackstack.server.search.clauses import Clause, split
from trackstack.server.search.lexer import Lexeme, tokenize
from trackstack.server.search.rules import LISTS, Kind, Reads, Rule, shown
from trackstack.server.search.tree import Comparison, Entity, Value

MAX_CHARACTERS = 1 << 18  # room for an IN of some thousand run ids
MAX_COMPARISONS = 200
_MAX_TOKENS = 8 * MAX_COMPARISONS
_SHOWN = 20  # pieces of a wrong filter in its error


def parse(text: str | None, kind: Kind) -> tuple[Comparison, ...]:
    """The comparisons of a filter, none for an empty one.

    Raises ApiError, in MLflow's words where it has any, for whatever is not in the grammar of `kind`.
    """
    if not text:
        return ()
    if len(text) > MAX_CHARACTERS:
        raise invalid(f"The filter has {len(text)} characters; at most {MAX_CHARACTERS} are allowed.")
    check_text(text, "filter")
    if text.isspace():
        raise invalid(f"Invalid filter '{text}'. Could not be parsed.")
    tokens = list(islice(tokenize(text, kind.reserved), _MAX_TOKENS))
    clauses, strays = split(tokens)
    if strays:
        listed = ", ".join(f"'{stray}'" if kind.quotes_strays else stray for stray in strays[:_SHOWN])
        raise invalid(kind.strays.format(listed, repr(text)))
    if len(clauses) > MAX_COMPARISONS or len(tokens) == _MAX_TOKENS:
        raise invalid(f"The filter has too many comparisons; at most {MAX_COMPARISONS} are allowed.")
    return tuple(_comparison(clause, kind) for clause in clauses)


def check_text(text: str, what: str) -> None:
    """Refuses what no database can compare with: NUL, and halves of surrogate pairs."""
    if "\0" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise invalid(f"The {what} holds a character that is no text: {text[:_SHOWN]!r}")


def _comparison(clause: Clause, kind: Kind) -> Comparison:
    left = clause.left
    if left.lexeme is not Lexeme.NAME:
        raise invalid(f"Invalid comparison clause. Expected 'Identifier' found '{left.text}'")
    entity, key, rule = names.to_filter(left.text, kind)
    if kind.operators_first and clause.right is not None and clause.op not in rule.operators:
        raise _refused(kind.wrong_operator, clause, entity, key, rule)
    value = _value(clause, kind, entity, key, rule)
    if clause.op not in rule.operators or isinstance(value, tuple) != (clause.op in LISTS):
        raise _refused(kind.wrong_operator, clause, entity, key, rule)
    return Comparison(entity, key, clause.op, value)


def _value(clause: Clause, kind: Kind, entity: Entity, key: str, rule: Rule) -> Value:
    if clause.right is None:
        if clause.op not in rule.operators:
            raise _refused(kind.no_null, clause, entity, key, rule)
        return None
    if clause.right.lexeme is not Lexeme.GROUP:
        return values.read(clause.right, clause.op, rule, rule.expected.format(entity=entity, key=key))
    if "IN" in rule.operators:
        return values.read_list(clause.right)
    listless = entity is Entity.ATTRIBUTE and rule.reads is not Reads.NUMBER
    raise _refused(kind.no_list if listless else rule.expected + "{found}", clause, entity, key, rule)


def _refused(sentence: str, clause: Clause, entity: Entity, key: str, rule: Rule) -> ApiError:
    return invalid(
        sentence.format(
            entity=entity,
            key=key,
            op=clause.op,
            left=clause.left.text,
            written=clause.left.text.rpartition(".")[0] or "attributes",
            found="" if clause.right is None else clause.right.text,
            allowed=shown(rule.operators),
            operators=rule.operators,
        )
    )
