"""The values that entities are made of, as requests bring them; any other key is refused.

Whatever these accept, OpenMetadata's client can read back: it refuses a whole listing for one bad value.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from trackstack.catalog import reference
from trackstack.server.errors import invalid
from trackstack.server.openmetadata import names

Unit = Annotated[float, Meta(ge=0, le=1)]
Sha = Annotated[str, Meta(min_length=1, max_length=names.HASH_LENGTH)]
EntityStatus = Literal["Draft", "In Review", "Approved", "Archived", "Deprecated", "Rejected", "Unprocessed"]
NEW: dict[str, Any] = {"entityStatus": "Unprocessed"}
"""What every entity has that nobody said anything of."""

Given = UnsetType | None
"""A field that may be left out; null is as good as absent."""


class Value(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all of them."""


class Reference(Value):
    """An entity that is kept elsewhere, by its id."""

    id: UUID
    type: Annotated[str, Meta(min_length=1)]
    name: str | Given = UNSET
    fullyQualifiedName: str | Given = UNSET
    description: str | Given = UNSET
    displayName: str | Given = UNSET
    deleted: bool | Given = UNSET
    inherited: bool | Given = UNSET
    href: str | Given = UNSET


class CoverImage(Value):
    url: str | Given = UNSET
    position: str | Given = UNSET


class Style(Value):
    color: str | Given = UNSET
    iconURL: str | Given = UNSET
    coverImage: CoverImage | Given = UNSET


class PatternMatch(Value):
    name: str
    score: Unit
    regex: str | Given = UNSET


class Recognizer(Value):
    recognizerId: UUID
    recognizerName: str
    score: Unit
    target: Literal["content", "column_name"] | Given = UNSET
    patterns: list[PatternMatch] | Given = UNSET


class TagMetadata(Value):
    recognizer: Recognizer | Given = UNSET
    expiryDate: int | Given = UNSET


class TagLabel(Value):
    tagFQN: Annotated[str, Meta(min_length=1, max_length=names.FQN_LENGTH)]
    source: Literal["Classification", "Glossary"]
    labelType: Literal["Manual", "Propagated", "Automated", "Derived", "Generated"]
    state: Literal["Suggested", "Confirmed"]
    name: str | Given = UNSET
    displayName: str | Given = UNSET
    description: str | Given = UNSET
    style: Style | Given = UNSET
    href: str | Given = UNSET
    reason: str | Given = UNSET
    appliedAt: Annotated[datetime, Meta(tz=True)] | Given = UNSET
    appliedBy: str | Given = UNSET
    metadata: TagMetadata | Given = UNSET


class Described(Value):
    """The base of what is said of an entity of either kind."""

    displayName: str | Given = UNSET
    description: str | Given = UNSET
    tags: list[TagLabel] | Given = UNSET
    owners: list[Reference] | Given = UNSET


class Certification(Value):
    tagLabel: TagLabel
    appliedDate: int
    expiryDate: int


class Access(Value):
    timestamp: int
    accessedBy: Reference | Given = UNSET
    accessedByAProcess: str | Given = UNSET


class LifeCycle(Value):
    created: Access | Given = UNSET
    updated: Access | Given = UNSET
    accessed: Access | Given = UNSET


class HyperParameter(Value):
    name: str | Given = UNSET
    value: str | Given = UNSET
    description: str | Given = UNSET


class MlStore(Value):
    storage: str | Given = UNSET
    imageRepository: str | Given = UNSET


class FeatureSource(Value):
    name: str | Given = UNSET
    dataType: (
        Literal["integer", "number", "string", "array", "date", "timestamp", "object", "boolean"] | Given
    ) = UNSET
    description: str | Given = UNSET
    fullyQualifiedName: str | Given = UNSET
    dataSource: Reference | Given = UNSET
    tags: list[TagLabel] | Given = UNSET


class Feature(Value):
    name: str | Given = UNSET
    dataType: Literal["numerical", "categorical"] | Given = UNSET
    description: str | Given = UNSET
    fullyQualifiedName: str | Given = UNSET
    featureSources: list[FeatureSource] | Given = UNSET
    featureAlgorithm: str | Given = UNSET
    tags: list[TagLabel] | Given = UNSET


def url(text: str | Given, what: str) -> None:
    """Raises ApiError for what clients cannot read as a URL."""
    from pydantic_core import Url, ValidationError  # late: few requests have one

    if not text:
        if text == "":
            raise invalid(f"{what} must not be empty; leave it out, or give a URL.")
        return
    try:
        Url(text)
    except ValidationError as error:
        raise invalid(f"{what} {text[:200]!r} is not a URL: {error.errors()[0]['msg']}.") from None


def owners(given: Iterable[Reference] | Given) -> None:
    """Raises ApiError for owners that are neither users nor teams."""
    for owner in given or ():
        if owner.type not in ("user", "team"):
            raise invalid(f"An owner is a user or a team, not a {owner.type[:100]!r}.")


def refer(fields: dict[str, Any]) -> None:
    """Has the fields refer to domains and data products, which are not kept here, by their names."""
    for what, kind in (("domains", "domain"), ("dataProducts", "dataProduct")):
        if what in fields:
            fields[what] = [reference(kind, names.known(fqn, what)) for fqn in dict.fromkeys(fields[what])]
