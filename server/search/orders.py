"""The items of an order_by to what they order by."""

from collections.abc import Sequence

from trackstack.server.errors import invalid
from trackstack.server.search import names
from trackstack.server.search.filters import check_text
from trackstack.server.search.lexer import Lexeme, tokenize
from trackstack.server.search.rules import Kind
from trackstack.server.search.tree import Order

MAX_CHARACTERS = 4096
MAX_ITEMS = 32


def parse(items: Sequence[str], kind: Kind) -> tuple[Order, ...]:
    """One Order an item, each `name [ASC|DESC]`. Raises ApiError, as for the same name twice."""
    if len(items) > MAX_ITEMS:
        raise invalid(f"`order_by` has {len(items)} items; at most {MAX_ITEMS} are allowed.")
    orders = tuple(_order(item, kind) for item in items)
    if len({(order.entity, order.key) for order in orders}) < len(orders):
        raise invalid(f"`order_by` contains duplicate fields: {list(items)}")
    return orders


def _order(item: str, kind: Kind) -> Order:
    check_text(item, "order")
    tokens = list(tokenize(item, kind.reserved)) if len(item) <= MAX_CHARACTERS else []
    if not 1 <= len(tokens) <= 2 or any(token.lexeme is not Lexeme.NAME for token in tokens):
        raise invalid(f"Invalid order_by clause '{item[:MAX_CHARACTERS]}'. Could not be parsed.")
    direction = tokens[1].text.upper() if len(tokens) == 2 else "ASC"
    if direction not in ("ASC", "DESC"):
        raise invalid(f"Invalid ordering key in order_by clause '{item}'.")
    entity, key = names.to_sort(tokens[0].text, kind)
    return Order(entity, key, direction == "ASC")
