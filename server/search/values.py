"""Operands to values."""

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
    inner = list(tokenize(group.text[1:-1]))
    if not inner:
        raise invalid(_LIST + "empty list")
    values = inner[::2]
    if any(token.lexeme is Lexeme.NUMBER for token in values):
        raise invalid(
            "While parsing a list in the query, expected string value, punctuation, or whitespace, "
            f"but got different type in list: {_as_tuple(values)}"
        )
    if any(token.text != "," for token in inner[1::2]) or not all(map(_is_quoted, values)):
        raise invalid(_LIST + "ill-formed list.")
    return tuple(token.text[1:-1] for token in values)


def _either(token: Token, expected: str) -> int | float:
    text = _unquoted(token) if token.lexeme in (Lexeme.STRING, Lexeme.NAME) else token.text
    inner = list(tokenize(text))
    if len(inner) != 1 or inner[0].lexeme is not Lexeme.NUMBER:
        raise invalid(expected + token.text)
    return number(inner[0].text)


def _unquoted(token: Token) -> str:
    if not _is_quoted(token):
        raise invalid(_UNQUOTED.format(token.text))
    return token.text[1:-1]


def _is_quoted(token: Token) -> bool:
    text = token.text
    return len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""


def _as_tuple(tokens: list[Token]) -> str:
    """As Python prints the tuple that MLflow makes of the list."""
    return "(" + ", ".join(token.text for token in tokens) + ("," if len(tokens) == 1 else "") + ")"
