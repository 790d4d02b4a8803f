"""Operands to values."""

import re
from itertools import islice

from trackstack.server.errors import invalid
from trackstack.server.search.lexer import Lexeme, Token, tokenize
from trackstack.server.search.rules import Reads, Rule
from trackstack.server.search.tree import Value

_LIST = "While parsing a list in the query, expected a non-empty list of string values, but got "
_UNQUOTED = (
    "Parameter value is either not quoted or unidentified quote types used for string value {0}. "
    "Use either single or double quotes."
)
_RANGED = frozenset({"<", "<=", ">", ">="})
# An item of a list up to its comma: in the first group if it is a string and nothing else.
_ITEM = re.compile(
    r"""\s*+(?:('(?:''|\\'|[^'])*+'|"(?:""|\\"|[^"])*+")\s*+(?:,\s*+|$)|([^,]*+)(?:,\s*+|$))"""
)
_INT64_CHARACTERS = len(str(-(2**63)))


def read(token: Token, op: str, rule: Rule, expected: str) -> Value:
    """The value of an operand that is no list; `expected` begins the sentence for one of the wrong kind."""
    reads = rule.reads
    if reads is Reads.SCORE:
        reads = Reads.NUMBER if op in _RANGED else Reads.TEXT
    if reads is Reads.RAW:
        return token.text.strip("'")
    if reads is Reads.NUMBER and token.lexeme is Lexeme.NUMBER:
        return number(token.text)
    if reads is Reads.EITHER:
        return _either(token, expected)
    if reads is Reads.TEXT and token.lexeme in (Lexeme.STRING, Lexeme.NAME):
        return _unquoted(token)
    raise invalid(expected + token.text)


def number(text: str) -> int | float:
    """A number as written; an integer that no database column could hold becomes a float."""
    if text.removeprefix("-").isdecimal() and len(text) <= _INT64_CHARACTERS:
        whole = int(text)
        if -(2**63) <= whole < 2**63:
            return whole
    return float(text)


def read_list(group: Token) -> tuple[str, ...]:
    """The strings of a parenthesis: ('a', "b")."""
    inner = group.text[1:-1].strip()
    if not inner:
        raise invalid(_LIST + "empty list")
    items = _ITEM.findall(inner)[:-1]  # what follows the last comma, or the end itself
    if any(not quoted and _is_number(other) for quoted, other in items):
        raise invalid(
            "While parsing a list in the query, expected string value, punctuation, or whitespace, "
            f"but got different type in list: {_as_tuple(inner)}"
        )
    if not all(quoted for quoted, _ in items):
        raise invalid(_LIST + "ill-formed list.")
    return tuple(quoted[1:-1] for quoted, _ in items)


def _either(token: Token, expected: str) -> int | float:
    text = _unquoted(token) if token.lexeme in (Lexeme.STRING, Lexeme.NAME) else token.text
    if not _is_number(text):
        raise invalid(expected + token.text)
    return number(text.strip())


def _unquoted(token: Token) -> str:
    if not _is_quoted(token):
        raise invalid(_UNQUOTED.format(token.text))
    return token.text[1:-1]


def _is_quoted(token: Token) -> bool:
    text = token.text
    return len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""


def _is_number(text: str) -> bool:
    inner = list(islice(tokenize(text), 2))
    return len(inner) == 1 and inner[0].lexeme is Lexeme.NUMBER


def _as_tuple(inner: str) -> str:
    """As Python prints the tuple that MLflow makes of the list."""
    return f"({inner})" if "," in inner else f"({inner},)"
