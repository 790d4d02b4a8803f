"""What a filter and an order say, once their words are understood."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | float | tuple[str, ...] | None


class Entity(StrEnum):
    """What a comparison looks at, in MLflow's words."""

    ATTRIBUTE = "attribute"
    METRIC = "metric"
    PARAM = "parameter"
    TAG = "tag"
    DATASET = "dataset"
    METADATA = "request_metadata"
    SPAN = "span"
    FEEDBACK = "feedback"
    EXPECTATION = "expectation"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition; a filter is a tuple of them, all of which must hold.

    `op` is in capitals; `value` is None for IS [NOT] NULL and a tuple for [NOT] IN.
    """

    entity: Entity
    key: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class Order:
    """One item of an order."""

    entity: Entity
    key: str
    ascending: bool


class View(StrEnum):
    """Which objects a search looks at, by MLflow's names."""

    ACTIVE_ONLY = "ACTIVE_ONLY"
    DELETED_ONLY = "DELETED_ONLY"
    ALL = "ALL"
