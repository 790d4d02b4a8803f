"""The values of the Model Experiments API and their rules, as types: for decoding and for its document."""

import re
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from trackstack import durations
from trackstack.control.errors import invalid

_NO_NAME = re.compile(r"[^0-9a-zA-Z\s_-]", re.ASCII)
_NO_DESCRIPTION = re.compile(r"[^0-9a-zA-Z\s.:/-]", re.ASCII)

RESERVED = "stackit-"
"""The prefix of labels that the platform keeps for itself."""

Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9a-zA-Z\s_-]+$")]
NameChange = Annotated[str, Meta(max_length=64, pattern=r"^[0-9a-zA-Z\s_-]*$")]
Description = Annotated[str, Meta(min_length=1, max_length=160, pattern=r"^[0-9a-zA-Z\s.:/-]+$")]
DescriptionChange = Annotated[str, Meta(max_length=160, pattern=r"^[0-9a-zA-Z\s.:/-]*$")]
Retention = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=f"^{durations.PATTERN}$",
        description="How long deleted experiments are kept before they are removed for good: 1d to 90d.",
        examples=["30d"],
    ),
]
Ttl = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=f"^{durations.PATTERN}$",
        description="How long the token is valid: six months (184d) at most, and if nothing is said.",
        examples=["5h30m40s", "30d"],
    ),
]
# The published `(…)*` around a value says the same as this `(…)?`, in exponential time.
LabelKey = Annotated[
    str, Meta(min_length=1, max_length=63, pattern="^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
]
LabelValue = Annotated[str, Meta(max_length=63, pattern="^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
Labels = Annotated[
    dict[LabelKey, LabelValue], Meta(description=f"The prefix `{RESERVED}` is reserved and cannot be used.")
]
LabelPatch = Annotated[
    dict[LabelKey, LabelValue | None],
    Meta(
        description=f"Merged; null removes a label. The prefix `{RESERVED}` is reserved and cannot be used."
    ),
]
Url = Annotated[str, Meta(max_length=1000, pattern=r"^[0-9a-zA-Z\s.:/-]+$")]
BucketName = Annotated[str, Meta(pattern="^model-experiments-[a-zA-Z0-9]+$")]
Content = Annotated[
    str,
    Meta(pattern="^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$", description="The token, told once."),
]


def require_free_labels(labels: dict[str, str | None] | dict[str, str]) -> None:
    """Raises ApiError for a label that is reserved."""
    for key in labels:
        if key.startswith(RESERVED):
            raise invalid(f"labels: {key!r} cannot be used; the prefix {RESERVED} is reserved.")


def uuid(what: str, text: str) -> str:
    """The UUID as it is kept. Raises ApiError for what is none, or is written in another way."""
    try:
        if len(text) == 36:
            return str(UUID(text))
    except ValueError:
        pass
    raise invalid(f"{what}: {text[:100]!r} is no UUID, such as 792ff0e7-be72-4135-91fa-74adab5cec76.")


def as_name(text: str) -> str:
    """What the command line or a file calls something, as nearly as this API can say it."""
    return _NO_NAME.sub("-", text)[:64] or "-"


def as_description(text: str) -> str:
    """As `as_name`, of descriptions."""
    return _NO_DESCRIPTION.sub("-", text)[:160]
