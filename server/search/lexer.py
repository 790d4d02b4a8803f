"""Filter text to tokens, in one pass and in linear time whatever the text."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class Lexeme(Enum):
    """What a token is."""

    NAME = auto()  # a bare or quoted word, or several joined by dots: params.`a b`
    WORD = auto()  # one bare word that belongs to the grammar: AND, IN, LIKE ...
    STRING = auto()
    NUMBER = auto()
    OPERATOR = auto()
    GROUP = auto()  # a balanced parenthesis with all that is in it
    OTHER = auto()


class Token(NamedTuple):
    """A piece of the text as it was written."""

    lexeme: Lexeme
    text: str

    def says(self, word: str) -> bool:
        """True for the grammar's word `word` (given in capitals)."""
        return self.lexeme is Lexeme.WORD and self.text.upper() == word


WORDS = frozenset(
    {"AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE", "RLIKE", "BETWEEN", "TRUE", "FALSE"}
)

# Quotes and runs of digits are possessive, so that no text makes the engine try a second way through them;
# a string ends at the last quote that can end it ('it\'s' and 'x''y' are one string, as sqlparse has it).
_PATTERN = re.compile(
    r"""
      (?P<space> \s++ )
    | (?P<comment> --[^\n]*+ | /\*(?s:.*?\*/|.*) )
    | (?P<string> '(?:''|\\'|[^'])*' )
    | (?P<number> -?(?: \d++(?:\.\d++)?[eE]-?\d++ | \d++(?:\.\d*+)? | \.\d++ )(?!\w) )
    | (?P<name> (?: [^\W\d][\w$]*+ | `(?:``|[^`])*` | "(?:""|\\"|[^"])*" )
                (?: \.(?: \w[\w$]*+ | `(?:``|[^`])*` | "(?:""|\\"|[^"])*" | '(?:''|\\'|[^'])*' ) )*+
                \.?+ )
    | (?P<operator> [<>=~!]++ )
    | (?P<parenthesis> \(++ | \) )
    | (?P<other> \w++ | [^\w\s'"`<>=~!()]++ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_LEXEMES = {
    "string": Lexeme.STRING,
    "number": Lexeme.NUMBER,
    "name": Lexeme.NAME,
    "operator": Lexeme.OPERATOR,
}


def tokenize(text: str, reserved: frozenset[str] = frozenset()) -> Iterator[Token]:
    """The tokens of `text` without its white space; `reserved` names further words that are no names.

    All that follows a parenthesis which is never closed is one token.
    """
    words = WORDS | reserved
    depth, start = 0, 0  # of the outermost open parenthesis
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "parenthesis":
            if match[0] != ")":
                start = start if depth else match.start()
                depth += len(match[0])
            elif not depth:
                yield Token(Lexeme.OTHER, ")")
            else:
                depth -= 1
                if not depth:
                    yield Token(Lexeme.GROUP, text[start : match.end()])
        elif not depth and kind != "space":
            written = match[0]
            lexeme = _LEXEMES.get(kind, Lexeme.OTHER)
            bare = lexeme is Lexeme.NAME and written.upper() in words
            yield Token(Lexeme.WORD if bare else lexeme, written)
    if depth:
        yield Token(Lexeme.OTHER, text[start:])
