"""What every table shares: one metadata, constraint names, column types of both databases."""

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")  # INTEGER PRIMARY KEY is SQLite's row id
Millis = BigInteger  # milliseconds since 1970, UTC
Flag = SmallInteger  # 0 or 1; SQLite has no booleans and PostgreSQL's do not compare with numbers

Text = AnyText(collation="C").with_variant(AnyText(), "sqlite")  # by code point in both, whatever the locale

HEAD_LENGTH = 64
"""Characters of a param's or tag's value that its index holds.

PostgreSQL refuses index rows over 2.7 kB and long values would double the table. A search that uses the
index compares `substr(value, 1, 64)` first and the whole value after it.
"""


def text_of(length: int) -> TypeEngine[str]:
    """Text of at most `length` characters, compared and sorted by code point whatever the locale."""
    return String(length, "C").with_variant(String(length), "sqlite")


def row_id() -> Column[int]:
    """The surrogate key that other tables refer to."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def reference(name: str, target: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    """A foreign key whose rows go with their parent's."""
    return Column(
        name, Id, ForeignKey(target, ondelete="CASCADE"), primary_key=primary_key, nullable=nullable
    )


def partial(index: Index, condition: ColumnElement[bool]) -> None:
    """Restricts `index` to the rows under a condition.

    Index(..., postgresql_where=...) says the same, but loads SQLAlchemy's PostgreSQL at once, which costs a
    start on SQLite a tenth of a second; migrations hand the condition on.
    """
    index.info["where"] = condition
