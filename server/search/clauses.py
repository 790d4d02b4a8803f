"""Tokens to clauses: which name, which operator, which operand; nothing of it understood yet."""

from dataclasses import dataclass

from trackstack.server.search.lexer import Lexeme, Token

_OPERANDS = frozenset({Lexeme.NAME, Lexeme.STRING, Lexeme.NUMBER, Lexeme.GROUP})


@dataclass(frozen=True, slots=True)
class Clause:
    """`left op right` as written, with `op` in capitals; IS [NOT] NULL has no right side."""

    left: Token
    op: str
    right: Token | None


def split(tokens: list[Token]) -> tuple[list[Clause], list[str]]:
    """The clauses of a filter, and every piece of it that is neither a clause nor an AND between them."""
    clauses: list[Clause] = []
    strays: list[str] = []
    at = 0
    while at < len(tokens):
        clause, width = _clause(tokens[at : at + 4])
        if clause is not None:
            clauses.append(clause)
        elif not tokens[at].says("AND"):
            strays.append(tokens[at].text)
        at += width
    return clauses, strays


def _clause(window: list[Token]) -> tuple[Clause | None, int]:
    """The clause at the start of `window` and its number of tokens, or None and 1."""
    left = window[0]
    if left.lexeme not in _OPERANDS:
        return None, 1
    op, width = _operator(window)
    if op.startswith("IS"):
        return Clause(left, op, None), width
    right = window[width] if op and width < len(window) else None
    if right is None or not _takes(op, right):
        return None, 1
    return Clause(left, op, right), width + 1


def _operator(window: list[Token]) -> tuple[str, int]:
    """The operator after the first token and how many tokens it and the first one are; "" where none is."""
    words = [token.text.upper() if token.lexeme is Lexeme.WORD else "" for token in window[1:]]
    match words:
        case ["IS", "NULL", *_]:
            return "IS NULL", 3
        case ["IS", "NOT", "NULL", *_]:
            return "IS NOT NULL", 4
        case ["NOT", "IN" | "LIKE" | "ILIKE" | "RLIKE" as op, *_]:
            return f"NOT {op}", 3
        case ["IN" | "LIKE" | "ILIKE" | "RLIKE" as op, *_]:
            return op, 2
    if len(window) > 1 and window[1].lexeme is Lexeme.OPERATOR:
        return window[1].text, 2
    return "", 1


def _takes(op: str, right: Token) -> bool:
    if op in ("IN", "NOT IN"):
        return right.lexeme is Lexeme.GROUP
    return right.lexeme in _OPERANDS
